package operations_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// protectedCatalog is the rig's, with a plan that protects its instances.
func protectedCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	plans := strings.Replace(rigPlans, "class: rds.mysql.t1.small,", "class: rds.mysql.t1.small, protected: true,", 1)
	c, err := catalog.Load(catalog.Embedded("plans.yaml", []byte(plans)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The deletion of a protected instance is 422 before anything happens: its bindings stay,
// and its record knows of no deletion. Another plan lifts the protection.
func TestDeprovision_ProtectedInstance_Is422(t *testing.T) {
	t.Parallel()
	r := newRig(t, protectedCatalog(t))
	r.start()
	s := rdsService()
	made := expected{instance: true}
	bound := made
	bound.bindings = []string{theBinding}
	r.carry(s.provision(made))
	r.carry(s.bind(bound))
	calls := len(r.cloud.Calls(""))
	got := s.deprovision().send(r)
	if got.status != http.StatusUnprocessableEntity || got.err == nil || !strings.Contains(got.err.Error(), "protect") {
		t.Fatalf("answered %d %v", got.status, got.err)
	}
	if keys, err := r.store.Unfinished(t.Context()); err != nil || len(keys) > 0 {
		t.Errorf("unfinished: %v, %v", keys, err)
	}
	if n := len(r.cloud.Calls("")) - calls; n > 0 {
		t.Errorf("the cloud was called %d times", n)
	}
	r.holds(s, bound)
	r.carry(s.update(bound))
	r.carry(requested{"deprovision", "", func(r *rig) reply { return r.platform().deprovision(theInstance, s.id, "rds-large") }, http.StatusGone, expected{}})
}

// What is not ready yet has no protection: the deletion of a platform that gives up is
// accepted, and leaves nothing.
func TestDeprovision_ProtectedPlanNotReady_IsDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, protectedCatalog(t))
	r.start()
	s := rdsService()
	r.ask(s.provision(expected{instance: true}), "")
	r.turn()
	r.carry(s.deprovision())
	r.holds(s, expected{})
	if _, err := r.store.Get(t.Context(), store.Key{InstanceID: theInstance}); err != nil {
		t.Error(err)
	}
}
