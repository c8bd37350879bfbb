package vpc

import (
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Service answers the VPC API for one account.
type Service struct {
	accountID string
	regions   []Region
}

// New returns the service for an account with these regions.
func New(accountID string, regions []Region) *Service {
	return &Service{accountID: accountID, regions: regions}
}

// Product registers the service with the gateway.
func (s *Service) Product() rpc.Product {
	return rpc.Product{Name: "Vpc", Version: "2016-04-28", Actions: map[string]rpc.Action{
		"DescribeVpcs":              {Do: s.describeVpcs},
		"DescribeVpcAttribute":      {Do: s.describeVpcAttribute},
		"DescribeVSwitches":         {Do: s.describeVSwitches},
		"DescribeVSwitchAttributes": {Do: s.describeVSwitchAttributes},
	}}
}

// Regions returns all regions.
func (s *Service) Regions() []Region { return slices.Clone(s.regions) }

// Region finds a region by its id.
func (s *Service) Region(id string) (Region, bool) {
	for _, r := range s.regions {
		if r.ID == id {
			return r, true
		}
	}
	return Region{}, false
}

// VSwitch finds a VSwitch of a region by its id.
func (s *Service) VSwitch(regionID, id string) (VSwitch, bool) {
	region, _ := s.Region(regionID)
	for _, vpc := range region.VPCs {
		for _, vsw := range vpc.VSwitches {
			if vsw.ID == id {
				return vsw, true
			}
		}
	}
	return VSwitch{}, false
}

// VPC finds a VPC of a region by its id.
func (s *Service) VPC(regionID, id string) (VPC, bool) {
	region, _ := s.Region(regionID)
	for _, vpc := range region.VPCs {
		if vpc.ID == id {
			return vpc, true
		}
	}
	return VPC{}, false
}
