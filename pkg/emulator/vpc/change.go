package vpc

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"slices"
	"strings"

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

// vswitch finds a VSwitch and its place in its VPC.
func (r *Region) vswitch(id string) (in *VPC, at int) {
	for i := range r.VPCs {
		if at := slices.IndexFunc(r.VPCs[i].VSwitches, func(v VSwitch) bool { return v.ID == id }); at >= 0 {
			return &r.VPCs[i], at
		}
	}
	return nil, -1
}

// createVpc is CreateVpc of the VPC API.
func (s *Service) createVpc(r *rpc.Request) (any, *rpc.Error) {
	if fail := unsupported(r, "EnableIpv6", "Ipv6CidrBlock", "Ipv6Isp", "UserCidr", "ResourceGroupId", "IpamPoolId", "Ipv4IpamPoolId"); fail != nil {
		return nil, fail
	}
	block := r.Get("CidrBlock")
	if block == "" {
		block = "172.16.0.0/12"
	}
	cidr, err := netip.ParsePrefix(block)
	if err != nil || cidr != cidr.Masked() || cidr.Bits() > 28 || !private(cidr) {
		return nil, bad("InvalidCidrBlock.Malformed", "CidrBlock is a block of a private range, with a mask of 8 to 28 bits.")
	}
	name, description, fail := labels(r, "VpcName")
	if fail != nil {
		return nil, fail
	}
	v := VPC{ID: "vpc-bp1" + random(), Name: name, Description: description, RegionID: r.Region, CIDR: cidr, Created: r.Now}
	fail = s.change(r.Region, func(region *Region) *rpc.Error {
		region.VPCs = append(region.VPCs, v)
		return nil
	})
	return struct{ VpcId string }{v.ID}, fail
}

// createVSwitch is CreateVSwitch of the VPC API.
func (s *Service) createVSwitch(r *rpc.Request) (any, *rpc.Error) {
	if fail := unsupported(r, "Ipv6CidrBlock", "VpcIpv6CidrBlock"); fail != nil {
		return nil, fail
	}
	for _, parameter := range []string{"VpcId", "ZoneId", "CidrBlock"} {
		if _, fail := r.Require(parameter); fail != nil {
			return nil, fail
		}
	}
	cidr, err := netip.ParsePrefix(r.Get("CidrBlock"))
	if err != nil || !cidr.Addr().Is4() || cidr != cidr.Masked() || cidr.Bits() < 16 || cidr.Bits() > 29 {
		return nil, bad("InvalidCidrBlock.Malformed", "CidrBlock is an IPv4 block with a mask of 16 to 29 bits.")
	}
	name, description, fail := labels(r, "VSwitchName")
	if fail != nil {
		return nil, fail
	}
	v := VSwitch{ID: "vsw-bp1" + random(), Name: name, Description: description, VPCID: r.Get("VpcId"), ZoneID: r.Get("ZoneId"), CIDR: cidr, Created: r.Now}
	fail = s.change(r.Region, func(region *Region) *rpc.Error {
		in := region.vpc(v.VPCID)
		switch {
		case in == nil:
			return unknownVPC()
		case !slices.Contains(region.Zones, v.ZoneID):
			return rpc.Errorf(http.StatusNotFound, "InvalidZoneId.NotFound", "The zone does not exist in the region.")
		case !in.CIDR.Contains(cidr.Addr()) || cidr.Bits() < in.CIDR.Bits():
			return bad("InvalidCidrBlock.Malformed", "The block is not inside the VPC's.")
		case slices.ContainsFunc(in.VSwitches, func(w VSwitch) bool { return w.CIDR.Overlaps(cidr) }):
			return bad("InvalidCidrBlock.Overlapped", "The block overlaps that of another VSwitch.")
		}
		in.VSwitches = append(in.VSwitches, v)
		return nil
	})
	return struct{ VSwitchId string }{v.ID}, fail
}

// modifyVpcAttribute is ModifyVpcAttribute of the VPC API: name and
// description.
func (s *Service) modifyVpcAttribute(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VpcId")
	if fail != nil {
		return nil, fail
	}
	if fail := unsupported(r, "CidrBlock", "EnableIPv6", "Ipv6CidrBlock", "EnableDnsHostname"); fail != nil {
		return nil, fail
	}
	name, description, fail := labels(r, "VpcName")
	if fail != nil {
		return nil, fail
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		v := region.vpc(id)
		if v == nil {
			return unknownVPC()
		}
		replace(&v.Name, name)
		replace(&v.Description, description)
		return nil
	})
}

// modifyVSwitchAttribute is ModifyVSwitchAttribute of the VPC API.
func (s *Service) modifyVSwitchAttribute(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VSwitchId")
	if fail != nil {
		return nil, fail
	}
	if fail := unsupported(r, "EnableIPv6", "Ipv6CidrBlock", "VpcIpv6CidrBlock"); fail != nil {
		return nil, fail
	}
	name, description, fail := labels(r, "VSwitchName")
	if fail != nil {
		return nil, fail
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		in, at := region.vswitch(id)
		if in == nil {
			return unknownVSwitch()
		}
		replace(&in.VSwitches[at].Name, name)
		replace(&in.VSwitches[at].Description, description)
		return nil
	})
}

// deleteVpc is DeleteVpc of the VPC API. It refuses a VPC with VSwitches.
func (s *Service) deleteVpc(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VpcId")
	if fail != nil {
		return nil, fail
	}
	if fail := unsupported(r, "ForceDelete"); fail != nil {
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
		region.VPCs = slices.DeleteFunc(region.VPCs, func(v VPC) bool { return v.ID == id })
		return nil
	})
}

// deleteVSwitch is DeleteVSwitch of the VPC API. It refuses a VSwitch in use.
func (s *Service) deleteVSwitch(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VSwitchId")
	if fail != nil {
		return nil, fail
	}
	s.mu.RLock()
	users := s.users
	s.mu.RUnlock()
	for _, uses := range users {
		if uses(id) {
			return nil, bad("DependencyViolation", "The VSwitch is in use.")
		}
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		in, at := region.vswitch(id)
		if in == nil {
			return unknownVSwitch()
		}
		in.VSwitches = slices.Delete(in.VSwitches, at, at+1)
		return nil
	})
}

// private reports whether a block is inside one of the private ranges.
func private(block netip.Prefix) bool {
	for _, of := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} {
		if all := netip.MustParsePrefix(of); all.Contains(block.Addr()) && block.Bits() >= all.Bits() {
			return true
		}
	}
	return false
}

// labels reads and checks a name and the description.
func labels(r *rpc.Request, parameter string) (name, description string, fail *rpc.Error) {
	name, description = r.Get(parameter), r.Get("Description")
	for which, text := range map[string]string{parameter: name, "Description": description} {
		if len(text) > 256 || strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
			return "", "", bad("Invalid"+which+".Malformed", "%s has at most 256 characters and is no URL.", which)
		}
	}
	return strings.Clone(name), strings.Clone(description), nil
}

func replace(old *string, by string) {
	if by != "" {
		*old = by
	}
}

func unsupported(r *rpc.Request, parameters ...string) *rpc.Error {
	for _, name := range parameters {
		if r.Get(name) != "" {
			return rpc.Unsupported(r.Action + "." + name)
		}
	}
	return nil
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
