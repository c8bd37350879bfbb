package vpc

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The masks of a VPC's block, in bits, and the limit of its further blocks
// (VPC API, CreateVpc and AssociateVpcCidrBlock).
const (
	minMask         = 8
	maxMask         = 28
	maxUserBlocks   = 3
	maxSecondBlocks = 5
)

// readBlock reads CidrBlock, whose default is 172.16.0.0/12. Ipv4CidrMask alone
// gives the first block of that range with so many bits; beside CidrBlock it
// must be the mask of the block (A360).
func readBlock(r *rpc.Request) (netip.Prefix, *rpc.Error) {
	block := netip.MustParsePrefix("172.16.0.0/12")
	mask, fail := r.Int("Ipv4CidrMask", 0)
	if fail != nil {
		return block, fail
	}
	text, masked := r.Get("CidrBlock"), r.Get("Ipv4CidrMask") != ""
	if masked && (mask < minMask || mask > maxMask) {
		return block, bad("InvalidParameter", "Ipv4CidrMask is from %d to %d.", minMask, maxMask)
	}
	if text == "" && masked {
		if mask < block.Bits() {
			block = netip.MustParsePrefix("10.0.0.0/8")
		}
		return netip.PrefixFrom(block.Addr(), mask).Masked(), nil
	}
	if text != "" {
		var err error
		if block, err = netip.ParsePrefix(text); err != nil || block != block.Masked() || block.Bits() < minMask || block.Bits() > maxMask || !usable(block) {
			return block, bad("InvalidCidrBlock.Malformed", "CidrBlock is an IPv4 block outside of the reserved ranges, with a mask of %d to %d bits.", minMask, maxMask)
		}
	}
	if masked && mask != block.Bits() {
		return block, bad("InvalidParameter", "Ipv4CidrMask and the mask of CidrBlock differ.")
	}
	return block, nil
}

// readUserBlocks reads UserCidr, up to three blocks with commas between.
func readUserBlocks(r *rpc.Request) ([]netip.Prefix, *rpc.Error) {
	text := r.Get("UserCidr")
	if text == "" {
		return nil, nil
	}
	var blocks []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		block, err := netip.ParsePrefix(part)
		if err != nil || !block.Addr().Is4() || block != block.Masked() {
			return nil, bad("InvalidUserCidr.Malformed", "UserCidr is a list of IPv4 blocks.")
		}
		blocks = append(blocks, block)
	}
	if len(blocks) > maxUserBlocks {
		return nil, bad("InvalidUserCidr.Malformed", "UserCidr has at most %d blocks.", maxUserBlocks)
	}
	return blocks, nil
}

// associateBlock is AssociateVpcCidrBlock of the VPC API, for IPv4.
func (s *Service) associateBlock(r *rpc.Request) (any, *rpc.Error) {
	id, block, fail := secondBlock(r)
	if fail != nil {
		return nil, fail
	}
	result := struct{ CidrBlock, IpVersion string }{block.String(), "IPV4"}
	return result, s.change(r.Region, func(region *Region) *rpc.Error {
		v := region.vpc(id)
		switch {
		case v == nil:
			return unknownVPC()
		case slices.ContainsFunc(append([]netip.Prefix{v.CIDR}, v.SecondaryCIDRs...), block.Overlaps):
			return bad("InvalidCidrBlock.Overlapped", "The block overlaps another one of the VPC.")
		case len(v.SecondaryCIDRs) >= maxSecondBlocks:
			return bad("QuotaExceeded.SecondaryCidrBlock", "The VPC has %d secondary blocks, no more are allowed.", maxSecondBlocks)
		}
		v.SecondaryCIDRs = append(slices.Clone(v.SecondaryCIDRs), block)
		return nil
	})
}

// unassociateBlock is UnassociateVpcCidrBlock of the VPC API, for IPv4.
func (s *Service) unassociateBlock(r *rpc.Request) (any, *rpc.Error) {
	id, block, fail := secondBlock(r)
	if fail != nil {
		return nil, fail
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		v := region.vpc(id)
		switch {
		case v == nil:
			return unknownVPC()
		case !slices.Contains(v.SecondaryCIDRs, block):
			return bad("InvalidCidrBlock.NotFound", "The VPC has no such secondary block.")
		case slices.ContainsFunc(v.VSwitches, func(w VSwitch) bool { return inside(w.CIDR, block) }):
			return bad("DependencyViolation.VSwitch", "A VSwitch is in the block.")
		}
		v.SecondaryCIDRs = slices.DeleteFunc(slices.Clone(v.SecondaryCIDRs), func(b netip.Prefix) bool { return b == block })
		return nil
	})
}

// secondBlock reads the parameters of a call on a further block of a VPC.
func secondBlock(r *rpc.Request) (id string, block netip.Prefix, fail *rpc.Error) {
	if id, fail = r.Require("VpcId"); fail != nil {
		return "", block, fail
	}
	text, fail := r.Require("SecondaryCidrBlock")
	if fail != nil {
		return "", block, fail
	}
	block, err := netip.ParsePrefix(text)
	if err != nil || block != block.Masked() || block.Bits() < minMask || block.Bits() > maxMask || !usable(block) {
		return "", block, bad("InvalidCidrBlock.Malformed", "SecondaryCidrBlock is an IPv4 block outside of the reserved ranges, with a mask of %d to %d bits.", minMask, maxMask)
	}
	return id, block, nil
}

// inside reports whether a block is a part of another one, or is that one.
func inside(block, of netip.Prefix) bool {
	return of.Contains(block.Addr()) && block.Bits() >= of.Bits()
}

// usable reports whether a VPC may have an IPv4 block: a private one, or any outside of
// the reserved ranges (VPC API, CreateVpc and AssociateVpcCidrBlock).
func usable(block netip.Prefix) bool {
	return block.Addr().Is4() && !slices.ContainsFunc([]string{"0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"}, func(of string) bool {
		return block.Overlaps(netip.MustParsePrefix(of))
	})
}
