package operations_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// password returns the password of the account that the walk chooses, as the cloud
// has it.
func (r *rig) password() string {
	r.t.Helper()
	accounts, err := accountsOf(r.cloud)
	if err != nil {
		r.t.Fatal(err)
	}
	return accounts[theUsername].Password
}

// unbinding is the unbind of a binding of RDS.
func unbinding(id string) requested {
	s := rdsService()
	return requested{"unbind " + id, id, func(r *rig) reply {
		return r.platform().unbind(theInstance, id, s.id, s.plan)
	}, http.StatusGone, expected{}}
}

// A call that gives the account to a binding is lost; the binding ends, and the call
// comes after the lock. The lock is made again, once every call has landed.
func TestLock_LatePasswordOfTheBind_IsLockedAgain(t *testing.T) {
	t.Parallel()
	l := straggler{rdsService(), "inherit", "ResetAccountPassword"}
	r := newRig(t, rigCatalog(t))
	arrive := l.lose(r)
	unbind := unbinding(theHeir)
	operation := r.ask(unbind, "")
	locks := len(r.cloud.Calls(l.action))
	for len(r.cloud.Calls(l.action)) == locks {
		r.passTo(r.turn())
	}
	locked := r.password()
	arrive()
	late := r.password()
	if late == locked {
		t.Fatal("the late call had no effect")
	}
	if got := r.poll(theHeir, operation); isDone(unbind, got) {
		t.Fatal("the unbind is done while a call may still land")
	}
	r.carry(unbind)
	if now := r.password(); now == late || now == "" {
		t.Error("the account has the password of the late call")
	}
	if list := r.listed(); len(list) != 1 || list[0].Holder != "" || list[0].Binding != theHeir {
		t.Errorf("the instance lists %+v", list)
	}
	r.end(l.service)
}

// The lock is lost on its way: until it has landed, the binding holds its name, so
// that the late lock closes no login of another binding.
func TestLock_LostOnItsWay_KeepsItsNameTaken(t *testing.T) {
	t.Parallel()
	l := straggler{rdsService(), "unbind", "ResetAccountPassword"}
	r := newRig(t, rigCatalog(t))
	arrive := l.lose(r)
	heir := l.service.inherit(expected{})
	for range 5 {
		r.turn()
		if got := heir.send(r); got.status != http.StatusBadRequest {
			t.Fatalf("a bind to the name is answered %d %v", got.status, got.err)
		}
		r.clock.Advance(20 * time.Second)
	}
	arrive()
	r.carry(l.service.unbind(expected{}))
	r.carry(heir)
	if given := credentialsIn(r.fetch(theHeir)); given["password"] != r.password() {
		t.Error("the credentials of the heir do not open its account")
	}
	r.end(l.service)
}

// A purged binding is no longer tracked, and neither is the account that it had
// again.
func TestPurge_HolderOfAnAccount_LeavesTheList(t *testing.T) {
	t.Parallel()
	r := withDatabase(t)
	r.bound("one", theUsername)
	r.unbound("one")
	r.bound("two", theUsername)
	if list := r.listed(); len(list) != 1 || list[0].Holder == "" {
		t.Fatalf("the instance lists %+v, want one account in use", list)
	}
	if _, err := r.engine.Purge(r.life.Context(), store.Key{InstanceID: theInstance, BindingID: "two"}, true); err != nil {
		t.Fatal(err)
	}
	if list := r.listed(); len(list) != 0 {
		t.Errorf("the instance lists %+v", list)
	}
}

// listed returns the list of the instance.
func (r *rig) listed() []store.LockedAccount {
	r.t.Helper()
	instance, err := r.store.Get(r.life.Context(), store.Key{InstanceID: theInstance})
	if err != nil {
		r.t.Fatal(err)
	}
	return slices.Clone(instance.Locked)
}
