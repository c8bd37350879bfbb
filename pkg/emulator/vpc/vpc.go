package vpc

import (
	_ "embed"
	"slices"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Service answers the VPC API for one account. It is safe for concurrent use.
type Service struct {
	accountID string

	mu      sync.RWMutex
	regions []Region // elements are replaced, never changed in place
	tokens  map[string]tokenUse
	users   []func(vswitchID string) bool
}

// New returns the service for an account with these regions.
func New(accountID string, regions []Region) *Service {
	return &Service{accountID: accountID, regions: slices.Clone(regions), tokens: map[string]tokenUse{}}
}

// Protect adds a product that may use a VSwitch; a VSwitch in use cannot be
// deleted. The function is called without locks of the Service.
func (s *Service) Protect(uses func(vswitchID string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, uses)
}

//go:embed actions.yaml
var contracts []byte

// API registers the service with the gateway.
func (s *Service) API() rpc.API {
	return rpc.API{Name: "Vpc", Version: "2016-04-28", Actions: rpc.MustReadContracts(contracts).Actions(map[string]rpc.Action{
		"DescribeVpcs":              {Do: s.describeVpcs, ReadOnly: true},
		"DescribeVpcAttribute":      {Do: s.describeVpcAttribute, ReadOnly: true},
		"DescribeVSwitches":         {Do: s.describeVSwitches, ReadOnly: true},
		"DescribeVSwitchAttributes": {Do: s.describeVSwitchAttributes, ReadOnly: true},
		"CreateVpc":                 {Do: s.once(s.createVpc)},
		"ModifyVpcAttribute":        {Do: s.modifyVpcAttribute},
		"DeleteVpc":                 {Do: s.once(s.deleteVpc)},
		"CreateVSwitch":             {Do: s.once(s.createVSwitch)},
		"ModifyVSwitchAttribute":    {Do: s.modifyVSwitchAttribute},
		"DeleteVSwitch":             {Do: s.deleteVSwitch},
		"CreateDefaultVpc":          {Do: s.once(s.createDefaultVpc)},
		"CreateDefaultVSwitch":      {Do: s.once(s.createDefaultVSwitch)},
		"EnableVpcClassicLink":      {Do: s.once(s.classicLink(true))},
		"DisableVpcClassicLink":     {Do: s.once(s.classicLink(false))},
		"AssociateVpcCidrBlock":     {Do: s.associateBlock},
		"UnassociateVpcCidrBlock":   {Do: s.unassociateBlock},
		"MoveResourceGroup":         {Do: s.moveResourceGroup},

		"DescribeRouteTableList":     {Do: s.describeRouteTableList, ReadOnly: true},
		"ModifyRouteTableAttributes": {Do: s.modifyRouteTable},

		"TagResources":     {Do: s.tagResources},
		"UnTagResources":   {Do: s.untagResources},
		"ListTagResources": {Do: s.listTagResources, ReadOnly: true},
		"DescribeTags":     {Do: s.describeTags, ReadOnly: true},

		"DescribeRegions": {Do: s.describeRegions, ReadOnly: true},
		"DescribeZones":   {Do: s.describeZones, ReadOnly: true},
	}, nil)}
}

// Regions returns all regions.
func (s *Service) Regions() []Region {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.regions)
}

// Region finds a region by its id.
func (s *Service) Region(id string) (Region, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
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
