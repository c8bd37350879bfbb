package oss_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestUndo_LateKey_DeletesExactlyThatKey(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	given := w.make(binding)
	before := w.cloud.Dump()

	step := providers.CallStep("key", namesOf(t, binding))
	late, err := w.provider.Do(t.Context(), *binding, step)
	w.must(err)
	if keys := w.cloud.Dump().Keys; len(keys) != 2 {
		t.Fatalf("keys %+v, want two", keys)
	}
	for range 2 { // what is not there is no error
		w.undo(binding, step, late)
	}
	if diff := cmp.Diff(before, w.cloud.Dump()); diff != "" {
		t.Errorf("changed (-before, +after):\n%s", diff)
	}
	w.must(open(given).put(t.Context(), "o", "data"))
}

// Another process may go on with a resource that is found by its name.
func TestUndo_NamedResources_Stay(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	w.make(binding)
	before := w.cloud.Dump()
	for _, step := range []string{"user", "policy", "attach", "drop-key", "delete-key", "detach", "delete-policy", "delete-user"} {
		w.undo(binding, providers.CallStep(step, namesOf(t, binding)), binding.Facts)
	}
	for _, step := range []string{"bucket", "tags", "acl"} {
		w.undo(instance, providers.CallStep(step, nil), instance.Facts)
	}
	w.undo(binding, providers.CallStep("key", nil), providers.Facts{})
	if diff := cmp.Diff(before, w.cloud.Dump()); diff != "" {
		t.Errorf("changed (-before, +after):\n%s", diff)
	}
}
