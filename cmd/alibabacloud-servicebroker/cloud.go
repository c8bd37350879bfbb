package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// services are the providers by the name that their offerings state. To add
// one: its folder, a line here, and a line in documents.
func services(c *config, cloud *alicloud.Clients) (map[string]providers.Provider, error) {
	databases := rds.Config{
		Clients: cloud, Metadata: c.metadata(),
		VpcID: c.vpcID, VSwitchID: c.vswitchID, ZoneID: c.zoneID, Whitelist: c.whitelist,
	}
	if err := databases.Validate(); err != nil {
		return nil, err
	}
	return map[string]providers.Provider{
		"rds": rds.New(databases),
		"oss": oss.New(oss.Config{Clients: cloud}),
	}, nil
}

// documents are the parts of the catalog, in the order that platforms see.
func documents() []catalog.Source {
	return []catalog.Source{catalog.Embedded("rds/plans.yaml", rds.Plans), catalog.Embedded("oss/plans.yaml", oss.Plans)}
}

// cloud returns clients for the cloud as the configuration says.
func (c *config) cloud(ctx context.Context, metrics prometheus.Registerer) (*alicloud.Clients, error) {
	region := c.region
	if region == "" {
		look, end := context.WithTimeout(ctx, 5*time.Second)
		defer end()
		var err error
		if region, err = c.metadata().Region(look); err != nil {
			return nil, fmt.Errorf("--region is required here: this machine has no metadata service that tells it (%w)", err)
		}
	}
	source, err := c.credentialsSource(region)
	if err != nil {
		return nil, err
	}
	return alicloud.New(alicloud.Config{Region: region, Credentials: source, Endpoints: c.endpoints, Metrics: metrics})
}

// credentialsSource is whose credentials sign.
func (c *config) credentialsSource(region string) (alicloud.CredentialsSource, error) {
	var source alicloud.CredentialsSource
	switch c.credentials {
	case "auto":
		source = alicloud.Auto(alicloud.AutoConfig{OIDC: c.oidc, Dir: c.credentialsDir, Metadata: c.metadata(), ECSRole: c.ecsRole})
	case "rrsa":
		if !c.oidc.Configured() {
			return nil, fmt.Errorf("--credentials=rrsa: the pod has no RRSA environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ALIBABA_CLOUD_OIDC_PROVIDER_ARN, ALIBABA_CLOUD_ROLE_ARN): annotate its service account")
		}
		source = alicloud.RRSA(c.oidc)
	case "static":
		if c.credentialsDir == "" {
			return nil, fmt.Errorf("--credentials=static: --credentials-dir is required")
		}
		source = alicloud.Files(c.credentialsDir)
	case "ecs":
		source = alicloud.ECSRole(c.metadata(), c.ecsRole)
	default:
		return nil, fmt.Errorf("--credentials %q is not known: use auto, rrsa, static or ecs", c.credentials)
	}
	if c.roleARN == "" {
		return source, nil
	}
	return alicloud.AssumeRole(alicloud.Role{ARN: c.roleARN, Base: source, Region: region, Endpoint: c.endpoints["sts"]})
}

func (c *config) metadata() *alicloud.Metadata { return alicloud.NewMetadata(c.endpoints["metadata"]) }

// faces are the two ports and the readiness that one shows of the other.
type faces struct {
	platforms, operators http.Handler
	secure               *tls.Config // of the platforms' port; nil for plain HTTP
	files                *api.Files
	keys                 *sealed.Keys
	ready                *readiness
}
