package vpc

import (
	"cmp"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The masks of IPv6 blocks, in bits (VPC API, CreateVpc and CreateVSwitch).
const (
	ipv6Mask       = 56
	ipv6SubnetMask = 64
	lastIPv6Subnet = 255
)

// newIPv6 draws an IPv6 block for a VPC.
func newIPv6() netip.Prefix {
	address := [16]byte{0x24, 0x08, 0x40, 0x05}
	_, _ = rand.Read(address[4:7]) // always succeeds: crypto/rand ends the process instead
	return netip.PrefixFrom(netip.AddrFrom16(address), ipv6Mask)
}

// ipv6 returns the IPv6 block that the VPC has when IPv6 is on, or off. A VPC
// keeps its block while a VSwitch has a part of it (A374).
func (v VPC) ipv6(on bool) (netip.Prefix, *rpc.Error) {
	switch {
	case on && v.IPv6.IsValid():
		return v.IPv6, nil
	case on:
		return newIPv6(), nil
	case slices.ContainsFunc(v.VSwitches, func(w VSwitch) bool { return w.IPv6.IsValid() }):
		return v.IPv6, bad("OperationDenied.Ipv6InUse", "A VSwitch of the VPC has an IPv6 block.")
	}
	return netip.Prefix{}, nil
}

// An ipv6Wish is the part of a call about the IPv6 block of a VSwitch.
type ipv6Wish struct {
	given  bool
	number int    // the last 8 bits of the block
	of     string // a block of the VPC
}

// readIPv6 reads Ipv6CidrBlock, Ipv6CidrMask and VpcIpv6CidrBlock.
func readIPv6(r *rpc.Request) (wish ipv6Wish, fail *rpc.Error) {
	wish.given, wish.of = r.Get("Ipv6CidrBlock") != "", r.Get("VpcIpv6CidrBlock")
	if wish.number, fail = r.Int("Ipv6CidrBlock", 0); fail != nil {
		return wish, fail
	}
	mask, fail := r.Int("Ipv6CidrMask", ipv6SubnetMask)
	if fail != nil {
		return wish, fail
	}
	if wish.number < 0 || wish.number > lastIPv6Subnet || mask != ipv6SubnetMask {
		return wish, bad("InvalidIpv6CidrBlock.Malformed", "Ipv6CidrBlock is from 0 to %d, Ipv6CidrMask %d.", lastIPv6Subnet, ipv6SubnetMask)
	}
	return wish, nil
}

// checkBlock refuses the block of another VPC, which a call may name without
// wishing for a part of it: Terraform's provider does so.
func (v VPC) checkBlock(wish ipv6Wish) *rpc.Error {
	if wish.of == "" || strings.EqualFold(wish.of, ipv6Text(v.IPv6)) {
		return nil
	}
	return bad("OperationDenied.Ipv6NotEnabled", "The VPC has no such IPv6 block.")
}

// ipv6Subnet cuts the block of a VSwitch out of that of its VPC (A374).
func (v VPC) ipv6Subnet(wish ipv6Wish) (netip.Prefix, *rpc.Error) {
	if !v.IPv6.IsValid() {
		return netip.Prefix{}, bad("OperationDenied.Ipv6NotEnabled", "The VPC has no IPv6 block.")
	}
	address := v.IPv6.Addr().As16()
	address[7] = byte(wish.number) //nolint:gosec // from 0 to 255
	block := netip.PrefixFrom(netip.AddrFrom16(address), ipv6SubnetMask)
	if slices.ContainsFunc(v.VSwitches, func(w VSwitch) bool { return w.IPv6 == block }) {
		return block, bad("InvalidIpv6CidrBlock.Overlapped", "Another VSwitch has the IPv6 block.")
	}
	return block, nil
}

// modifyIPv6 carries out EnableIPv6 of ModifyVSwitchAttribute: true needs a
// number, false excludes one.
func modifyIPv6(r *rpc.Request, in *VPC, w *VSwitch) *rpc.Error {
	wish, fail := readIPv6(r)
	if fail != nil {
		return fail
	}
	if fail := in.checkBlock(wish); fail != nil {
		return fail
	}
	on, fail := r.Bool("EnableIPv6", w.IPv6.IsValid() || wish.given)
	switch {
	case fail != nil:
		return fail
	case !on && wish.given, on && !wish.given && !w.IPv6.IsValid():
		return bad("InvalidIpv6CidrBlock.Malformed", "Ipv6CidrBlock goes with EnableIPv6=true.")
	case !on:
		w.IPv6 = netip.Prefix{}
	case wish.given:
		block, fail := in.ipv6Subnet(wish)
		if fail != nil || w.IPv6.IsValid() {
			return cmp.Or(fail, bad("OperationDenied.Ipv6InUse", "The VSwitch has an IPv6 block, which cannot be changed."))
		}
		w.IPv6 = block
	}
	return nil
}

// ipv6Text writes an IPv6 block, empty for none.
func ipv6Text(block netip.Prefix) string {
	if !block.IsValid() {
		return ""
	}
	return block.String()
}
