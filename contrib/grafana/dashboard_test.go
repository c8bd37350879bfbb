// Package grafana_test holds the dashboard against the metrics that there are.
package grafana_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/metricsdoc"
)

type dashboard struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID         int    `json:"id"`
	Type       string `json:"type"`
	Title      string `json:"title"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	GridPos struct{ H, W, X, Y int } `json:"gridPos"`
	Targets []struct {
		RefID string `json:"refId"`
		Expr  string `json:"expr"`
	} `json:"targets"`
}

func read(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDashboard_Metrics_AreAllAndOnlyTheExisting(t *testing.T) {
	page, err := metricsdoc.Read()
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, p := range read(t).Panels {
		for _, target := range p.Targets {
			all += target.Expr + "\n"
			for _, wrong := range metricsdoc.Check(page, target.Expr) {
				t.Errorf("panel %q: %s", p.Title, wrong)
			}
			if !strings.Contains(target.Expr, `{namespace=~"$namespace", job=~"$job"`) {
				t.Errorf("panel %q does not heed the chosen namespace and job: %s", p.Title, target.Expr)
			}
		}
	}
	for name := range page {
		if !strings.Contains(all, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// Rules that promtool accepts are sound PromQL.
func TestDashboard_Queries_AreSound(t *testing.T) {
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	values := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h", "$namespace", ".*", "$job", ".*")
	for _, p := range read(t).Panels {
		for _, target := range p.Targets {
			rules = append(rules, rule{fmt.Sprintf("panel%d:%s", p.ID, target.RefID), values.Replace(target.Expr)})
		}
	}
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "panels", "rules": rules}}}) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "panels.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	metricsdoc.Promtool(t, dir, nil, "check", "rules", "panels.yaml")
}

func TestDashboard_Panels_AreComplete(t *testing.T) {
	d := read(t)
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 39 {
		t.Errorf("uid %q, title %q, schema version %d", d.UID, d.Title, d.SchemaVersion)
	}
	variables := map[string]string{}
	for _, v := range d.Templating.List {
		variables[v.Name] = v.Type
	}
	if diff := cmp.Diff(map[string]string{"datasource": "datasource", "namespace": "query", "job": "query"}, variables); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if p.Title == "" || ids[p.ID] {
			t.Errorf("panel %q: its id %d is taken, or it has no title", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q is over %q, or beyond the edge", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("panel %q has the data source %q and %d queries", p.Title, p.Datasource.UID, len(p.Targets))
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			refs[target.RefID] = true
		}
		if len(refs) != len(p.Targets) {
			t.Errorf("panel %q: queries share a name: %q", p.Title, slices.Sorted(maps.Keys(refs)))
		}
	}
}
