package network

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Product returns VPC as the cloud's clients need it: hosts (page "Endpoints"),
// and error codes (pages of DescribeVSwitches and DescribeVpcAttribute).
func Product() alicloud.Product {
	return alicloud.Product{
		Name: "vpc", Version: "2016-04-28",
		Host: alicloud.RegionalHost("vpc",
			"cn-hangzhou", "cn-wuhan", "cn-fujian", "cn-shanghai-finance-1", "cn-shenzhen-finance-1", "cn-hangzhou-finance",
		),
		Codes: map[string]error{
			"InvalidVpcId.NotFound":     providers.ErrNotFound,
			"InvalidVSwitchId.NotFound": providers.ErrNotFound,
			"Forbidden.VpcNotFound":     providers.ErrNotFound,
			"InvalidVpcIdNumber.*":      providers.ErrInvalid,
			"InvalidVSwitchIdNumber.*":  providers.ErrInvalid,
		},
	}
}
