package main

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// readOfficialVariables reads the variables that Alibaba Cloud's own clients read too,
// as far as they say where the broker runs; docs/configuration.md lists them. Flags are
// stronger.
func (c *config) readOfficialVariables(getenv func(string) string) error {
	c.oidc = alicloud.OIDC{
		TokenFile:   getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
		ProviderARN: getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
		RoleARN:     getenv("ALIBABA_CLOUD_ROLE_ARN"),
		SessionName: getenv("ALIBABA_CLOUD_ROLE_SESSION_NAME"),
	}
	c.ecsRole = cmp.Or(c.ecsRole, getenv("ALIBABA_CLOUD_ECS_METADATA"))
	c.withoutECSRole = isTrue(getenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED"))
	c.withoutIMDSv1 = isTrue(getenv("ALIBABA_CLOUD_IMDSV1_DISABLED"))
	if c.endpoints["sts"] != nil {
		return nil
	}
	sts, err := stsEndpoint(getenv)
	if err != nil || sts == nil {
		return err
	}
	c.endpoints["sts"] = sts
	return nil
}

// isTrue reads a variable as the official clients do.
func isTrue(value string) bool { return strings.EqualFold(value, "true") }

// stsEndpoint returns the endpoint of STS that the variables name, nil without any.
// ALIBABA_CLOUD_STS_ENDPOINT comes first (aliyun-cli); ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED
// counts beside ALIBABA_CLOUD_STS_REGION alone (credentials-go).
func stsEndpoint(getenv func(string) string) (*url.URL, error) {
	host, region := getenv("ALIBABA_CLOUD_STS_ENDPOINT"), getenv("ALIBABA_CLOUD_STS_REGION")
	switch {
	case host != "":
		if !strings.Contains(host, "://") {
			host = "https://" + host
		}
		u, err := url.Parse(host)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
			return nil, fmt.Errorf("ALIBABA_CLOUD_STS_ENDPOINT must be a host, such as sts-vpc.cn-hangzhou.aliyuncs.com")
		}
		return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
	case region == "":
		return nil, nil
	case !alicloud.IsRegion(region):
		return nil, fmt.Errorf("ALIBABA_CLOUD_STS_REGION %q must be the id of a region, such as cn-hangzhou", region)
	}
	name := "sts."
	if isTrue(getenv("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")) {
		name = "sts-vpc."
	}
	return &url.URL{Scheme: "https", Host: name + region + ".aliyuncs.com"}, nil
}
