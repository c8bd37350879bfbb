package rds

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// vswitchPageSize is the largest that DescribeVSwitches takes.
const vswitchPageSize = 50

// A vswitch is what we read of a VSwitch.
type vswitch struct {
	ID, VpcID, ZoneID string
	Free              int64 // addresses
	Available         bool
}

// vswitches lists VSwitches by VPC and id, either of which may be empty (VPC
// API, DescribeVSwitches).
func (c client) vswitches(ctx context.Context, vpcID, id string) ([]vswitch, error) {
	var list []vswitch
	for page, seen := 1, 0; ; page++ {
		req, resp := vpc.CreateDescribeVSwitchesRequest(), vpc.CreateDescribeVSwitchesResponse()
		req.RegionId, req.VpcId, req.VSwitchId = c.region, vpcID, id
		req.PageNumber, req.PageSize = requests.NewInteger(page), requests.NewInteger(vswitchPageSize)
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, providers.UnlessMissing(err)
		}
		for _, v := range resp.VSwitches.VSwitch {
			list = append(list, vswitch{ID: v.VSwitchId, VpcID: v.VpcId, ZoneID: v.ZoneId, Free: v.AvailableIpAddressCount, Available: v.Status == "Available"})
		}
		seen += len(resp.VSwitches.VSwitch)
		if len(resp.VSwitches.VSwitch) == 0 || seen >= resp.TotalCount {
			return list, nil
		}
	}
}

// cidrs returns the address ranges of a VPC (VPC API, DescribeVpcAttribute).
func (c client) cidrs(ctx context.Context, vpcID string) ([]string, error) {
	req, resp := vpc.CreateDescribeVpcAttributeRequest(), vpc.CreateDescribeVpcAttributeResponse()
	req.RegionId, req.VpcId = c.region, vpcID
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	var ranges []string
	for _, r := range append([]string{resp.CidrBlock}, resp.SecondaryCidrBlocks.SecondaryCidrBlock...) {
		if r != "" {
			ranges = append(ranges, r)
		}
	}
	return ranges, nil
}
