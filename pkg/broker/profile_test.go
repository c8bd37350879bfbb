package broker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// regionOf knows the regions of two profiles, and fails for others.
func (f *fixture) regionOf(profile string) (string, error) {
	region, ok := map[string]string{"": "cn-hangzhou", "finance": "cn-beijing"}[profile]
	if !ok {
		return "", errors.New("the metadata service does not answer")
	}
	return region, nil
}

// withProfile puts the profile of one plan into the catalog.
func (f *fixture) withProfile(plan, profile string) {
	f.t.Helper()
	id := "id: " + plan + "-id"
	f.catalog.Replace(snapshotOf(f.t, strings.Replace(plansYAML, id, id+"\n        profile: "+profile, 1)))
}

// A record keeps the profile of its plan with its region, whatever the plan says
// later, and bindings take the instance's.
func TestProvision_PlanWithProfile_IsKeptByTheRecord(t *testing.T) {
	f := newFixture(t)
	f.withProfile("small", "finance")
	f.ready()
	if r := f.record(store.Key{InstanceID: "i"}); r.Profile != "finance" || r.Region != "cn-beijing" {
		t.Errorf("a new instance has the profile %q and the region %q", r.Profile, r.Region)
	}
	f.withProfile("small", "retail")
	bind := osb.BindRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", BindingID: "b", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "small-id"}
	if _, err := f.logic.Bind(t.Context(), bind); err != nil {
		t.Fatal(err)
	}
	if got := f.provider.last; got.Profile != "finance" || got.Of.Profile != "finance" || got.Region != "cn-beijing" {
		t.Errorf("the binding was prepared with the profile %q in %s, its instance with %q", got.Profile, got.Region, got.Of.Profile)
	}
	if r := f.record(store.Key{InstanceID: "i", BindingID: "b"}); r.Profile != "finance" || r.Region != "cn-beijing" {
		t.Errorf("the binding has the profile %q and the region %q, want the instance's", r.Profile, r.Region)
	}
	again, err := f.logic.Provision(t.Context(), provisionOf("s"))
	if err != nil || !again.Exists {
		t.Errorf("the repeated provision is answered %+v, %v", again, err)
	}
}

func TestUpdate_PlanOfAnotherProfile_IsRefused(t *testing.T) {
	f := newFixture(t)
	f.withProfile("large", "finance")
	f.ready()
	update := osb.UpdateRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "large-id"}
	_, err := f.logic.Update(t.Context(), update)
	wantStatus(t, err, 422)
	if refusal, ok := errors.AsType[*osb.Error](err); !ok || refusal.UpdateRepeatable == nil || *refusal.UpdateRepeatable {
		t.Errorf("answered %v, want no repetition", err)
	}
	if r := f.record(store.Key{InstanceID: "i"}); r.Profile != "" || r.Want != nil && r.Want.PlanID == "large-id" {
		t.Errorf("the record has the profile %q and wants %+v", r.Profile, r.Want)
	}
	f.withProfile("large", "default") // the word for the profile of the flags
	if _, err := f.logic.Update(t.Context(), update); err != nil {
		t.Errorf("an update within the default profile: %v", err)
	}
}

// Without a region no request can be frozen, so the platform sends it again.
func TestProvision_UnknownRegion_IsUnavailable(t *testing.T) {
	f := newFixture(t)
	f.withProfile("small", "retail")
	_, err := f.logic.Provision(t.Context(), provisionOf("s"))
	wantStatus(t, err, 503)
	if r := f.record(store.Key{InstanceID: "i"}); r.Revision != 0 {
		t.Errorf("a record is stored: %+v", r)
	}
}
