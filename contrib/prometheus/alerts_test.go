// Package prometheus_test holds the alert rules against promtool, the metrics
// that there are, and the runbook.
package prometheus_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/metricsdoc"
)

func TestAlerts_Rules_FireOnlyWhenTheyShould(t *testing.T) {
	metricsdoc.Promtool(t, ".", nil, "check", "rules", "alerts.yaml")
	metricsdoc.Promtool(t, ".", nil, "test", "rules", "alerts_test.yaml")
}

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []rule `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.UnmarshalStrict([]byte(read(t, "alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	var rules []rule
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	return rules
}

func TestAlerts_Rules_UseExistingMetrics(t *testing.T) {
	page, err := metricsdoc.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules(t) {
		for _, wrong := range metricsdoc.Check(page, r.Expr) {
			t.Errorf("%s: %s", r.Alert, wrong)
		}
	}
}

func TestAlerts_Every_HasRunbookAndTest(t *testing.T) {
	const page = "https://github.com/AliyunContainerService/open-service-broker-alibabacloud/blob/master/docs/runbook.md#"
	runbook, tests := read(t, "..", "..", "docs", "runbook.md"), read(t, "alerts_test.yaml")
	var names []string
	for _, r := range rules(t) {
		names = append(names, r.Alert)
		if r.Labels["severity"] != "critical" && r.Labels["severity"] != "warning" {
			t.Errorf("%s has the severity %q", r.Alert, r.Labels["severity"])
		}
		for _, annotation := range []string{"summary", "description"} {
			if r.Annotations[annotation] == "" {
				t.Errorf("%s has no %s", r.Alert, annotation)
			}
		}
		if got := r.Annotations["runbook_url"]; got != page+strings.ToLower(r.Alert) {
			t.Errorf("%s has the runbook %q", r.Alert, got)
		}
		if !strings.Contains(tests, `{alertname="`+r.Alert+`"}`) {
			t.Errorf("alerts_test.yaml never lets %s fire", r.Alert)
		}
	}
	var chapters []string
	for _, found := range regexp.MustCompile(`(?m)^## (\S+)$`).FindAllStringSubmatch(runbook, -1) {
		chapters = append(chapters, found[1])
	}
	if !slices.Equal(names, chapters) {
		t.Errorf("docs/runbook.md has the chapters\n%q\nand the alerts are\n%q", chapters, names)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
