package vpc

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// change replaces a region by a changed copy, unless the change fails.
func (s *Service) change(id string, with func(*Region) *rpc.Error) *rpc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.regions, func(r Region) bool { return r.ID == id })
	if at < 0 {
		return unknownRegion()
	}
	region := s.regions[at]
	region.VPCs = slices.Clone(region.VPCs)
	for i := range region.VPCs {
		region.VPCs[i].VSwitches = slices.Clone(region.VPCs[i].VSwitches)
	}
	if fail := with(&region); fail != nil {
		return fail
	}
	s.regions[at] = region
	return nil
}

func (r *Region) vpc(id string) *VPC {
	i := slices.IndexFunc(r.VPCs, func(v VPC) bool { return v.ID == id })
	if i < 0 {
		return nil
	}
	return &r.VPCs[i]
}

// createVpc is CreateVpc of the VPC API. It makes a router and a system route
// table with the VPC.
func (s *Service) createVpc(r *rpc.Request) (any, *rpc.Error) {
	v := VPC{ID: "vpc-bp1" + random(), RegionID: r.Region, Created: r.Now, ResourceGroup: strings.Clone(r.Get("ResourceGroupId"))}
	var fail *rpc.Error
	if v.CIDR, fail = readBlock(r); fail != nil {
		return nil, fail
	}
	if fail := checkGroup(v.ResourceGroup); fail != nil {
		return nil, fail
	}
	if v.UserCIDRs, fail = readUserBlocks(r); fail != nil {
		return nil, fail
	}
	if v.DNSHostnames, fail = r.Bool("EnableDnsHostname", false); fail != nil {
		return nil, fail
	}
	ipv6, fail := r.Bool("EnableIpv6", false)
	if fail != nil {
		return nil, fail
	}
	if ipv6 {
		v.IPv6 = newIPv6()
	}
	if v.Tags, fail = readTags(r); fail != nil {
		return nil, fail
	}
	if v.Name, v.Description, fail = labels(r, "VpcName"); fail != nil {
		return nil, fail
	}
	if fail := dryRun(r); fail != nil {
		return nil, fail
	}
	fail = s.change(r.Region, func(region *Region) *rpc.Error {
		region.VPCs = append(region.VPCs, v)
		return nil
	})
	return struct{ VpcId, VRouterId, RouteTableId, ResourceGroupId string }{v.ID, v.routerID(), v.routeTableID(), v.group()}, fail
}

// modifyVpcAttribute is ModifyVpcAttribute of the VPC API.
func (s *Service) modifyVpcAttribute(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VpcId")
	if fail != nil {
		return nil, fail
	}
	name, description, fail := labels(r, "VpcName")
	if fail != nil {
		return nil, fail
	}
	return nil, s.change(r.Region, func(region *Region) (fail *rpc.Error) {
		v := region.vpc(id)
		if v == nil {
			return unknownVPC()
		}
		if v.DNSHostnames, fail = r.Bool("EnableDnsHostname", v.DNSHostnames); fail != nil {
			return fail
		}
		if r.Get("CidrBlock") != "" {
			if v.CIDR, fail = readBlock(r); fail != nil {
				return fail
			}
			if slices.ContainsFunc(v.VSwitches, func(w VSwitch) bool { return !inside(w.CIDR, v.CIDR) }) {
				return bad("InvalidCidrBlock.Malformed", "A VSwitch of the VPC is outside of the block.")
			}
		}
		ipv6, fail := r.Bool("EnableIPv6", v.IPv6.IsValid())
		if fail != nil {
			return fail
		}
		if v.IPv6, fail = v.ipv6(ipv6); fail != nil {
			return fail
		}
		replace(r, "VpcName", &v.Name, name)
		replace(r, "Description", &v.Description, description)
		return nil
	})
}

// deleteVpc is DeleteVpc of the VPC API. It refuses a VPC with VSwitches.
// ForceDelete concerns gateways, which the emulator lacks.
func (s *Service) deleteVpc(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VpcId")
	if fail != nil {
		return nil, fail
	}
	if _, fail := r.Bool("ForceDelete", false); fail != nil {
		return nil, fail
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		v := region.vpc(id)
		if v == nil {
			return unknownVPC()
		}
		if len(v.VSwitches) > 0 {
			return bad("DependencyViolation.VSwitch", "The VPC has VSwitches.")
		}
		if fail := dryRun(r); fail != nil {
			return fail
		}
		region.VPCs = slices.DeleteFunc(region.VPCs, func(v VPC) bool { return v.ID == id })
		return nil
	})
}

// moveResourceGroup is MoveResourceGroup of the VPC API, for VPCs.
func (s *Service) moveResourceGroup(r *rpc.Request) (any, *rpc.Error) {
	for _, parameter := range []string{"ResourceId", "NewResourceGroupId", "ResourceType"} {
		if _, fail := r.Require(parameter); fail != nil {
			return nil, fail
		}
	}
	if kind := r.Get("ResourceType"); !strings.EqualFold(kind, "VPC") {
		return nil, rpc.Unsupported(r.Action + ".ResourceType." + kind)
	}
	if fail := checkGroup(r.Get("NewResourceGroupId")); fail != nil {
		return nil, fail
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		v := region.vpc(r.Get("ResourceId"))
		if v == nil {
			return unknownVPC()
		}
		v.ResourceGroup = strings.Clone(r.Get("NewResourceGroupId"))
		return nil
	})
}

// checkGroup checks the id of a resource group; which groups exist is not known
// here.
func checkGroup(id string) *rpc.Error {
	if len(id) > 64 {
		return bad("InvalidResourceGroupId.Malformed", "The id of a resource group has at most 64 characters.")
	}
	return nil
}

// labels reads and checks a name and the description.
func labels(r *rpc.Request, parameter string) (name, description string, fail *rpc.Error) {
	name, description = r.Get(parameter), r.Get("Description")
	for _, label := range []struct {
		parameter, text string
		most            int
	}{{parameter, name, 128}, {"Description", description, 256}} {
		if utf8.RuneCountInString(label.text) > label.most || strings.HasPrefix(label.text, "http://") || strings.HasPrefix(label.text, "https://") {
			return "", "", bad("Invalid"+label.parameter+".Malformed", "%s has at most %d characters and is no URL.", label.parameter, label.most)
		}
	}
	return strings.Clone(name), strings.Clone(description), nil
}

// replace changes a text that the request has, be it empty.
func replace(r *rpc.Request, parameter string, old *string, by string) {
	if r.Has(parameter) {
		*old = by
	}
}

func random() string { return strings.ToLower(rand.Text()[:18]) }

func bad(code, format string, args ...any) *rpc.Error {
	return rpc.Errorf(http.StatusBadRequest, code, format, args...)
}

func unknownVPC() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidVpcId.NotFound", "Specified VPC does not exist.")
}

func unknownVSwitch() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidVSwitchId.NotFound", "Specified VSwitch does not exist.")
}
