package rds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A network is where an instance is put.
type network struct{ VpcID, VSwitchID, ZoneID string }

// networkAPI is the part of the VPC API that choosing a network takes.
type networkAPI interface {
	vswitches(ctx context.Context, vpcID, id string) ([]vswitch, error)
}

// chooseNetwork finds the VSwitch for an instance: what the user wishes must
// fit; what is left open comes from the configuration, then from the machine
// the broker runs on. If nothing fits, it returns what to tell the user.
func (p *Provider) chooseNetwork(ctx context.Context, api networkAPI, plan instancePlan) (network, *providers.Failure, error) {
	wish := network{plan.VpcID, plan.VSwitchID, plan.ZoneID}
	if wish.VSwitchID != "" {
		return checkVSwitch(ctx, api, wish)
	}
	home, err := p.home(ctx, wish.VpcID)
	if err != nil {
		return network{}, nil, err
	}
	if wish.VpcID == "" {
		wish.VpcID = home.VpcID
	}
	if wish.VpcID == "" && home.VSwitchID == "" {
		return network{}, providers.Failf(providers.Invalid, "The broker has no network for the instance: give VpcID and VSwitchID."), nil
	}
	id := ""
	if wish.VpcID == "" {
		id = home.VSwitchID // which tells its VPC
	}
	all, err := api.vswitches(ctx, wish.VpcID, id)
	if err != nil {
		return network{}, nil, err
	}
	if len(all) == 0 {
		return network{}, providers.Failf(providers.Invalid, "The VPC has no VSwitch or does not exist in this region: give another VpcID."), nil
	}
	if best := pick(all, wish.ZoneID, home); best != nil {
		return network{best.VpcID, best.ID, best.ZoneID}, nil, nil
	}
	if wish.ZoneID != "" {
		return network{}, providers.Failf(providers.Invalid, "No VSwitch with free addresses is in zone %s; choose a ZoneId among %s.", wish.ZoneID, zones(all)), nil
	}
	return network{}, providers.Failf(providers.SoldOut, "No VSwitch of the VPC has free addresses; give a VSwitchID that has, or another VpcID."), nil
}

// checkVSwitch checks a VSwitch that the user chose.
func checkVSwitch(ctx context.Context, api networkAPI, wish network) (network, *providers.Failure, error) {
	found, err := api.vswitches(ctx, "", wish.VSwitchID)
	if err != nil {
		return network{}, nil, err
	}
	if i := slices.IndexFunc(found, func(v vswitch) bool { return v.ID == wish.VSwitchID }); i >= 0 {
		v := found[i]
		switch {
		case wish.VpcID != "" && v.VpcID != wish.VpcID:
		case wish.ZoneID != "" && v.ZoneID != wish.ZoneID:
			return network{}, providers.Failf(providers.Invalid, "VSwitch %s is in zone %s, not in %s; leave ZoneId out, or choose another VSwitchID.", v.ID, v.ZoneID, wish.ZoneID), nil
		default:
			return network{v.VpcID, v.ID, v.ZoneID}, nil, nil
		}
	}
	if wish.VpcID == "" {
		return network{}, providers.Failf(providers.Invalid, "There is no VSwitch %s in this region; choose another VSwitchID.", wish.VSwitchID), nil
	}
	others, err := api.vswitches(ctx, wish.VpcID, "")
	if err != nil {
		return network{}, nil, err
	}
	text := fmt.Sprintf("There is no VSwitch %s in VPC %s", wish.VSwitchID, wish.VpcID)
	if len(others) == 0 {
		return network{}, providers.Failf(providers.Invalid, "%s, which has none or does not exist in this region; choose another VpcID and VSwitchID.", text), nil
	}
	var ids []string
	for _, v := range others {
		ids = append(ids, v.ID)
	}
	slices.Sort(ids)
	return network{}, providers.Failf(providers.Invalid, "%s; choose a VSwitchID among %s, or leave it out.", text, quoteList(ids)), nil
}

// home returns the network of the configuration or of the broker's machine.
// Its VSwitch and zone are no more than a preference.
func (p *Provider) home(ctx context.Context, wishedVPC string) (network, error) {
	n := network{p.deps.Network.VpcID, p.deps.Network.VSwitchID, p.deps.Network.ZoneID}
	if wishedVPC != "" || n.VpcID != "" || n.VSwitchID != "" || p.deps.Metadata == nil {
		return n, nil
	}
	var err error
	if n.VpcID, err = p.deps.Metadata.VPC(ctx); err == nil {
		n.VSwitchID, err = p.deps.Metadata.VSwitch(ctx)
	}
	if errors.Is(err, providers.ErrNotFound) { // a machine outside of VPCs
		return network{}, nil
	}
	if err != nil {
		return network{}, &providers.Failure{
			Kind:  providers.Broken,
			Text:  "The broker does not know the network for databases, since the metadata service of its machine does not answer: give VpcID and VSwitchID, or ask the operator of the broker to set them (--vpc-id, --vswitch-id).",
			Cause: err,
		}
	}
	return n, nil
}

// pick returns the best VSwitch in a zone (any, if it is empty): that of the
// preference, then one in its zone, then the one with the most free addresses.
func pick(all []vswitch, zone string, prefer network) *vswitch {
	var fit []vswitch
	for _, v := range all {
		if v.Available && v.Free > 0 && (zone == "" || v.ZoneID == zone) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	rank := func(v vswitch) int {
		switch {
		case v.ID == prefer.VSwitchID:
			return 0
		case v.ZoneID == prefer.ZoneID:
			return 1
		}
		return 2
	}
	best := slices.MinFunc(fit, func(a, b vswitch) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Free, a.Free), cmp.Compare(a.ID, b.ID))
	})
	return &best
}

func zones(all []vswitch) string {
	var ids []string
	for _, v := range all {
		if v.Available && v.Free > 0 {
			ids = append(ids, v.ZoneID)
		}
	}
	slices.Sort(ids)
	return quoteList(slices.Compact(ids))
}
