package operations_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// named returns the bind of a binding of RDS that chooses its Username.
func named(id, username string) requested {
	s := rdsService()
	return s.binding("bind "+id, id, `{`+s.ids()+`,"parameters":{"Username":"`+username+`"}}`, expected{})
}

// withDatabase returns a rig with an instance of RDS.
func withDatabase(t *testing.T) *rig {
	t.Helper()
	r := rigAt(t, rigCatalog(t), nil, cloudBehaviour{})
	r.start()
	r.carry(rdsService().provision(expected{instance: true}))
	return r
}

// bound binds and returns the credentials.
func (r *rig) bound(id, username string) map[string]string {
	r.t.Helper()
	r.carry(named(id, username))
	return credentialsIn(r.fetch(id))
}

func (r *rig) unbound(id string) {
	r.t.Helper()
	s := rdsService()
	r.carry(requested{"unbind " + id, id, func(r *rig) reply {
		return r.platform().unbind(theInstance, id, s.id, s.plan)
	}, http.StatusGone, expected{}})
}

func (r *rig) bindings() int {
	r.t.Helper()
	all, err := r.store.Bindings(r.life.Context(), theInstance)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(all)
}

func TestUsername_HeldOrReserved_Is400BeforeTheIntent(t *testing.T) {
	t.Parallel()
	r := withDatabase(t)
	r.bound("one", "shop_app")
	drawn := r.bound("two", "")["username"]
	held := r.bindings()
	for name, username := range map[string]string{
		"Held": "shop_app", "HeldInAnotherCase": "Shop_App", "HeldByADrawnName": drawn,
		"Reserved": "root", "ReservedInAnotherCase": "EaglEye", "WordOfSQL": "select",
	} {
		got := named("three", username).send(r)
		if got.status != http.StatusBadRequest || !strings.Contains(got.err.Description, "Username") {
			t.Errorf("%s: %d %v, want a 400 that names Username", name, got.status, got.err)
		}
	}
	if n := r.bindings(); n != held {
		t.Errorf("%d bindings are stored, want %d: a refused bind stored its intent", n, held)
	}
	if got := named("one", "shop_app").send(r); got.status != http.StatusOK {
		t.Errorf("the bind that holds the name, again: %d %v", got.status, got.err)
	}
	r.end(rdsService())
}

// A name that the broker does not know as reserved is refused by the cloud alone.
func TestUsername_RefusedByTheCloudAlone_FailsTheBind(t *testing.T) {
	t.Parallel()
	r := withDatabase(t)
	q := named("one", "aliyun_root")
	got := q.send(r)
	if got.status != http.StatusAccepted {
		t.Fatalf("the bind: %d %v", got.status, got.err)
	}
	r.settle()
	if op := r.poll("one", got.operation); stateIn(op) != osb.Failed {
		t.Errorf("the poll: %+v", op.body)
	}
	r.end(rdsService())
}

// Both binds pass the check, since neither is stored yet; the second of them in the
// cloud fails, and the first one's account is as it was.
func TestUsername_TwoBindsAtOnce_OneWins(t *testing.T) {
	t.Parallel()
	r := withDatabase(t)
	between := &instrumentedStore{Store: r.store}
	r.store = between
	if err := r.wire(); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.passes, err = environment.Lead(r.life, r.engine, r.store); err != nil {
		t.Fatal(err)
	}
	var late reply
	between.onUpdate(func(k store.Key) {
		if k.BindingID == "one" {
			between.onUpdate(nil)
			late = named("two", "Shop_app").send(r)
		}
	})
	first := named("one", "shop_app").send(r)
	if first.status != http.StatusAccepted || late.status != http.StatusAccepted {
		t.Fatalf("the binds: %d %v, %d %v", first.status, first.err, late.status, late.err)
	}
	r.settle()
	ends := []osb.OperationState{stateIn(r.poll("one", first.operation)), stateIn(r.poll("two", late.operation))}
	slices.Sort(ends)
	if !slices.Equal(ends, []osb.OperationState{osb.Failed, osb.Succeeded}) {
		t.Errorf("the binds ended %v, want one of each", ends)
	}
	accounts, err := accountsOf(r.cloud)
	if err != nil || len(accounts) != 1 {
		t.Fatalf("accounts: %v, %v", accounts, err)
	}
	for _, id := range []string{"one", "two"} {
		if c := credentialsIn(r.fetch(id)); c != nil && accounts[c["username"]].Password != c["password"] {
			t.Error("the winner's credentials do not open its account")
		}
	}
	r.end(rdsService())
}
