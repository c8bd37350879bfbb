package network

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An API is the calls to VPC that a choice takes.
type API interface {
	// VSwitches lists VSwitches by VPC and id, either of which may be empty.
	VSwitches(ctx context.Context, vpcID, id string) ([]VSwitch, error)
	// CIDRs returns the address ranges of a VPC.
	CIDRs(ctx context.Context, vpcID string) ([]string, error)
}

// A VSwitch has the read members of a VSwitch.
type VSwitch struct {
	ID, VpcID, ZoneID string
	Free              int64 // addresses
	Available         bool
}

// A Client makes the calls in one region (VPC API, version 2016-04-28).
type Client struct {
	Clients *alicloud.Clients
	Region  string
}

var _ API = Client{}

// vswitchPageSize is the largest page of DescribeVSwitches.
const vswitchPageSize = 50

// VSwitches calls DescribeVSwitches for every page.
func (c Client) VSwitches(ctx context.Context, vpcID, id string) ([]VSwitch, error) {
	var list []VSwitch
	for page, seen := 1, 0; ; page++ {
		req, resp := vpc.CreateDescribeVSwitchesRequest(), vpc.CreateDescribeVSwitchesResponse()
		req.RegionId, req.VpcId, req.VSwitchId = c.Region, vpcID, id
		req.PageNumber, req.PageSize = requests.NewInteger(page), requests.NewInteger(vswitchPageSize)
		if err := c.Clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, providers.UnlessMissing(err)
		}
		for _, v := range resp.VSwitches.VSwitch {
			list = append(list, VSwitch{ID: v.VSwitchId, VpcID: v.VpcId, ZoneID: v.ZoneId, Free: v.AvailableIpAddressCount, Available: v.Status == "Available"})
		}
		seen += len(resp.VSwitches.VSwitch)
		if len(resp.VSwitches.VSwitch) == 0 || seen >= resp.TotalCount {
			return list, nil
		}
	}
}

// CIDRs calls DescribeVpcAttribute.
func (c Client) CIDRs(ctx context.Context, vpcID string) ([]string, error) {
	req, resp := vpc.CreateDescribeVpcAttributeRequest(), vpc.CreateDescribeVpcAttributeResponse()
	req.RegionId, req.VpcId = c.Region, vpcID
	if err := c.Clients.Do(ctx, alicloud.Read, req, resp); err != nil {
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
