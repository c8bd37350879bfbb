package network

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// frozen is a clock that stands still.
func frozen() time.Time { return time.Unix(0, 0) }

// countedVPC has one VSwitch with a number of free addresses, and counts its calls.
type countedVPC struct {
	free  int64
	calls atomic.Int64
}

func (c *countedVPC) VSwitches(context.Context, string, string) ([]VSwitch, error) {
	c.calls.Add(1)
	return []VSwitch{{ID: "vsw", VpcID: "vpc", ZoneID: "h", Free: c.free, Available: true}}, nil
}

func (c *countedVPC) CIDRs(context.Context, string) ([]string, error) {
	c.calls.Add(1)
	return []string{"10.0.0.0/8"}, nil
}

func TestLookups_HundredBeginTogether_AskOnce(t *testing.T) {
	api, lookups := &countedVPC{free: 1000}, NewLookups(frozen)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			c := Chooser{VPC: lookups.Of(api, "cn-hangzhou")}
			if p, failure, err := c.Choose(t.Context(), Place{VpcID: "vpc"}); err != nil || failure != nil || p.VSwitchID != "vsw" {
				t.Errorf("chosen %v, %v, %v", p, failure, err)
			}
			if list, err := Whitelist(t.Context(), c.VPC, nil, "", "vpc"); err != nil || list == "" {
				t.Errorf("whitelist %q, %v", list, err)
			}
		})
	}
	all.Wait()
	if n := api.calls.Load(); n != 2 {
		t.Errorf("%d calls, want one for VSwitches and one for address ranges", n)
	}
}

func TestLookups_OtherScope_AskAgain(t *testing.T) {
	api, lookups := &countedVPC{free: 1000}, NewLookups(frozen)
	for _, scope := range []string{"a cn-hangzhou", "b cn-hangzhou", "a cn-shanghai", "a cn-hangzhou"} {
		if _, err := lookups.Of(api, scope).VSwitches(t.Context(), "vpc", ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := api.calls.Load(); n != 3 {
		t.Errorf("%d calls for three scopes", n)
	}
}

func TestLookups_FewAddresses_AskForEachInstance(t *testing.T) {
	api, lookups := &countedVPC{free: 5}, NewLookups(frozen)
	for range 3 {
		if _, failure, err := (Chooser{VPC: lookups.Of(api, "")}).Choose(t.Context(), Place{VpcID: "vpc"}); err != nil || failure != nil {
			t.Fatal(failure, err)
		}
	}
	if n := api.calls.Load(); n != 3 {
		t.Errorf("%d calls for three instances", n)
	}
}

func TestLookups_RefusedWish_RestsOnAFreshAnswer(t *testing.T) {
	api, lookups := &countedVPC{free: 1000}, NewLookups(frozen)
	c := Chooser{VPC: lookups.Of(api, "")}
	if _, failure, err := c.Choose(t.Context(), Place{VpcID: "vpc"}); err != nil || failure != nil {
		t.Fatal(failure, err)
	}
	before := api.calls.Load()
	_, failure, err := c.Choose(t.Context(), Place{VpcID: "vpc", ZoneID: "z"})
	if err != nil || failure == nil || failure.Kind != providers.Invalid {
		t.Fatal(failure, err)
	}
	if api.calls.Load() == before {
		t.Error("the refusal rests on a remembered answer")
	}
}
