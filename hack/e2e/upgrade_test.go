package e2e_test

import (
	"testing"
	"time"
)

// Every pod is replaced while platforms ask, and while Service Catalog has
// things made.
func TestAnUpgradeFailsNoRequest(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-upgrade")
	before := r.pods(t)
	f := r.platform(t).traffic(t, "during-upgrade")
	database(t, ns, "asked-before")
	r.upgrade(t, "--set", "podAnnotations.e2e=upgraded")
	database(t, ns, "asked-after")
	bind(t, ns, "bound", "asked-before")
	ready(t, time.Minute, ns, "serviceinstance", "asked-before")
	ready(t, time.Minute, ns, "serviceinstance", "asked-after")
	ready(t, time.Minute, ns, "servicebinding", "bound")
	r.gone(t, before)
	f.end(t)
}

// gone waits until pods have ended in their own time.
func (r *release) gone(t *testing.T, pods []podObject) {
	t.Helper()
	until(t, 2*time.Minute, "the pods of before have ended", func() (bool, string) {
		left := ""
		for _, p := range pods {
			left += kubectl(t, "-n", r.namespace, "get", "pod", p.Metadata.Name, "--ignore-not-found", "-o", "name")
		}
		return left == "", left
	})
}
