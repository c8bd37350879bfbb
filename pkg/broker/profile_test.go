package broker_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A record keeps its credential profile, and bindings take the instance's.
func TestBind_InstanceWithProfile_TakesItsProfile(t *testing.T) {
	f := newFixture(t)
	f.ready()
	if r := f.record(store.Key{InstanceID: "i"}); r.Profile != "" {
		t.Errorf("a new instance has the profile %q, want the default one", r.Profile)
	}
	if _, err := f.store.Update(t.Context(), store.Key{InstanceID: "i"}, func(r *store.Record) error { r.Profile = "p1"; return nil }); err != nil {
		t.Fatal(err)
	}
	bind := osb.BindRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", BindingID: "b", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "small-id"}
	if _, err := f.logic.Bind(t.Context(), bind); err != nil {
		t.Fatal(err)
	}
	if got := f.provider.last; got.Profile != "p1" || got.Of.Profile != "p1" {
		t.Errorf("the binding was prepared with the profile %q, its instance with %q", got.Profile, got.Of.Profile)
	}
	if r := f.record(store.Key{InstanceID: "i", BindingID: "b"}); r.Profile != "p1" {
		t.Errorf("the binding has the profile %q, want the instance's", r.Profile)
	}
	update := osb.UpdateRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "large-id"}
	if _, err := f.logic.Update(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	if r := f.record(store.Key{InstanceID: "i"}); r.Profile != "p1" || f.provider.last.Profile != "p1" {
		t.Errorf("the update has the profile %q, and was prepared with %q", r.Profile, f.provider.last.Profile)
	}
}
