package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestChangeAccount_Life_IsStoredOnceEach(t *testing.T) {
	var instance store.Record
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	binding := func(id string) *store.Record {
		return &store.Record{Key: store.Key{InstanceID: "i", BindingID: id}, Incarnation: "life of " + id}
	}
	// change makes a change twice, and returns the names of locked and taken ones.
	change := func(by *store.Record, event providers.AccountEvent, name string, changes bool) string {
		t.Helper()
		c := providers.AccountChange{Event: event, Name: name, Mark: "osb-" + name}
		now = now.Add(time.Minute)
		if got := lifecycle.ChangeAccount(&instance, by, c, now); got != changes {
			t.Errorf("%s %s by %s: changed %v, want %v", event, name, by.BindingID, got, changes)
		}
		if lifecycle.ChangeAccount(&instance, by, c, now) {
			t.Errorf("%s %s by %s: the second time changes the list", event, name, by.BindingID)
		}
		var texts []string
		for _, a := range lifecycle.LockedAccounts(&instance) {
			texts = append(texts, strings.TrimSpace(a.Name+" "+a.Holder))
		}
		return strings.Join(texts, ", ")
	}
	for _, step := range []struct {
		by      string
		event   providers.AccountEvent
		name    string
		changes bool
		want    string
	}{
		{"a", providers.AccountLocked, "app_a", true, "app_a"},
		{"b", providers.AccountLocked, "app_b", true, "app_a, app_b"},
		{"c", providers.AccountTaken, "app_a", true, "app_a life of c, app_b"},
		{"d", providers.AccountTaken, "app_a", false, "app_a life of c, app_b"},
		{"d", providers.AccountGone, "app_a", false, "app_a life of c, app_b"},
		{"d", providers.AccountRemoved, "app_a", false, "app_a life of c, app_b"},
		{"c", providers.AccountLocked, "app_a", true, "app_b, app_a"},
		{"d", providers.AccountRemoved, "app_b", true, "app_a"},
		{"d", providers.AccountTaken, "app_b", false, "app_a"},
		{"d", providers.AccountTaken, "app_a", true, "app_a life of d"},
		{"d", providers.AccountGone, "app_a", true, ""},
		{"e", providers.AccountTaken, "unknown", false, ""},
	} {
		if got := change(binding(step.by), step.event, step.name, step.changes); got != step.want {
			t.Errorf("after %s %s by %s: %q, want %q", step.event, step.name, step.by, got, step.want)
		}
	}
}

func TestChangeAccount_ManyRemovals_KeepsTheLast(t *testing.T) {
	var instance store.Record
	by := &store.Record{Key: store.Key{InstanceID: "i", BindingID: strings.Repeat("ü", 200)}, Incarnation: "life"}
	for n := range 50 {
		name := fmt.Sprintf("app%d", n)
		for _, event := range []providers.AccountEvent{providers.AccountLocked, providers.AccountRemoved} {
			lifecycle.ChangeAccount(&instance, by, providers.AccountChange{Event: event, Name: name}, time.Now())
		}
	}
	removed := slices.Clone(instance.Locked)
	if n := len(removed); n != 20 || removed[n-1].Name != "app49" || removed[0].Name != "app30" {
		t.Errorf("%d removed accounts are listed, from %s on", n, removed[0].Name)
	}
	if n := len(removed[0].Binding); n > 64 {
		t.Errorf("the id of the binding takes %d bytes", n)
	}
}
