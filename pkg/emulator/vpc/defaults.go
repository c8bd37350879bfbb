package vpc

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The blocks of the default networks that a call makes.
const (
	defaultBlock      = "172.31.0.0/16"
	defaultSubnetMask = 20
)

// createDefaultVpc is CreateDefaultVpc of the VPC API. A region has one default
// VPC (A372); the emulator starts with one in each.
func (s *Service) createDefaultVpc(r *rpc.Request) (any, *rpc.Error) {
	v := VPC{
		ID: "vpc-bp1" + random(), RegionID: r.Region, Created: r.Now, Default: true, CIDR: netip.MustParsePrefix(defaultBlock),
		ResourceGroup: strings.Clone(r.Get("ResourceGroupId")),
	}
	if fail := checkGroup(v.ResourceGroup); fail != nil {
		return nil, fail
	}
	fail := s.change(r.Region, func(region *Region) *rpc.Error {
		if slices.ContainsFunc(region.VPCs, func(w VPC) bool { return w.Default }) {
			return existed("DefaultVpc")
		}
		region.VPCs = append(region.VPCs, v)
		return nil
	})
	return struct{ VpcId, VRouterId, RouteTableId string }{v.ID, v.routerID(), v.routeTableID()}, fail
}

// createDefaultVSwitch is CreateDefaultVSwitch of the VPC API. A zone has one
// default VSwitch, in the first free block of the default VPC.
func (s *Service) createDefaultVSwitch(r *rpc.Request) (any, *rpc.Error) {
	zone, fail := r.Require("ZoneId")
	if fail != nil {
		return nil, fail
	}
	w := VSwitch{ID: "vsw-bp1" + random(), ZoneID: strings.Clone(zone), Created: r.Now, Default: true}
	fail = s.change(r.Region, func(region *Region) (fail *rpc.Error) {
		at := slices.IndexFunc(region.VPCs, func(v VPC) bool { return v.Default })
		switch {
		case !slices.Contains(region.Zones, zone):
			return unknownZone()
		case at < 0:
			return unknownVPC()
		}
		in := &region.VPCs[at]
		if slices.ContainsFunc(in.VSwitches, func(w VSwitch) bool { return w.ZoneID == zone && w.isDefault(*in) }) {
			return existed("DefaultVswitch")
		}
		w.VPCID = in.ID
		if w.CIDR, fail = in.free(defaultSubnetMask); fail != nil {
			return fail
		}
		in.VSwitches = append(in.VSwitches, w)
		return nil
	})
	return struct{ VSwitchId string }{w.ID}, fail
}

func existed(what string) *rpc.Error {
	return rpc.Errorf(http.StatusForbidden, what+".Existed", "The default network exists already.")
}

// isDefault reports whether the VSwitch is a default one of its VPC. Those of the
// start have no time of creation.
func (w VSwitch) isDefault(in VPC) bool { return w.Default || in.Default && w.Created.IsZero() }

// free finds the first block of the VPC with a mask that no VSwitch overlaps.
func (v VPC) free(mask int) (netip.Prefix, *rpc.Error) {
	for _, of := range append([]netip.Prefix{v.CIDR}, v.SecondaryCIDRs...) {
		block := netip.PrefixFrom(of.Addr(), mask)
		for ; inside(block, of); block = after(block) {
			if !slices.ContainsFunc(v.VSwitches, func(w VSwitch) bool { return w.CIDR.Overlaps(block) }) {
				return block, nil
			}
		}
	}
	return netip.Prefix{}, bad("InvalidCidrBlock.Overlapped", "The VPC has no free block with a mask of %d bits.", mask)
}

// after returns the block of the same size behind an IPv4 block.
func after(block netip.Prefix) netip.Prefix {
	address := block.Addr().As4()
	next := binary.BigEndian.Uint32(address[:]) + 1<<(32-block.Bits())
	binary.BigEndian.PutUint32(address[:], next)
	return netip.PrefixFrom(netip.AddrFrom4(address), block.Bits())
}

// classicLink returns EnableVpcClassicLink or DisableVpcClassicLink of the VPC
// API: a switch that VPCs answer. Servers outside of VPCs do not exist.
func (s *Service) classicLink(on bool) func(*rpc.Request) (any, *rpc.Error) {
	return func(r *rpc.Request) (any, *rpc.Error) {
		id, fail := r.Require("VpcId")
		if fail != nil {
			return nil, fail
		}
		return nil, s.change(r.Region, func(region *Region) *rpc.Error {
			v := region.vpc(id)
			if v == nil {
				return unknownVPC()
			}
			v.ClassicLink = on
			return nil
		})
	}
}
