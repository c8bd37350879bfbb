package operations_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A scenario is a walk with one fault at most in each of its requests: cases by
// the order of their requests.
type scenario []crashCase

// scenarios take one case of each request as long as any are left, so that one
// deletion at the end checks all of them.
func scenarios(cases [][]crashCase) []scenario {
	var all []scenario
	for i := 0; ; i++ {
		var one scenario
		for _, of := range cases {
			if i < len(of) {
				one = append(one, of[i])
			}
		}
		if len(one) == 0 {
			return all
		}
		all = append(all, one)
	}
}

// run goes the walk from the first fault on.
func (w scenario) run(t *testing.T) {
	t.Helper()
	first := w[0]
	r := rigAt(t, first.plans, first.from, first.behaviour)
	walk := first.service.walk()
	at := slices.IndexFunc(walk, func(q requested) bool { return q.name == first.request.name })
	for _, q := range walk[at:] {
		switch {
		case len(w) > 0 && w[0].request.name == q.name:
			c := w[0]
			w = w[1:]
			t.Run(c.name(), func(t *testing.T) {
				defer r.with(t)()
				if c.play(r) {
					return
				}
				// The remains of an earlier fault took another way.
				r := rigAt(t, c.plans, c.from, c.behaviour)
				if !c.play(r) {
					t.Errorf("it was not struck: there is no %s %d", c.request.name, c.n)
				}
				r.end(c.service)
			})
		case len(w) > 0:
			r.carry(q)
			r.holds(first.service, q.leaves)
		}
		if t.Failed() {
			return
		}
	}
	r.end(first.service)
}

// end deletes the resources, and checks that the cloud is empty.
func (r *rig) end(s service) {
	r.t.Helper()
	if r.fetch("").status != http.StatusNotFound {
		r.carry(s.deprovision())
	}
	r.holds(s, expected{})
	if got := r.poll("", ""); got.status != http.StatusGone {
		r.t.Errorf("a poll of what is deleted answers %d", got.status)
	}
}

// play carries the request through the fault, and reports whether it struck.
func (c crashCase) play(r *rig) bool {
	r.t.Helper()
	r.cloud.Faults().Clear()
	var struck atomic.Bool
	failAt := 0
	if c.call == "" {
		failAt = c.n
	} else {
		r.cloud.Faults().Add(cloud.Fault{Action: "*", Skip: c.n - 1, Times: 1, Effect: c.callFault.effect, Code: "InternalError", Struck: func() {
			if c.callFault.struck != nil {
				c.callFault.struck(r)
			}
			struck.Store(true)
		}})
	}
	err := r.open(failAt, c.fault)
	process := r.faulty
	if err != nil && !process.Dead() {
		r.t.Fatal(err)
	}
	if err != nil {
		r.restart()
	}
	r.carry(c.request)
	r.holds(c.service, c.request.leaves)
	return struck.Load() || c.call == "" && (process.Dead() || process.Lost())
}
