// Package vpc emulates the network of an account: its regions, their zones,
// VPCs and VSwitches, and the calls of the VPC API (2016-04-28) that describe,
// create and delete them. Regions and zones are fixed at the start.
package vpc

import (
	"cmp"
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
	Created                 time.Time    // zero: before all time of the emulator
	Tags                    []Tag        `json:",omitempty"`
	Default                 bool         `json:",omitempty"` // made as the default one of its zone
	IPv6                    netip.Prefix `json:",omitzero"`
}

// A VPC is a private network with its VSwitches.
type VPC struct {
	ID, Name, RegionID string
	Description        string
	CIDR               netip.Prefix
	Created            time.Time // zero: before all time of the emulator
	Default            bool
	VSwitches          []VSwitch

	Tags           []Tag          `json:",omitempty"`
	UserCIDRs      []netip.Prefix `json:",omitempty"`
	SecondaryCIDRs []netip.Prefix `json:",omitempty"`
	IPv6           netip.Prefix   `json:",omitzero"`
	ResourceGroup  string         `json:",omitempty"` // empty: the default one
	DNSHostnames   bool           `json:",omitempty"`
	ClassicLink    bool           `json:",omitempty"`
	RouteTable     RouteTable     `json:",omitzero"`
}

// A RouteTable is what clients can set of the system route table of a VPC.
type RouteTable struct {
	Name, Description string
	NoPropagation     bool  `json:",omitempty"`
	Tags              []Tag `json:",omitempty"`
}

// A Tag is a key and a value of a network.
type Tag struct{ Key, Value string }

// defaultGroup is the resource group of networks that name none.
const defaultGroup = "rg-acfm2emulated00"

// routerID returns the id of the router that comes with the VPC. The cloud draws
// it; here it follows from the id of the VPC.
func (v VPC) routerID() string { return "vrt-" + strings.TrimPrefix(v.ID, "vpc-") }

// routeTableID returns the id of the system route table.
func (v VPC) routeTableID() string { return "vtb-" + strings.TrimPrefix(v.ID, "vpc-") }

func (v VPC) group() string { return cmp.Or(v.ResourceGroup, defaultGroup) }

// A Region is a region with its zones and the account's VPCs in it.
type Region struct {
	ID    string
	Zones []string
	VPCs  []VPC
}

// DefaultRegions returns a few regions, extra ones included, each with one
// default VPC (192.168.0.0/16) and a VSwitch in each of three zones.
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
	for i, letter := range []string{"h", "i", "j"} {
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
