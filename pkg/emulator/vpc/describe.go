package vpc

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// creation returns the time of a network's creation, a day in the past for the
// networks of the start.
func creation(t time.Time) string {
	if t.IsZero() {
		return "2020-01-01T00:00:00Z"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// A vpcBody is a VPC in an answer (VPC API, DescribeVpcs).
type vpcBody struct {
	VpcId, VpcName, RegionId, CidrBlock, Status, Description, CreationTime string
	IsDefault                                                              bool
	VSwitchIds                                                             vswitchIDs
}

type vswitchIDs struct{ VSwitchId []string }

func (v VPC) body() vpcBody {
	b := vpcBody{VpcId: v.ID, VpcName: v.Name, RegionId: v.RegionID, CidrBlock: v.CIDR.String(), Status: "Available", Description: v.Description, CreationTime: creation(v.Created), IsDefault: v.Default}
	for _, vsw := range v.VSwitches {
		b.VSwitchIds.VSwitchId = append(b.VSwitchIds.VSwitchId, vsw.ID)
	}
	return b
}

// A vswitchBody is a VSwitch in an answer (VPC API, DescribeVSwitches).
type vswitchBody struct {
	VSwitchId, VSwitchName, VpcId, ZoneId, CidrBlock, Status, Description, CreationTime string
	AvailableIpAddressCount                                                             int
	IsDefault                                                                           bool
}

func (v VSwitch) body(isDefault bool) vswitchBody {
	return vswitchBody{
		VSwitchId: v.ID, VSwitchName: v.Name, VpcId: v.VPCID, ZoneId: v.ZoneID, CidrBlock: v.CIDR.String(),
		Status: "Available", Description: v.Description, CreationTime: creation(v.Created), IsDefault: isDefault,
		// The first address and the last three of a VSwitch are the system's.
		AvailableIpAddressCount: 1<<(32-v.CIDR.Bits()) - 4,
	}
}

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

func (s *Service) describeVpcs(r *rpc.Request) (any, *rpc.Error) {
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	found := []vpcBody{}
	for _, vpc := range region.VPCs {
		if ids := r.Get("VpcId"); ids != "" && !slices.Contains(strings.Split(ids, ","), vpc.ID) ||
			r.Get("VpcName") != "" && r.Get("VpcName") != vpc.Name || len(r.Tags()) > 0 {
			continue // networks carry no tags
		}
		isDefault, fail := r.Bool("IsDefault", vpc.Default)
		if fail != nil {
			return nil, fail
		}
		if isDefault == vpc.Default {
			found = append(found, vpc.body())
		}
	}
	number, size, cut, fail := page(r, found)
	if fail != nil {
		return nil, fail
	}
	type vpcs struct{ Vpc []vpcBody }
	return struct {
		TotalCount, PageNumber, PageSize int
		Vpcs                             vpcs
	}{len(found), number, size, vpcs{cut}}, nil
}

func (s *Service) describeVpcAttribute(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VpcId")
	if fail != nil {
		return nil, fail
	}
	vpc, ok := s.VPC(r.Region, id)
	if !ok {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidVpcId.NotFound", "Specified VPC does not exist.")
	}
	return vpc.body(), nil
}

func (s *Service) describeVSwitches(r *rpc.Request) (any, *rpc.Error) {
	if r.Get("DryRun") == "true" {
		return nil, rpc.Errorf(http.StatusBadRequest, "DryRunOperation", "The request would have succeeded.")
	}
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	found := []vswitchBody{}
	for _, vpc := range region.VPCs {
		for _, vsw := range vpc.VSwitches {
			if fits(r.Get("VpcId"), vpc.ID) && fits(r.Get("VSwitchId"), vsw.ID) && fits(r.Get("ZoneId"), vsw.ZoneID) &&
				fits(r.Get("VSwitchName"), vsw.Name) && len(r.Tags()) == 0 {
				found = append(found, vsw.body(vpc.Default))
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

func (s *Service) describeVSwitchAttributes(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VSwitchId")
	if fail != nil {
		return nil, fail
	}
	vsw, ok := s.VSwitch(r.Region, id)
	if !ok {
		return vswitchBody{}, nil // the real answer to an unknown id is empty fields
	}
	vpc, _ := s.VPC(r.Region, vsw.VPCID)
	return vsw.body(vpc.Default), nil
}

func fits(want, value string) bool { return want == "" || want == value }

func unknownRegion() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
}

// describeRegions is DescribeRegions of the VPC API.
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
	type zone struct{ ZoneId, LocalName string }
	var body struct{ Zones struct{ Zone []zone } }
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	for _, id := range region.Zones {
		body.Zones.Zone = append(body.Zones.Zone, zone{id, id})
	}
	return body, nil
}
