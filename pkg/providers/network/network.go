// Package network chooses where an instance goes inside a VPC, and which
// addresses may connect to it. It is a package of its own since every service
// with instances in a VPC needs the same choice, with the same sentences.
package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// DenyAll is the whitelist of an instance before its clients are known.
const DenyAll = "127.0.0.1"

// A Place is where an instance goes. An empty member is left open.
type Place struct{ VpcID, VSwitchID, ZoneID string }

// A Chooser chooses places.
type Chooser struct {
	VPC API
	// Default is the operator's choice, for members that the user leaves open.
	Default Place
	// Preferred are the operator's VSwitches, the best first; Default has the first.
	Preferred []string
	// Metadata names the network of the broker's machine, the last resort; it may
	// be nil.
	Metadata *alicloud.Metadata
	// AllowedVPCs are the VPCs that instances may be in; empty: any.
	AllowedVPCs []string
	// Zones are preferred to the VSwitches above, the best first; others follow.
	Zones []string
}

// Choose finds the VSwitch of an instance: the first of Places.
func (c Chooser) Choose(ctx context.Context, wish Place) (Place, *providers.Failure, error) {
	places, failure, err := c.Places(ctx, wish)
	if len(places) == 0 {
		return Place{}, failure, err
	}
	return places[0], failure, err
}

// Places lists where an instance may go, the best first: the best VSwitch of each zone
// that has free addresses. The user's wishes must fit; open members come from Default,
// then from the broker's machine. The Failure, if any, tells the user about wishes that
// fit nowhere; it never rests on a remembered answer.
func (c Chooser) Places(ctx context.Context, wish Place) ([]Place, *providers.Failure, error) {
	places, failure, err := c.places(ctx, wish)
	if r, ok := c.VPC.(remembered); ok && failure != nil {
		c.VPC = r.API
		return c.places(ctx, wish)
	}
	return places, failure, err
}

func (c Chooser) places(ctx context.Context, wish Place) ([]Place, *providers.Failure, error) {
	if wish.VpcID != "" && !c.allows(wish.VpcID) {
		return nil, c.refuse(), nil
	}
	if wish.VSwitchID != "" {
		place, failure, err := c.check(ctx, wish)
		if failure != nil || err != nil {
			return nil, failure, err
		}
		return []Place{place}, nil, nil
	}
	home, err := c.home(ctx, wish.VpcID)
	if err != nil {
		return nil, nil, err
	}
	if wish.VpcID == "" {
		wish.VpcID = home.VpcID
	}
	if wish.VpcID == "" && home.VSwitchID == "" {
		return nil, providers.Failf(providers.Invalid, "The broker has no network for the instance: give VpcID and VSwitchID."), nil
	}
	if wish.VpcID != "" && !c.allows(wish.VpcID) {
		return nil, c.refuse(), nil
	}
	id := ""
	if wish.VpcID == "" {
		id = home.VSwitchID // the answer names its VPC
	}
	all, err := c.VPC.VSwitches(ctx, wish.VpcID, id)
	if err != nil {
		return nil, nil, err
	}
	if wish.VpcID == "" && len(all) > 0 && !c.allows(all[0].VpcID) {
		return nil, c.refuse(), nil
	}
	if len(all) == 0 {
		return nil, providers.Failf(providers.Invalid, "The VPC has no VSwitch or does not exist in this region: give another VpcID."), nil
	}
	if places := c.best(all, wish.ZoneID, home); len(places) > 0 {
		return places, nil, nil
	}
	if wish.ZoneID != "" {
		return nil, providers.Failf(providers.Invalid, "No VSwitch with free addresses is in zone %s; choose a ZoneId among %s.", wish.ZoneID, zones(all)), nil
	}
	return nil, providers.Failf(providers.SoldOut, "No VSwitch of the VPC has free addresses; give a VSwitchID that has, or another VpcID."), nil
}

// check checks a VSwitch that the user chose.
func (c Chooser) check(ctx context.Context, wish Place) (Place, *providers.Failure, error) {
	found, err := c.VPC.VSwitches(ctx, "", wish.VSwitchID)
	if err != nil {
		return Place{}, nil, err
	}
	if i := slices.IndexFunc(found, func(v VSwitch) bool { return v.ID == wish.VSwitchID }); i >= 0 {
		v := found[i]
		switch {
		case wish.VpcID != "" && v.VpcID != wish.VpcID, !c.allows(v.VpcID):
		case wish.ZoneID != "" && v.ZoneID != wish.ZoneID:
			return Place{}, providers.Failf(providers.Invalid, "VSwitch %s is in zone %s, not in %s; leave ZoneId out, or choose another VSwitchID.", v.ID, v.ZoneID, wish.ZoneID), nil
		default:
			return Place{v.VpcID, v.ID, v.ZoneID}, nil, nil
		}
	}
	switch {
	case wish.VpcID == "" && len(c.AllowedVPCs) > 0:
		return Place{}, providers.Failf(providers.Invalid, "There is no VSwitch %s in a VPC that is allowed for databases; choose a VSwitchID of %s.", wish.VSwitchID, quoteList(c.AllowedVPCs)), nil
	case wish.VpcID == "":
		return Place{}, providers.Failf(providers.Invalid, "There is no VSwitch %s in this region; choose another VSwitchID.", wish.VSwitchID), nil
	case !c.mayList(ctx, wish.VpcID):
		return Place{}, providers.Failf(providers.Invalid, "There is no VSwitch %s in VPC %s; choose another VpcID or VSwitchID, or leave VSwitchID out.", wish.VSwitchID, wish.VpcID), nil
	}
	others, err := c.VPC.VSwitches(ctx, wish.VpcID, "")
	if err != nil {
		return Place{}, nil, err
	}
	text := fmt.Sprintf("There is no VSwitch %s in VPC %s", wish.VSwitchID, wish.VpcID)
	if len(others) == 0 {
		return Place{}, providers.Failf(providers.Invalid, "%s, which has none or does not exist in this region; choose another VpcID and VSwitchID.", text), nil
	}
	var ids []string
	for _, v := range others {
		ids = append(ids, v.ID)
	}
	slices.Sort(ids)
	return Place{}, providers.Failf(providers.Invalid, "%s; choose a VSwitchID among %s, or leave it out.", text, quoteList(ids)), nil
}

// allows reports whether instances may be in a VPC.
func (c Chooser) allows(vpcID string) bool {
	return len(c.AllowedVPCs) == 0 || slices.Contains(c.AllowedVPCs, vpcID)
}

// refuse returns the failure of a choice outside of AllowedVPCs.
func (c Chooser) refuse() *providers.Failure {
	return providers.Failf(providers.Invalid, "The VPC is not allowed for databases; choose a VpcID among %s, or ask the operator of the broker to allow it (--allowed-vpcs).", quoteList(c.AllowedVPCs))
}

// mayList reports whether sentences for users may name the VSwitches of a VPC: one
// that the operator allows or configures, or the VPC of the broker's machine where
// neither is set. Other VPCs of the account belong to other people.
func (c Chooser) mayList(ctx context.Context, vpcID string) bool {
	if len(c.AllowedVPCs) > 0 {
		return slices.Contains(c.AllowedVPCs, vpcID)
	}
	home, err := c.home(ctx, "")
	return err == nil && home.VpcID == vpcID
}

// home returns the network of the configuration or of the broker's machine. Its
// VSwitch and zone are a preference.
func (c Chooser) home(ctx context.Context, wishedVPC string) (Place, error) {
	p := c.Default
	if wishedVPC != "" || p.VpcID != "" || p.VSwitchID != "" || c.Metadata == nil {
		return p, nil
	}
	var err error
	if p.VpcID, err = c.Metadata.VPC(ctx); err == nil {
		p.VSwitchID, err = c.Metadata.VSwitch(ctx)
	}
	if errors.Is(err, providers.ErrNotFound) { // a machine outside of VPCs
		return Place{}, nil
	}
	if err != nil {
		return Place{}, &providers.Failure{
			Kind:  providers.Broken,
			Text:  "The broker does not know the network for databases, since the metadata service of its machine does not answer: give VpcID and VSwitchID, or ask the operator of the broker to set them (--vpc-id, --vswitch-id).",
			Cause: err,
		}
	}
	return p, nil
}

// best returns the best VSwitch of each zone, or of one, the best zone first: one of
// Zones, then one with a preferred VSwitch, then the zone of home, then the one with
// the most free addresses.
func (c Chooser) best(all []VSwitch, zone string, home Place) []Place {
	var fit []VSwitch
	for _, v := range all {
		if v.Available && v.Free > 0 && (zone == "" || v.ZoneID == zone) {
			fit = append(fit, v)
		}
	}
	zoneRank := func(v VSwitch) int {
		if i := slices.Index(c.Zones, v.ZoneID); i >= 0 {
			return i
		}
		return len(c.Zones)
	}
	rank := func(v VSwitch) int {
		if i := slices.Index(c.Preferred, v.ID); i >= 0 {
			return i
		}
		switch {
		case v.ID == home.VSwitchID:
			return len(c.Preferred)
		case v.ZoneID == home.ZoneID:
			return len(c.Preferred) + 1
		}
		return len(c.Preferred) + 2
	}
	slices.SortFunc(fit, func(a, b VSwitch) int {
		return cmp.Or(cmp.Compare(zoneRank(a), zoneRank(b)), cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Free, a.Free), cmp.Compare(a.ID, b.ID))
	})
	var places []Place
	for _, v := range fit {
		if !slices.ContainsFunc(places, func(p Place) bool { return p.ZoneID == v.ZoneID }) {
			places = append(places, Place{v.VpcID, v.ID, v.ZoneID})
		}
	}
	return places
}

func zones(all []VSwitch) string {
	var ids []string
	for _, v := range all {
		if v.Available && v.Free > 0 {
			ids = append(ids, v.ZoneID)
		}
	}
	slices.Sort(ids)
	return quoteList(slices.Compact(ids))
}

func quoteList(items []string) string {
	const most = 10
	if len(items) > most {
		return strings.Join(items[:most], ", ") + ", ..."
	}
	return strings.Join(items, ", ")
}

// CheckWhitelist checks the operator's addresses and CIDRs.
func CheckWhitelist(entries []string) error {
	for _, entry := range entries {
		_, errPrefix := netip.ParsePrefix(entry)
		_, errAddr := netip.ParseAddr(entry)
		if errPrefix != nil && errAddr != nil {
			return fmt.Errorf("whitelist: %q is neither an address nor a CIDR", entry)
		}
	}
	return nil
}

// Whitelist returns the addresses that may connect to an instance, with commas
// between: the operator's, else the ones set before, else the CIDRs of the VPC.
func Whitelist(ctx context.Context, api API, operators []string, set, vpcID string) (string, error) {
	if len(operators) > 0 {
		return strings.Join(operators, ","), nil
	}
	if set != "" {
		return set, nil
	}
	ranges, err := api.CIDRs(ctx, vpcID)
	return strings.Join(ranges, ","), err
}
