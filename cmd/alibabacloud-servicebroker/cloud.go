package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

// cloud returns the clients of the cloud. The default region is the one of this
// machine.
func (c *config) cloud(ctx context.Context, metrics prometheus.Registerer) (*alicloud.Clients, error) {
	region := c.region
	if region == "" {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		var err error
		if region, err = c.metadata().Region(ctx); err != nil {
			return nil, fmt.Errorf("--region is required here: the metadata service of this machine returns none (%w)", err)
		}
	}
	source, err := c.credentialsSource(region)
	if err != nil {
		return nil, err
	}
	return alicloud.New(alicloud.Config{Region: region, Credentials: source, Endpoints: c.endpoints, Metrics: metrics}, all.Services().Products()...)
}

// credentialsSource returns the source of --credentials, which signs requests or
// assumes --role-arn for that.
func (c *config) credentialsSource(region string) (alicloud.CredentialsSource, error) {
	var source alicloud.CredentialsSource
	oidc := c.oidc
	oidc.Endpoint, oidc.Region = c.endpoints["sts"], region
	switch c.credentials {
	case "auto":
		source = alicloud.Auto(alicloud.AutoConfig{OIDC: oidc, Dir: c.credentialsDir, Metadata: c.metadata(), ECSRole: c.ecsRole, WithoutECSRole: c.withoutECSRole})
	case "rrsa":
		if !c.oidc.Configured() {
			return nil, fmt.Errorf("--credentials=rrsa: the pod has no RRSA environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ALIBABA_CLOUD_OIDC_PROVIDER_ARN, ALIBABA_CLOUD_ROLE_ARN): annotate its service account")
		}
		source = alicloud.RRSA(oidc)
	case "static":
		if c.credentialsDir == "" {
			return nil, fmt.Errorf("--credentials=static: --credentials-dir is required")
		}
		source = alicloud.Files(c.credentialsDir)
	case "ecs":
		if c.withoutECSRole {
			return nil, fmt.Errorf("--credentials=ecs: ALIBABA_CLOUD_ECS_METADATA_DISABLED=true forbids the role of the machine: unset it, or choose other credentials")
		}
		source = alicloud.ECSRole(c.metadata(), c.ecsRole)
	default:
		return nil, fmt.Errorf("--credentials %q is unknown: use auto, rrsa, static or ecs", c.credentials)
	}
	if c.roleARN == "" {
		return source, nil
	}
	return alicloud.AssumeRole(alicloud.Role{ARN: c.roleARN, Base: source, Region: region, Endpoint: c.endpoints["sts"]})
}

func (c *config) metadata() *alicloud.Metadata {
	m := alicloud.NewMetadata(c.endpoints["metadata"])
	if c.withoutIMDSv1 {
		return m.RequireToken()
	}
	return m
}
