package stack_test

import (
	"net/http"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// withoutServers provisions an instance without a real server, with room for so
// many accounts.
func withoutServers(t *testing.T, accounts int, options ...stack.Option) site {
	t.Helper()
	s := site{stack.New(t, append(options, stack.WithCloud(emulatortest.WithProfile(emulatedrds.Instant())))...), t}
	s.Cloud().RDS().Behave(func(b *emulatedrds.Behaviour) { b.Quotas.Accounts = accounts })
	s.request(http.MethodPut, definerPath+definerQuery, `{`+definerService+`,"organization_guid":"o","space_guid":"s"}`)
	return s
}

// dropAccount deletes an account by hand.
func (s site) dropAccount(name string) {
	s.t.Helper()
	clients, err := environment.Clients(s.Cloud(), environment.AccountKey(s.Cloud()))
	if err != nil {
		s.t.Fatal(err)
	}
	drop := sdk.CreateDeleteAccountRequest()
	drop.DBInstanceId, drop.AccountName = s.Cloud().RDS().Instances()[0].ID, name
	if err := clients.Do(s.t.Context(), alicloud.Write, drop, sdk.CreateDeleteAccountResponse()); err != nil {
		s.t.Fatal(err)
	}
}

// locked returns the list of the instance.
func (s site) locked() []store.LockedAccount {
	s.t.Helper()
	r, err := s.Store().Get(s.t.Context(), store.Key{InstanceID: "db"})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Locked
}

func TestBind_ServerFullOfAccounts_RemovesOldestLocked(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	s := withoutServers(t, 3, stack.WithEngine(func(c *engine.Config) { c.Metrics = registry }))
	for _, id := range []string{"one", "two", "three"} {
		s.bind(id, `,"parameters":{"Username":"app_`+id+`"}`)
	}
	s.unbind("one")
	s.unbind("two")
	s.bind("four", ``)
	list := s.locked()
	if len(list) != 2 || list[0].Name != "app_two" || !list[0].Removed.IsZero() || list[1].Name != "app_one" || list[1].Removed.IsZero() || list[1].Binding != "one" {
		t.Errorf("the instance lists %+v, want app_two locked and app_one removed", list)
	}
	if n := removedCount(t, registry); n != 1 {
		t.Errorf("the counter says %v, want 1", n)
	}
	names := map[string]bool{}
	for _, a := range s.Cloud().RDS().Instances()[0].Accounts {
		names[a.Name] = true
	}
	if names["app_one"] || !names["app_two"] || !names["app_three"] || len(names) != 3 {
		t.Errorf("the server has the accounts %v", names)
	}

	// Nothing is left to make room: the accounts in use stay.
	s.bind("five", ``)
	status, _, answer := s.Do(http.MethodPut, definerPath+"/service_bindings/six", `{`+definerService+`}`, nil)
	if status != http.StatusInternalServerError {
		t.Errorf("a bind without room: %d %s", status, answer)
	}
}

// removedCount returns the sum of the counter.
func removedCount(t *testing.T, registry *prometheus.Registry) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "alibabacloud_broker_locked_accounts_removed_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue()
		}
	}
	return sum
}

func TestUsername_LockedAccount_IsGivenByNameAlone(t *testing.T) {
	t.Parallel()
	s := withoutServers(t, 0)
	first := s.bind("one", `,"parameters":{"Username":"shop_app"}`)
	s.unbind("one")
	if other := s.bind("two", ``); other["username"] == "shop_app" {
		t.Error("a binding without a Username got the locked account")
	}
	refuse := func(what, username string) {
		t.Helper()
		status, _, answer := s.Do(http.MethodPut, definerPath+"/service_bindings/four", `{`+definerService+`,"parameters":{"Username":"`+username+`"}}`, nil)
		if status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
	refuse("its name in other letters", "Shop_App")
	again := s.bind("three", `,"parameters":{"Username":"shop_app"}`)
	if again["username"] != "shop_app" || again["password"] == first["password"] || again["password"] == "" {
		t.Error("the account has no new password")
	}
	refuse("a second bind to the account", "shop_app")
	if list := s.locked(); len(list) != 1 || list[0].Holder == "" {
		t.Errorf("the instance lists %+v, want one account that is in use again", list)
	}
	s.request(http.MethodDelete, definerPath+definerQuery, "")
	if !s.Cloud().Empty() {
		t.Errorf("left in the cloud: %q", s.Cloud().Leftovers())
	}
}

// The account may leave the server without the broker: deleted by hand, or by a plan
// that the instance moved to. The list is empty then, and everything goes on.
func TestUnbind_LastListedAccountGone_EmptiesTheList(t *testing.T) {
	t.Parallel()
	s := withoutServers(t, 0)
	named := `,"parameters":{"Username":"shop_app"}`
	s.bind("one", named)
	s.unbind("one")
	s.bind("two", named)
	s.dropAccount("shop_app")
	s.unbind("two")
	if list := s.locked(); len(list) != 0 {
		t.Errorf("after the unbind the instance lists %+v", list)
	}
	s.bind("three", named)
	s.unbind("three")
	s.request(http.MethodDelete, definerPath+definerQuery, "")
	if !s.Cloud().Empty() {
		t.Errorf("left in the cloud: %q", s.Cloud().Leftovers())
	}
}
