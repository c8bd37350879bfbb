package network

import (
	_ "embed" // the table of hosts

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

//go:embed hosts.yaml
var hosts []byte

// Product returns VPC as the cloud's clients need it: hosts (hosts.yaml),
// and error codes (pages of DescribeVSwitches and DescribeVpcAttribute).
func Product() alicloud.Product {
	return alicloud.Product{
		Name: "vpc", Version: "2016-04-28",
		Host: alicloud.TableHost(hosts),
		Codes: map[string]error{
			"InvalidVpcId.NotFound":     providers.ErrNotFound,
			"InvalidVSwitchId.NotFound": providers.ErrNotFound,
			"Forbidden.VpcNotFound":     providers.ErrNotFound,
			"InvalidVpcIdNumber.*":      providers.ErrInvalid,
			"InvalidVSwitchIdNumber.*":  providers.ErrInvalid,
		},
	}
}
