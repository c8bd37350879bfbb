// Package vpc emulates the network of an account: its regions, their zones,
// VPCs and VSwitches, and the calls of the VPC API (2016-04-28) that describe,
// create and delete them. Regions and zones are fixed at the start.
package vpc

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A VSwitch is a subnet of a VPC in one zone.
type VSwitch struct {
	ID, Name, VPCID, ZoneID string
	Description             string
	CIDR                    netip.Prefix
	Created                 time.Time // zero: before all time of the emulator
}

// A VPC is a private network with its VSwitches.
type VPC struct {
	ID, Name, RegionID string
	Description        string
	CIDR               netip.Prefix
	Created            time.Time // zero: before all time of the emulator
	Default            bool
	VSwitches          []VSwitch
}

// A Region is a region with its zones and the account's VPCs in it.
type Region struct {
	ID    string
	Zones []string
	VPCs  []VPC
}

// DefaultRegions returns a few regions, extra ones included, each with one
// default VPC (192.168.0.0/16) and a VSwitch in each of two zones.
func DefaultRegions(extra ...string) []Region {
	var regions []Region
	seen := map[string]bool{}
	usual := []string{"cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-hongkong", "ap-southeast-1", "us-west-1", "eu-central-1"}
	for _, id := range slices.Concat(extra, usual) {
		if id != "" && !seen[id] {
			seen[id] = true
			regions = append(regions, defaultRegion(id))
		}
	}
	return regions
}

func defaultRegion(id string) Region {
	short := strings.ReplaceAll(id, "-", "")
	vpc := VPC{ID: "vpc-" + short + "0default", Name: "default", RegionID: id, CIDR: netip.MustParsePrefix("192.168.0.0/16"), Default: true}
	region := Region{ID: id}
	for i, letter := range []string{"h", "i"} {
		zone := id + "-" + letter
		if !strings.HasPrefix(id, "cn-") { // zones abroad are named ap-southeast-1a
			zone = id + letter
		}
		region.Zones = append(region.Zones, zone)
		cidr := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, byte(i), 0}), 24)
		vpc.VSwitches = append(vpc.VSwitches, VSwitch{ID: "vsw-" + short + "0" + letter, Name: "default-" + letter, VPCID: vpc.ID, ZoneID: zone, CIDR: cidr})
	}
	region.VPCs = []VPC{vpc}
	return region
}
