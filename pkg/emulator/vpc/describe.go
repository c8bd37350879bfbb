package vpc

import (
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// page reads PageNumber and PageSize (1-50, default 10) and cuts the page.
func page[T any](r *rpc.Request, all []T) (number, size int, cut []T, fail *rpc.Error) {
	if number, fail = r.Int("PageNumber", 1); fail != nil {
		return 0, 0, nil, fail
	}
	if size, fail = r.Int("PageSize", 10); fail != nil {
		return 0, 0, nil, fail
	}
	if number < 1 || size < 1 || size > 50 {
		return 0, 0, nil, rpc.Errorf(http.StatusBadRequest, "InvalidParameter", "PageNumber starts at 1, and PageSize is from 1 to 50.")
	}
	from := min((number-1)*size, len(all))
	return number, size, all[from:min(from+size, len(all))], nil
}

// tagged reports whether a network has all the tags that filter a call.
func tagged(r *rpc.Request, tags []Tag) bool {
	return !slices.ContainsFunc(r.Tags(), func(want rpc.Tag) bool {
		return !slices.ContainsFunc(tags, func(t Tag) bool { return t.fits(want) })
	})
}

// describeVpcs is DescribeVpcs of the VPC API.
func (s *Service) describeVpcs(r *rpc.Request) (any, *rpc.Error) {
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	if fail := dryRun(r); fail != nil {
		return nil, fail
	}
	// No VPC has a set of DHCP options.
	none := r.Get("DhcpOptionsSetId") != ""
	found := []listedVPC{}
	for _, v := range region.VPCs {
		if ids := r.Get("VpcId"); none || ids != "" && !slices.Contains(strings.Split(ids, ","), v.ID) || !tagged(r, v.Tags) ||
			!fits(r.Get("VpcName"), v.Name) || !fits(r.Get("ResourceGroupId"), v.group()) || !fits(r.Get("VpcOwnerId"), s.accountID) {
			continue
		}
		isDefault, fail := r.Bool("IsDefault", v.Default)
		if fail != nil {
			return nil, fail
		}
		ipv6, fail := r.Bool("EnableIpv6", v.IPv6.IsValid())
		if fail != nil {
			return nil, fail
		}
		if isDefault == v.Default && ipv6 == v.IPv6.IsValid() {
			found = append(found, s.listed(v))
		}
	}
	number, size, cut, fail := page(r, found)
	if fail != nil {
		return nil, fail
	}
	type vpcs struct{ Vpc []listedVPC }
	return struct {
		TotalCount, PageNumber, PageSize int
		Vpcs                             vpcs
	}{len(found), number, size, vpcs{cut}}, nil
}

// describeVpcAttribute is DescribeVpcAttribute of the VPC API. IsDefault names a
// VPC that is the default one, or is not.
func (s *Service) describeVpcAttribute(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VpcId")
	if fail != nil {
		return nil, fail
	}
	v, ok := s.VPC(r.Region, id)
	isDefault, fail := r.Bool("IsDefault", v.Default)
	switch {
	case fail != nil:
		return nil, fail
	case !ok || isDefault && !v.Default:
		return nil, unknownVPC()
	}
	if fail := dryRun(r); fail != nil {
		return nil, fail
	}
	return s.single(v), nil
}

// describeVSwitches is DescribeVSwitches of the VPC API.
func (s *Service) describeVSwitches(r *rpc.Request) (any, *rpc.Error) {
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	if fail := dryRun(r); fail != nil {
		return nil, fail
	}
	found := []vswitchBody{}
	for _, v := range region.VPCs {
		for _, w := range v.VSwitches {
			body := s.vswitchBody(v, w)
			isDefault, fail := r.Bool("IsDefault", body.IsDefault)
			if fail != nil {
				return nil, fail
			}
			ipv6, fail := r.Bool("EnableIpv6", body.EnabledIpv6)
			if fail != nil {
				return nil, fail
			}
			if ipv6 == body.EnabledIpv6 && isDefault == body.IsDefault && tagged(r, w.Tags) && fits(r.Get("VpcId"), v.ID) && fits(r.Get("VSwitchId"), w.ID) &&
				fits(r.Get("ZoneId"), w.ZoneID) && fits(r.Get("VSwitchName"), w.Name) && fits(r.Get("RouteTableId"), v.routeTableID()) &&
				fits(r.Get("ResourceGroupId"), v.group()) && fits(r.Get("VSwitchOwnerId"), s.accountID) {
				found = append(found, body)
			}
		}
	}
	number, size, cut, fail := page(r, found)
	if fail != nil {
		return nil, fail
	}
	type vswitches struct{ VSwitch []vswitchBody }
	return struct {
		TotalCount, PageNumber, PageSize int
		VSwitches                        vswitches
	}{len(found), number, size, vswitches{cut}}, nil
}

// describeVSwitchAttributes is DescribeVSwitchAttributes of the VPC API.
func (s *Service) describeVSwitchAttributes(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VSwitchId")
	if fail != nil {
		return nil, fail
	}
	if fail := dryRun(r); fail != nil {
		return nil, fail
	}
	type single struct {
		vswitchBody

		CloudResources resourceCounts
	}
	w, ok := s.VSwitch(r.Region, id)
	if !ok {
		return single{}, nil // the real answer to an unknown id is empty fields
	}
	v, _ := s.VPC(r.Region, w.VPCID)
	return single{s.vswitchBody(v, w), resourceCounts{[]resourceCount{}}}, nil
}

// dryRun answers a call that would succeed and is not to be done.
func dryRun(r *rpc.Request) *rpc.Error {
	dry, fail := r.Bool("DryRun", false)
	if fail != nil {
		return fail
	}
	if dry {
		return bad("DryRunOperation", "The request would have succeeded.")
	}
	return nil
}

func fits(want, value string) bool { return want == "" || want == value }

func unknownRegion() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
}

// describeRegions is DescribeRegions of the VPC API. Names of regions and zones
// are their ids, in each language.
func (s *Service) describeRegions(*rpc.Request) (any, *rpc.Error) {
	type region struct{ RegionId, LocalName, RegionEndpoint string }
	var body struct{ Regions struct{ Region []region } }
	for _, r := range s.Regions() {
		body.Regions.Region = append(body.Regions.Region, region{r.ID, r.ID, "vpc." + r.ID + ".aliyuncs.com"})
	}
	return body, nil
}

// describeZones is DescribeZones of the VPC API.
func (s *Service) describeZones(r *rpc.Request) (any, *rpc.Error) {
	type zone struct{ ZoneId, LocalName, ZoneType string }
	var body struct{ Zones struct{ Zone []zone } }
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	const usual = "AvailabilityZone"
	for _, id := range region.Zones {
		if fits(r.Get("ZoneType"), usual) {
			body.Zones.Zone = append(body.Zones.Zone, zone{id, id, usual})
		}
	}
	return body, nil
}
