package network

import (
	"context"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// Lookups remember answers of VPC, so that operations that begin together ask once.
// They are safe for concurrent use.
type Lookups struct {
	vswitches *alicloud.Memo[[]VSwitch]
	cidrs     *alicloud.Memo[[]string]
}

const (
	// keepVSwitches is short, since each instance takes addresses of its VSwitch.
	keepVSwitches = time.Second
	// fewAddresses is the number of free addresses below which a VSwitch is read for
	// each instance: more than the instances of keepVSwitches take.
	fewAddresses = 150
	keepCIDRs    = time.Minute
)

// NewLookups returns Lookups without answers. now is the clock; nil: the real one.
func NewLookups(now func() time.Time) *Lookups {
	return &Lookups{alicloud.NewMemo[[]VSwitch](keepVSwitches, now), alicloud.NewMemo[[]string](keepCIDRs, now)}
}

// Of returns an API that answers from memory, and calls api for the rest. scope
// names the account and region of api.
func (l *Lookups) Of(api API, scope string) API {
	return remembered{API: api, lookups: l, scope: scope}
}

// remembered is an API that answers from memory.
type remembered struct {
	API

	lookups *Lookups
	scope   string
}

// VSwitches implements API.
func (r remembered) VSwitches(ctx context.Context, vpcID, id string) ([]VSwitch, error) {
	key := r.scope + " " + vpcID + " " + id
	list, err := r.lookups.vswitches.Get(ctx, key, func(ctx context.Context) ([]VSwitch, error) { return r.API.VSwitches(ctx, vpcID, id) })
	if slices.ContainsFunc(list, func(v VSwitch) bool { return v.Free < fewAddresses }) {
		r.lookups.vswitches.Forget(key)
	}
	return list, err
}

// CIDRs implements API.
func (r remembered) CIDRs(ctx context.Context, vpcID string) ([]string, error) {
	key := r.scope + " " + vpcID
	ranges, err := r.lookups.cidrs.Get(ctx, key, func(ctx context.Context) ([]string, error) { return r.API.CIDRs(ctx, vpcID) })
	if len(ranges) == 0 {
		r.lookups.cidrs.Forget(key)
	}
	return ranges, err
}
