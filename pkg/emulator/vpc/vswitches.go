package vpc

import (
	"net/http"
	"net/netip"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// vswitch finds a VSwitch and its place in its VPC.
func (r *Region) vswitch(id string) (in *VPC, at int) {
	for i := range r.VPCs {
		if at := slices.IndexFunc(r.VPCs[i].VSwitches, func(v VSwitch) bool { return v.ID == id }); at >= 0 {
			return &r.VPCs[i], at
		}
	}
	return nil, -1
}

// createVSwitch is CreateVSwitch of the VPC API. CidrMask without CidrBlock
// takes the first free block of the VPC.
func (s *Service) createVSwitch(r *rpc.Request) (any, *rpc.Error) {
	for _, parameter := range []string{"VpcId", "ZoneId"} {
		if _, fail := r.Require(parameter); fail != nil {
			return nil, fail
		}
	}
	mask, fail := r.Int("CidrMask", 0)
	if fail != nil {
		return nil, fail
	}
	if r.Get("CidrBlock") == "" && mask == 0 {
		return nil, rpc.Missing("CidrBlock")
	}
	v := VSwitch{ID: "vsw-bp1" + random(), VPCID: r.Get("VpcId"), ZoneID: r.Get("ZoneId"), Created: r.Now}
	if r.Get("CidrBlock") != "" {
		var err error
		if v.CIDR, err = netip.ParsePrefix(r.Get("CidrBlock")); err != nil || !v.CIDR.Addr().Is4() || v.CIDR != v.CIDR.Masked() || mask != 0 && mask != v.CIDR.Bits() {
			return nil, badSubnet()
		}
		mask = v.CIDR.Bits()
	}
	if mask < 16 || mask > 29 {
		return nil, badSubnet()
	}
	wish, fail := readIPv6(r)
	if fail != nil {
		return nil, fail
	}
	if v.Tags, fail = readTags(r); fail != nil {
		return nil, fail
	}
	if v.Name, v.Description, fail = labels(r, "VSwitchName"); fail != nil {
		return nil, fail
	}
	fail = s.change(r.Region, func(region *Region) (fail *rpc.Error) {
		in := region.vpc(v.VPCID)
		switch {
		case in == nil:
			return unknownVPC()
		case !slices.Contains(region.Zones, v.ZoneID):
			return unknownZone()
		}
		if !v.CIDR.IsValid() {
			if v.CIDR, fail = in.free(mask); fail != nil {
				return fail
			}
		}
		switch {
		case !slices.ContainsFunc(append([]netip.Prefix{in.CIDR}, in.SecondaryCIDRs...), func(of netip.Prefix) bool { return inside(v.CIDR, of) }):
			return bad("InvalidCidrBlock.Malformed", "The block is not inside the VPC's.")
		case slices.ContainsFunc(in.VSwitches, func(w VSwitch) bool { return w.CIDR.Overlaps(v.CIDR) }):
			return bad("InvalidCidrBlock.Overlapped", "The block overlaps that of another VSwitch.")
		}
		if wish.given {
			if v.IPv6, fail = in.ipv6Subnet(wish); fail != nil {
				return fail
			}
		}
		in.VSwitches = append(in.VSwitches, v)
		return nil
	})
	return struct{ VSwitchId string }{v.ID}, fail
}

func badSubnet() *rpc.Error {
	return bad("InvalidCidrBlock.Malformed", "CidrBlock is an IPv4 block with a mask of 16 to 29 bits, which CidrMask may name instead.")
}

func unknownZone() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidZoneId.NotFound", "The zone does not exist in the region.")
}

// modifyVSwitchAttribute is ModifyVSwitchAttribute of the VPC API.
func (s *Service) modifyVSwitchAttribute(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("VSwitchId")
	if fail != nil {
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
		if fail := modifyIPv6(r, in, &in.VSwitches[at]); fail != nil {
			return fail
		}
		replace(r, "VSwitchName", &in.VSwitches[at].Name, name)
		replace(r, "Description", &in.VSwitches[at].Description, description)
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
		if fail := dryRun(r); fail != nil {
			return fail
		}
		in.VSwitches = slices.Delete(in.VSwitches, at, at+1)
		return nil
	})
}
