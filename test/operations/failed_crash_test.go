package operations_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// A refusedCreate is a provision or bind whose call the cloud refuses for good.
type refusedCreate struct {
	service      service
	request      string // of the walk
	action, code string // the refused call
	made         string // the call whose resource the clean-up removes
}

func refusedCreates() []refusedCreate {
	return []refusedCreate{
		{rdsService(), "provision", "CreateDatabase", "DBLimitExceeded", "CreateDBInstance"},
		{ossService(), "bind", "CreatePolicy", "MalformedPolicyDocument", "CreateUser"},
	}
}

// begin starts a process whose n-th store write has the fault; 0 is a healthy one.
// The cloud refuses the call.
func (c refusedCreate) begin(t *testing.T, from *checkpoint, n int, fault writeFault) *rig {
	t.Helper()
	r := rigAt(t, rigCatalog(t), from, cloudBehaviours()[0])
	c.refuse(r)
	if err := r.open(n, fault); err != nil {
		if !r.faulty.Dead() {
			t.Fatal(err)
		}
		c.restart(r)
	}
	return r
}

func (c refusedCreate) refuse(r *rig) {
	r.cloud.Faults().Add(cloud.Fault{Action: c.action, Effect: cloud.FailBefore, Code: c.code, Status: http.StatusBadRequest})
}

func (c refusedCreate) restart(r *rig) {
	r.t.Helper()
	r.restart()
	c.refuse(r)
}

// requests of the walk, up to the refused one.
func (c refusedCreate) requests() (before []requested, refused requested) {
	for _, q := range c.service.walk() {
		if q.name == c.request {
			return before, q
		}
		if q.name == "provision" { // the bind needs no update
			before = append(before, q)
		}
	}
	panic("the walk has no " + c.request)
}

// ends sends the create like Korifi, before each poll and after a crash, until its
// poll tells the failure. It returns the operation.
func (c refusedCreate) ends(r *rig, q requested) (operation string) {
	r.t.Helper()
	for range 300 {
		got := q.send(r)
		switch {
		case got.status == http.StatusServiceUnavailable && (r.isDead() || r.faulty.Lost()):
		case got.status != http.StatusAccepted:
			r.t.Fatalf("the create is answered %d (%v)", got.status, got.err)
		case operation != "" && got.operation != operation:
			r.t.Fatalf("the create has operation %s, before it was %s", got.operation, operation)
		default:
			operation = got.operation
		}
		if r.isDead() {
			c.restart(r)
			continue
		}
		if operation != "" {
			if polled := r.poll(q.binding, operation); stateIn(polled) == osb.Failed {
				return operation
			}
		}
		due, _ := r.turn()
		if r.isDead() {
			c.restart(r)
			continue
		}
		r.passTo(due, true)
	}
	r.t.Fatal("the create never failed")
	return ""
}

// The process dies at each store write of a failing create, and of its clean-up;
// the platform sends the create before each poll. It makes one operation and one
// resource, which goes away; the failure stays until the DELETE.
func TestFailedCreate_EveryCrash_StaysFailed(t *testing.T) {
	osbtest.Proves(t, "ORP-05", "HARD-07")
	t.Parallel()
	for _, c := range refusedCreates() {
		t.Run(c.service.name, func(t *testing.T) {
			t.Parallel()
			before, q := c.requests()
			r := rigAt(t, rigCatalog(t), nil, cloudBehaviours()[0])
			r.start()
			for _, made := range before {
				r.carry(made)
			}
			from := r.save()
			healthy := c.begin(t, from, 0, dieBefore)
			writes := c.fails(healthy, q)
			if writes < 6 {
				t.Fatalf("%d store writes: the create did not fail half-way", writes)
			}
			for n := 1; n <= writes; n++ {
				for _, fault := range []writeFault{dieBefore, dieAfter, loseAnswer} {
					t.Run(fmt.Sprintf("Write%02dFault%d", n, fault), func(t *testing.T) {
						t.Parallel()
						c.fails(c.begin(t, from, n, fault), q)
					})
				}
			}
		})
	}
}

// fails carries the create through its failure and its DELETE to a new life. It
// returns the number of store writes up to the DELETE.
func (c refusedCreate) fails(r *rig, q requested) (writes int) {
	r.t.Helper()
	operation := c.ends(r, q)
	for when := range 2 { // in the clean-up, and after it
		if got := q.send(r); got.status != http.StatusAccepted || got.operation != operation {
			r.t.Errorf("%d: the same create is %d with operation %q, want %q", when, got.status, got.operation, operation)
		}
		if !r.settle() {
			c.restart(r)
			r.settle()
		}
	}
	creates := map[string]bool{} // by what makes them the same
	for _, call := range r.cloud.Calls(c.made) {
		creates[call.Params["ClientToken"]+call.Params["UserName"]] = true
	}
	left := r.cloud.Dump()
	if len(creates) != 1 || c.request == "provision" && len(left.Instances) != 0 || len(left.Users) != 0 {
		r.t.Errorf("%d different creates reached the cloud; left are %d instances and %d users", len(creates), len(left.Instances), len(left.Users))
	}
	remove := c.service.deprovision()
	if c.request == "bind" {
		remove = c.service.unbind(expected{})
	}
	got := remove.send(r)
	writes = r.faulty.Writes()
	if got.status == http.StatusServiceUnavailable && (r.isDead() || r.faulty.Lost()) {
		r.restart()
		got = remove.send(r)
	}
	if got.status != http.StatusOK && got.status != http.StatusGone {
		r.t.Errorf("the DELETE is answered %d (%v)", got.status, got.err)
	}
	r.cloud.Faults().Clear()
	if got := q.send(r); got.status != http.StatusAccepted || got.operation == operation {
		r.t.Errorf("after the DELETE the create is %d with operation %q, want a new one", got.status, got.operation)
	}
	r.settle()
	if polled := r.poll(q.binding, ""); stateIn(polled) != osb.Succeeded {
		r.t.Errorf("after the DELETE the create ended %+v", polled.body)
	}
	return writes
}
