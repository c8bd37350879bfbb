package vpc

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

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
	w := VSwitch{ID: "vsw-bp1" + random(), VPCID: strings.Clone(r.Get("VpcId")), ZoneID: strings.Clone(r.Get("ZoneId")), Created: r.Now}
	block, mask, fail := readSubnet(r)
	if fail != nil {
		return nil, fail
	}
	w.CIDR = block
	wish, fail := readIPv6(r)
	if fail != nil {
		return nil, fail
	}
	if w.Tags, fail = readTags(r); fail != nil {
		return nil, fail
	}
	if w.Name, w.Description, fail = labels(r, "VSwitchName"); fail != nil {
		return nil, fail
	}
	fail = s.change(r.Region, func(region *Region) *rpc.Error { return region.add(w, mask, wish) })
	return struct{ VSwitchId string }{w.ID}, fail
}

// readSubnet reads CidrBlock and CidrMask, of which one may be missing: the block
// is invalid where only the mask is given.
func readSubnet(r *rpc.Request) (block netip.Prefix, mask int, fail *rpc.Error) {
	if mask, fail = r.Int("CidrMask", 0); fail != nil {
		return block, 0, fail
	}
	text := r.Get("CidrBlock")
	if text == "" && mask == 0 {
		return block, 0, rpc.Missing("CidrBlock")
	}
	if text != "" {
		var err error
		if block, err = netip.ParsePrefix(text); err != nil || !block.Addr().Is4() || block != block.Masked() || mask != 0 && mask != block.Bits() {
			return block, 0, badSubnet()
		}
		mask = block.Bits()
	}
	if mask < 16 || mask > 29 {
		return block, 0, badSubnet()
	}
	return block, mask, nil
}

// add puts a VSwitch into its VPC: with its block, or the first free one.
func (r *Region) add(w VSwitch, mask int, wish ipv6Wish) (fail *rpc.Error) {
	in := r.vpc(w.VPCID)
	switch {
	case in == nil:
		return unknownVPC()
	case !slices.Contains(r.Zones, w.ZoneID):
		return unknownZone()
	}
	if !w.CIDR.IsValid() {
		if w.CIDR, fail = in.free(mask); fail != nil {
			return fail
		}
	}
	switch {
	case !slices.ContainsFunc(append([]netip.Prefix{in.CIDR}, in.SecondaryCIDRs...), func(of netip.Prefix) bool { return inside(w.CIDR, of) }):
		return bad("InvalidCidrBlock.Malformed", "The block is not inside the VPC's.")
	case slices.ContainsFunc(in.VSwitches, func(other VSwitch) bool { return other.CIDR.Overlaps(w.CIDR) }):
		return bad("InvalidCidrBlock.Overlapped", "The block overlaps that of another VSwitch.")
	}
	if fail := in.checkBlock(wish); fail != nil {
		return fail
	}
	if wish.given {
		if w.IPv6, fail = in.ipv6Subnet(wish); fail != nil {
			return fail
		}
	}
	in.VSwitches = append(in.VSwitches, w)
	return nil
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
