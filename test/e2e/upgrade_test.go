package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// The next version of chart and broker comes while platforms ask, and while
// Service Catalog has things made, and then the one of before comes back.
func TestUpgrade_ThenRollback_FailsNoRequest(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-upgrade")
	first := r.versions(t)
	deployed := r.deployed(t)
	f := r.platform(t).traffic(t, "during-upgrade")
	database(t, ns, "asked-before")

	next := *r
	next.chart = nextChart(t)
	before := r.pods(t)
	next.upgrade(t, "--set", "image.tag=") // the chart's appVersion
	database(t, ns, "asked-after")
	bind(t, ns, "bound", "asked-before")
	for _, name := range []string{"asked-before", "asked-after"} {
		ready(t, time.Minute, ns, "serviceinstance", name)
	}
	ready(t, time.Minute, ns, "servicebinding", "bound")
	r.gone(t, before)
	second := r.versions(t)
	if len(first) != 1 || len(second) != 1 || first[0] == second[0] {
		t.Errorf("the pods ran version %q and after the upgrade %q", first, second)
	}

	before = r.pods(t)
	database(t, ns, "asked-of-next")
	r.rollback(t, deployed)
	bind(t, ns, "bound-again", "asked-after") // made by the next version
	ready(t, time.Minute, ns, "serviceinstance", "asked-of-next")
	ready(t, time.Minute, ns, "servicebinding", "bound-again")
	r.gone(t, before)
	if now := r.versions(t); fmt.Sprint(now) != fmt.Sprint(first) {
		t.Errorf("after the rollback the pods run version %q, want %q", now, first)
	}
	t.Logf("from version %s to %s and back", first, second)
	f.end(t)
}

// nextChart is a copy of the chart with the version of the next image.
func nextChart(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(here.dir, "next-chart")
	if err := os.CopyFS(folder, os.DirFS(here.chart)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "Chart.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	about := map[string]any{}
	if err := yaml.Unmarshal(content, &about); err != nil {
		t.Fatal(err)
	}
	about["version"] = fmt.Sprint(about["version"], "-next") // any other
	about["appVersion"] = here.next
	if content, err = yaml.Marshal(about); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
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

// A revision of a release, as helm history tells.
type revision struct {
	Revision int    `json:"revision"`
	Status   string `json:"status"`
}

// last is the newest one.
func (r *release) last(t *testing.T) revision {
	t.Helper()
	var all []revision
	out := must(t, "helm", "history", r.name, "--namespace", r.namespace, "-o", "json")
	if err := yaml.Unmarshal([]byte(out), &all); err != nil || len(all) == 0 {
		t.Fatalf("helm history: %v: %s", err, out)
	}
	return all[len(all)-1]
}

// deployed is the newest revision, which must be in use.
func (r *release) deployed(t *testing.T) int {
	t.Helper()
	now := r.last(t)
	if now.Status != "deployed" {
		t.Fatalf("the release is %+v", now)
	}
	return now.Revision
}

func (r *release) rollback(t *testing.T, to int) {
	t.Helper()
	began := time.Now()
	must(t, strings.Fields(fmt.Sprintf("helm rollback %s %d --namespace %s --wait --timeout 2m", r.name, to, r.namespace))...)
	t.Logf("helm rollback: %s", time.Since(began).Round(100*time.Millisecond))
}
