package broker_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// A mishap is what meets one call of the cloud.
type mishap struct {
	name   string
	effect cloud.Effect
	struck func(*rig) // what happens to the process then; nil: nothing
}

func mishaps() []mishap {
	return []mishap{
		{"CrashBefore", cloud.DropBefore, (*rig).die},
		{"CrashAfter", cloud.DropAfter, (*rig).die},
		{"AnswerLost", cloud.DropAfter, nil},
		{"Twice", cloud.Twice, nil},
		{"TimedOutAfter", cloud.HangAfter, (*rig).timeOut},
		{"NotSent", cloud.DropBefore, nil},
		{"Failed", cloud.FailBefore, nil},
		{"FailedAfter", cloud.FailAfter, nil},
	}
}

// A weather is how the cloud behaves where documents leave it open.
type weather struct {
	name     string
	rds      func(*emulatedrds.Behaviour)
	ram      func(*ram.Behaviour)
	requests []string // those concerned; nil: all
}

func (w weather) concerns(s service) bool {
	return w.requests == nil || (w.rds != nil && s.name == "RDS") || (w.ram != nil && s.name == "OSS")
}

// weathers: the good one first.
func weathers() []weather {
	const lag = 20 * time.Second // less than a server takes to be made
	creates, changes := []string{"provision"}, []string{"provision", "update"}
	accounts := []string{"bind", "rotate", "unbind", "deprovision"}
	return []weather{
		{name: ""},
		{"ListsLag", func(b *emulatedrds.Behaviour) { b.ListLag = lag }, nil, creates},
		{"AllLags", func(b *emulatedrds.Behaviour) { b.Lag = lag }, nil, creates},
		{"TagsDropped", func(b *emulatedrds.Behaviour) { b.DropTags = true }, nil, creates},
		{"TokensForgotten", func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 }, nil, changes},
		{"UsedTokensRefused", func(b *emulatedrds.Behaviour) { b.RefuseUsedToken = true }, nil, changes},
		{"TokensBusy", func(b *emulatedrds.Behaviour) { b.InFlight = lag }, nil, changes},
		{"TagsDroppedListsLag", func(b *emulatedrds.Behaviour) { b.DropTags, b.ListLag = true, lag }, nil, creates},
		{"TokensRefusedListsLag", func(b *emulatedrds.Behaviour) { b.RefuseUsedToken, b.ListLag = true, lag }, nil, creates},
		{"TokensForgottenListsLag", func(b *emulatedrds.Behaviour) { b.TokenLifetime, b.ListLag = 0, lag }, nil, creates},
		{"TokensForgottenAllLags", func(b *emulatedrds.Behaviour) { b.TokenLifetime, b.Lag = 0, lag }, nil, creates},
		{"AccountsLag", func(b *emulatedrds.Behaviour) { b.AccountLag = 5 * time.Second }, nil, accounts},
		{"FirstAccountSuper", func(b *emulatedrds.Behaviour) { b.FirstAccountSuper = true }, nil, accounts},
		{"DetachmentsLag", nil, func(b *ram.Behaviour) { b.DetachLag = 10 * time.Second }, accounts},
	}
}

// A checkpoint is cloud and store as they are between two requests.
type checkpoint struct{ cloud, store, keys []byte }

func (r *rig) save() *checkpoint {
	r.t.Helper()
	var c checkpoint
	var state bytes.Buffer
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	err := r.cloud.Save(&state)
	if err == nil {
		c.store, err = os.ReadFile(r.storeFile())
	}
	if err == nil {
		c.keys, err = os.ReadFile(r.keysFile())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	c.cloud = state.Bytes()
	return &c
}

// rigAt returns a rig at a checkpoint, whose process is not started yet; nil:
// one where nothing has happened.
func rigAt(t *testing.T, plans *catalog.Catalog, c *checkpoint, w weather) *rig {
	t.Helper()
	r := newRig(t, plans)
	if w.rds != nil {
		r.cloud.RDS().Behave(w.rds)
	}
	if w.ram != nil {
		r.cloud.RAM().Behave(w.ram)
	}
	if c == nil {
		return r
	}
	err := r.cloud.Load(bytes.NewReader(c.cloud))
	if err == nil {
		err = os.WriteFile(r.storeFile(), c.store, 0o600)
	}
	if err == nil {
		err = os.WriteFile(r.keysFile(), c.keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A crashCase is one mishap at one place of one request.
type crashCase struct {
	plans   *catalog.Catalog
	service service
	weather weather
	from    *checkpoint
	request requested
	n       int // the n-th call, or store write, of the request

	call   string // its name; "": it is a store write
	mishap mishap // of the call
	after  bool   // the process dies after the store write
}

func (c crashCase) name() string {
	switch {
	case c.call != "":
		return fmt.Sprintf("%s/Call%02d%s%s", c.request.name, c.n, c.call, c.mishap.name)
	case c.after:
		return fmt.Sprintf("%s/Write%02dCrashAfter", c.request.name, c.n)
	}
	return fmt.Sprintf("%s/Write%02dCrashBefore", c.request.name, c.n)
}

// cases goes the walk once without a mishap and returns the cases of its
// requests.
func (n *tally) cases(t *testing.T, s service, w weather) []crashCase {
	t.Helper()
	n.walks.Add(1)
	var all []crashCase
	var at *checkpoint
	for _, q := range s.walk() {
		r := rigAt(t, n.plans, at, w)
		r.start()
		r.carry(q)
		calls := r.cloud.Calls("") // without those that the test makes next
		r.holds(s, q.leaves)
		if w.requests == nil || slices.Contains(w.requests, q.name) {
			n.requests.Add(1)
			one := crashCase{plans: n.plans, service: s, weather: w, from: at, request: q}
			for i := range r.faulty.Writes() {
				for _, one.after = range []bool{false, true} {
					one.n = i + 1
					n.writes.Add(1)
					all = append(all, one)
				}
			}
			for i, call := range calls {
				for _, one.mishap = range mishaps() {
					one.n, one.call = i+1, call.Action
					n.calls.Add(1)
					all = append(all, one)
				}
			}
		}
		at = r.save()
		if t.Failed() {
			t.FailNow()
		}
	}
	return all
}

func (c crashCase) run(t *testing.T) {
	t.Helper()
	r := rigAt(t, c.plans, c.from, c.weather)
	if !c.play(r) {
		t.Errorf("it was not struck: there is no %s %d", c.request.name, c.n)
	}
	if c.request.leaves.instance {
		if len(c.request.leaves.bindings) == 0 {
			bound := c.service.bind(expected{instance: true, updated: c.request.leaves.updated, bindings: []string{theBinding}})
			r.carry(bound)
			r.holds(c.service, bound.leaves)
		}
		r.carry(c.service.deprovision())
		r.holds(c.service, expected{})
	}
	if got := r.poll("", ""); got.status != 410 {
		t.Errorf("a poll of what is deleted answers %d", got.status)
	}
}

// play carries the request through the mishap, and says whether it came.
func (c crashCase) play(r *rig) bool {
	r.t.Helper()
	var struck atomic.Bool
	failAt := 0
	if c.call == "" {
		failAt = c.n
	} else {
		r.cloud.Faults().Add(cloud.Fault{Action: "*", Skip: c.n - 1, Times: 1, Effect: c.mishap.effect, Code: "InternalError", Struck: func() {
			if c.mishap.struck != nil {
				c.mishap.struck(r)
			}
			struck.Store(true)
		}})
	}
	err := r.open(failAt, c.after)
	process := r.faulty
	if err != nil && !process.Dead() {
		r.t.Fatal(err)
	}
	if err != nil {
		r.restart()
	}
	r.carry(c.request)
	r.holds(c.service, c.request.leaves)
	return struck.Load() || process.Dead() && c.call == ""
}
