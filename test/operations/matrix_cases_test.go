package operations_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A checkpoint is cloud and store as they are between two requests.
type checkpoint struct {
	cloud, store, keys []byte
	handedOut          map[string][]string
}

func (r *rig) save() *checkpoint {
	r.t.Helper()
	var c checkpoint
	var state bytes.Buffer
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	err := r.cloud.Save(&state)
	if err == nil {
		c.store, err = os.ReadFile(environment.StoreFile(r.dir))
	}
	if err == nil {
		c.keys, err = os.ReadFile(environment.KeysFile(r.dir))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	c.cloud, c.handedOut = state.Bytes(), maps.Clone(r.handedOut)
	return &c
}

// rigAt returns a rig at a checkpoint, before the start of its process; a nil
// checkpoint is an empty cloud and store.
func rigAt(t *testing.T, plans *catalog.Catalog, c *checkpoint, w cloudBehaviour) *rig {
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
	r.handedOut = maps.Clone(c.handedOut)
	err := r.cloud.Load(bytes.NewReader(c.cloud))
	if err == nil {
		err = os.WriteFile(environment.StoreFile(r.dir), c.store, 0o600)
	}
	if err == nil {
		err = os.WriteFile(environment.KeysFile(r.dir), c.keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A crashCase is one fault at one place of one request.
type crashCase struct {
	plans     *catalog.Catalog
	service   service
	behaviour cloudBehaviour
	from      *checkpoint
	request   requested
	n         int // the n-th call, or store write, of the request

	call      string     // its name; "": it is a store write
	callFault callFault  // of the call
	fault     writeFault // of the store write
}

func (c crashCase) name() string {
	if c.call != "" {
		return fmt.Sprintf("%s/Call%02d%s%s", c.request.name, c.n, c.call, c.callFault.name)
	}
	fault := []string{dieBefore: "CrashBefore", dieAfter: "CrashAfter", loseAnswer: "AnswerLost"}[c.fault]
	return fmt.Sprintf("%s/Write%02d%s", c.request.name, c.n, fault)
}

// cases runs the walk once without faults and returns the cases of its
// requests, grouped by request.
func (n *tally) cases(t *testing.T, s service, w cloudBehaviour) [][]crashCase {
	t.Helper()
	n.walks.Add(1)
	var all [][]crashCase
	var at *checkpoint
	for _, q := range s.walk() {
		r := rigAt(t, n.plans, at, w)
		r.start()
		r.carry(q)
		calls := r.cloud.Calls("") // before the test makes calls of its own
		r.holds(s, q.leaves)
		if w.requests == nil || slices.Contains(w.requests, q.name) {
			n.requests.Add(1)
			one := crashCase{plans: n.plans, service: s, behaviour: w, from: at, request: q}
			all = append(all, append(n.ofWrites(one, r.faulty.Writes()), n.ofCalls(one, calls)...))
		}
		at = r.save()
		if t.Failed() {
			t.FailNow()
		}
	}
	return all
}

// ofWrites are the cases of so many store writes.
func (n *tally) ofWrites(one crashCase, writes int) (all []crashCase) {
	for one.n = 1; one.n <= writes; one.n++ {
		for _, one.fault = range []writeFault{dieBefore, dieAfter, loseAnswer} {
			n.writes.Add(1)
			all = append(all, one)
		}
	}
	return all
}

// ofCalls are the cases of the calls.
func (n *tally) ofCalls(one crashCase, calls []cloud.Call) (all []crashCase) {
	for i, call := range calls {
		one.n, one.call = i+1, call.Action
		for _, one.callFault = range callFaults() {
			n.calls.Add(1)
			all = append(all, one)
		}
	}
	return all
}
