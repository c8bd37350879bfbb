package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// asShipped starts Service Catalog with the settings that it is shipped with:
// bindings are made within a request, and polls come ever more seldom.
func asShipped(t *testing.T) {
	t.Helper()
	c, err := findCatalog()
	if err != nil {
		t.Fatal(err)
	}
	shipped := slices.DeleteFunc(slices.Clone(c.args), func(arg string) bool {
		flag, _, _ := strings.Cut(arg, "=")
		return slices.Contains([]string{"--feature-gates", "--operation-polling-maximum-backoff-duration", "--resync-interval"}, flag)
	})
	before, err := json.Marshal(c.args)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := restoreCatalog(); err != nil {
			t.Error(err)
		}
	})
	if err := c.start(shipped, string(before)); err != nil {
		t.Fatal(err)
	}
}

// The cloud delays a bind for longer than a request lasts. Service Catalog gets
// no answer, sends the bind again, and the bind ends well.
func TestServiceCatalog_ShippedSettings_Works(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-shipped")
	asShipped(t)
	database(t, ns, "db")
	bucket(t, ns, "files")
	ready(t, 90*time.Second, ns, "serviceinstance", "db")
	ready(t, 90*time.Second, ns, "serviceinstance", "files")
	bind(t, ns, "fast", "db")
	bind(t, ns, "files", "files")
	ready(t, time.Minute, ns, "servicebinding", "fast")
	ready(t, time.Minute, ns, "servicebinding", "files")

	here.cloud.freeze(t)
	bind(t, ns, "slow", "db")
	until(t, 90*time.Second, "the bind was left unanswered", func() (bool, string) {
		var s served
		get(t, &s, "servicebinding", "-n", ns, "slow")
		if s.is("Failed") {
			t.Fatalf("the binding has failed: %+v", s.Status)
		}
		text := fmt.Sprintf("%+v", s.Status.Conditions)
		return strings.Contains(text, "EOF") || strings.Contains(text, "connection"), text
	})
	here.cloud.thaw(t)
	ready(t, 90*time.Second, ns, "servicebinding", "slow")
	for _, secret := range []string{"fast", "slow"} {
		if code, report := use(t, ns, secret, "write"); code != clientOK {
			t.Errorf("the login of the binding %s: %d, %+v", secret, code, report)
		}
	}
	if s := here.cloud.state(t); len(s.Instances) != 1 || len(s.Instances[0].Accounts) != 2 {
		t.Errorf("two bindings, and in the cloud is %+v", s.Instances)
	}
	kubectl(t, "-n", ns, "patch", "serviceinstance", "db", "--type=merge", "-p", `{"spec":{"clusterServicePlanExternalName":"rds-mysql-s1-small"}}`)
	ready(t, 90*time.Second, ns, "serviceinstance", "db")
	remove(t, ns, "servicebinding/fast", "servicebinding/slow", "servicebinding/files")
	remove(t, ns, "serviceinstance/db", "serviceinstance/files")
}
