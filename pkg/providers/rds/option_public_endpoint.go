package rds

import (
	"context"
	"encoding/json"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An endpoint is an address of a server.
type endpoint struct{ host, port string }

// publicEndpointOption gives a server an endpoint that is reached from the internet, for
// the addresses in the whitelist. The plan must allow it.
func publicEndpointOption() option {
	const name = "PublicEndpoint"
	return option{
		name: name, step: "public-endpoint", text: "The public endpoint of the database server is being set up.", reads: "DescribeDBInstanceNetInfo",
		refused: "RDS refuses to change PublicEndpoint of this server; leave it as it is. An endpoint that SSL protects stays until SSL is off.",
		normal: func(c optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			if valueOf[bool](value) && !c.settings.Public {
				return nil, invalid("%s: servers of this plan have none; leave it out, or choose a plan that allows it.", name)
			}
			return value, nil
		},
		remove: removedTo("false"),
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			public, err := l.publicEndpoint(ctx, l.instance.ID)
			if err != nil {
				return nil, providers.Facts{}, err
			}
			l.instance.Public = public
			sealed, err := sealServer(l.instance)
			return public, sealed, err
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			public, _ := s.options[name].(endpoint)
			return valueOf[bool](want) == (public.host != "")
		},
		next: func(o option, _ providers.Task, plan instancePlan, s instanceState) providers.Step {
			public, _ := s.options[name].(endpoint)
			return o.stepWith(s, optionRequest{InstanceID: s.instance.ID, Value: plan.Options[name], Host: public.host, Engine: plan.Engine})
		},
		put: func(ctx context.Context, c client, r optionRequest, _ string) error {
			if valueOf[bool](r.Value) {
				return c.allocatePublicEndpoint(ctx, r)
			}
			return c.releasePublicEndpoint(ctx, r)
		},
	}
}

// publicEndpoint returns the endpoint that is reached from the internet (RDS API,
// DescribeDBInstanceNetInfo).
func (c client) publicEndpoint(ctx context.Context, id string) (endpoint, error) {
	req, resp := rds.CreateDescribeDBInstanceNetInfoRequest(), rds.CreateDescribeDBInstanceNetInfoResponse()
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return endpoint{}, err
	}
	for _, info := range resp.DBInstanceNetInfos.DBInstanceNetInfo {
		if info.IPType == "Public" {
			return endpoint{info.ConnectionString, info.Port}, nil
		}
	}
	return endpoint{}, nil
}

// allocatePublicEndpoint makes the endpoint (RDS API, AllocateInstancePublicConnection).
// Its name derives from the id of the instance, which no other has.
func (c client) allocatePublicEndpoint(ctx context.Context, r optionRequest) error {
	req, resp := rds.CreateAllocateInstancePublicConnectionRequest(), rds.CreateAllocateInstancePublicConnectionResponse()
	req.RegionId, req.DBInstanceId, req.ConnectionStringPrefix, req.Port = c.region, r.InstanceID, r.InstanceID+"-pub", "3306"
	if r.Engine == enginePostgreSQL {
		req.Port = "5432"
	}
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// releasePublicEndpoint removes the endpoint (RDS API, ReleaseInstancePublicConnection).
func (c client) releasePublicEndpoint(ctx context.Context, r optionRequest) error {
	req, resp := rds.CreateReleaseInstancePublicConnectionRequest(), rds.CreateReleaseInstancePublicConnectionResponse()
	req.RegionId, req.DBInstanceId, req.CurrentConnectionString = c.region, r.InstanceID, r.Host
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
