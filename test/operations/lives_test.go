package operations_test

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// names are the names of resources in calls of the cloud: names, descriptions,
// tokens and the tag of the incarnation.
func names(calls []cloud.Call) []string {
	var all []string
	for _, c := range calls {
		for _, p := range []string{"ClientToken", "DBInstanceDescription", "AccountName", "AccountDescription", "UserName", "Comments", "PolicyName", "bucket"} {
			if v := c.Params[p]; v != "" {
				all = append(all, v)
			}
		}
		for p, v := range c.Params {
			if strings.HasPrefix(p, "Tag.") && strings.HasSuffix(p, ".Key") && v == "osb-incarnation" {
				all = append(all, c.Params[strings.TrimSuffix(p, "Key")+"Value"])
			}
		}
	}
	return all
}

func TestLife_SameIDAfterDeletion_IsNew(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigCatalog(t))
			r.start()
			var lives [2][]string
			for i := range lives {
				begun := len(r.cloud.Calls(""))
				for _, q := range s.walk() {
					r.carry(q)
					r.holds(s, q.leaves)
				}
				lives[i] = names(r.cloud.Calls("")[begun:])
			}
			if len(lives[0]) < 10 {
				t.Fatalf("only %d names in %q: the calls do not tell", len(lives[0]), lives[0])
			}
			for _, name := range lives[1] {
				if slices.Contains(lives[0], name) && name != s.account { // which the platform chooses
					t.Errorf("%q is in both lives", name)
				}
			}
		})
	}
}

// A straggler is a call that is long on its way.
type straggler struct {
	service service
	request string // in which it is made
	action  string
}

func stragglers() []straggler {
	return []straggler{
		{rdsService(), "provision", "CreateDBInstance"},
		{rdsService(), "bind", "CreateAccount"},
		{ossService(), "provision", "oss:PutBucket"},
		{ossService(), "bind", "CreateUser"},
		{ossService(), "bind", "CreatePolicy"},
	}
}

// lose carries the requests up to the straggler's and lets its call time out
// on its way. The call arrives when arrive is called.
func (l straggler) lose(r *rig) (arrive func()) {
	r.t.Helper()
	r.start()
	walk := l.service.walk()
	at := slices.IndexFunc(walk, func(q requested) bool { return q.name == l.request })
	for _, q := range walk[:at] {
		r.carry(q)
	}
	done := make(chan struct{})
	r.cloud.Faults().Add(cloud.Fault{Action: l.action, Effect: cloud.Late, Times: 1, Struck: func() { close(done) }})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for len(r.cloud.Faults().Rules()) > 0 { // until the call is on its way
			runtime.Gosched()
		}
		r.timeOut()
	}()
	r.ask(walk[at], "")
	for waits := true; waits; {
		r.passTo(r.turn())
		select {
		case <-gone:
			waits = false
		default:
		}
	}
	return func() {
		for held := true; held; {
			r.cloud.Faults().Release()
			select {
			case <-done:
				held = false
			default:
				runtime.Gosched()
			}
		}
	}
}

// passTo lets the time pass until the next turn is due.
func (r *rig) passTo(due time.Time, _ bool) {
	if wait := due.Sub(r.clock.Now()); wait > 0 {
		r.clock.Advance(wait)
	}
}

// removal of the resource that the straggler was to belong to.
func (l straggler) removal() requested {
	if l.request == "bind" {
		return l.service.unbind(expected{instance: true, updated: true})
	}
	return l.service.deprovision()
}

// A create is lost, and its DELETE finds an empty cloud; the effect comes
// within the settle time after all.
func TestLife_AppearsAfterEmptyDeletion_IsDeleted(t *testing.T) {
	t.Parallel()
	for _, l := range stragglers() {
		t.Run(l.action, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigCatalog(t))
			arrive := l.lose(r)
			sent := r.clock.Now()
			remove := l.removal()
			operation := r.ask(remove, "")
			for r.clock.Now().Before(sent.Add(settleTime - time.Minute)) {
				r.turn()
				if got := r.poll(remove.binding, operation); isDone(remove, got) {
					t.Fatalf("the deletion is done %s after the call was lost", r.clock.Now().Sub(sent))
				}
				r.clock.Advance(20 * time.Second)
			}
			if calls := r.cloud.Calls(l.action); len(calls) != 0 {
				t.Fatalf("the call was sent again: %+v", calls)
			}
			arrive()
			r.carry(remove)
			r.holds(l.service, remove.leaves)
			if now := r.clock.Now(); now.Before(sent.Add(settleTime)) {
				t.Errorf("the deletion is done %s after the call was lost", now.Sub(sent))
			}
			r.carry(l.service.deprovision())
			r.holds(l.service, expected{})
		})
	}
}

// The answer to a create is lost, and lists omit the new resource when its
// DELETE looks.
func TestLife_ListedLate_IsDeleted(t *testing.T) {
	t.Parallel()
	for _, dropTags := range []bool{false, true} {
		t.Run(map[bool]string{false: "ByTag", true: "ByDescription"}[dropTags], func(t *testing.T) {
			t.Parallel()
			s := rdsService()
			r := newRig(t, rigCatalog(t))
			r.cloud.RDS().Behave(func(b *emulatedrds.Behaviour) { b.ListLag, b.DropTags = settleTime-time.Minute, dropTags })
			r.cloud.Faults().Add(cloud.Fault{Action: "CreateDBInstance", Effect: cloud.DropAfter, Times: 1})
			r.start()
			provision := s.walk()[0]
			r.ask(provision, "")
			for len(r.cloud.Calls("CreateDBInstance")) == 0 {
				r.turn()
			}
			r.carry(s.deprovision())
			r.holds(s, expected{})
			if n := len(r.cloud.Calls("DeleteDBInstance")); n == 0 {
				t.Error("nothing was deleted: the create had no effect")
			}
		})
	}
}

// The answer to a create comes after its DELETE was accepted. It is the only
// source of the resource's id, since lists omit it.
func TestLife_AnswerAfterDeletion_IsRecorded(t *testing.T) {
	t.Parallel()
	s := rdsService()
	r := newRig(t, rigCatalog(t))
	r.cloud.RDS().Behave(func(b *emulatedrds.Behaviour) { b.ListLag = 24 * time.Hour })
	deletion := s.deprovision()
	deleted := make(chan reply, 1)
	// The repetition gets the answer of the first: in between there is time.
	r.cloud.Faults().Add(cloud.Fault{Action: "CreateDBInstance", Effect: cloud.Twice, Times: 1, Struck: func() { deleted <- deletion.send(r) }})
	r.start()
	r.ask(s.walk()[0], "")
	for len(deleted) == 0 {
		r.turn()
	}
	if got := <-deleted; got.status != http.StatusAccepted {
		t.Fatalf("the deletion is answered %d (%v)", got.status, got.err)
	}
	r.carry(deletion)
	r.holds(s, expected{})
}

// An effect comes after the settle time, when the id has a new life: the two
// leave each other alone.
func TestLife_LateEffectOfOldLife_LeavesTheNew(t *testing.T) {
	t.Parallel()
	for _, l := range stragglers() {
		t.Run(l.action, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigCatalog(t))
			arrive := l.lose(r)
			r.carry(l.removal())
			r.carry(l.service.deprovision())
			r.holds(l.service, expected{})
			walk := l.service.walk()
			for _, q := range walk[:2] {
				r.carry(q)
			}
			before := r.cloud.Dump()
			arrive()
			late := r.cloud.Dump()
			grown := len(late.Instances)+len(late.Buckets)+len(late.Users)+len(late.Policies) > len(before.Instances)+len(before.Buckets)+len(before.Users)+len(before.Policies)
			if grown == (l.action == "CreateAccount") { // the account's server is gone
				t.Fatalf("after the late effect the cloud has %+v, before %+v", late, before)
			}
			for _, q := range walk[2:] {
				r.carry(q)
			}
			left := r.cloud.Dump()
			if got, want := len(left.Instances)+len(left.Buckets)+len(left.Users)+len(left.Policies), map[bool]int{true: 1}[grown]; got != want {
				t.Errorf("want what came late and nothing else, the cloud has %+v", left)
			}
		})
	}
}
