package chart_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func page(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// one is the one text that the expression's group matches in the page.
func one(t *testing.T, page, expression string) string {
	t.Helper()
	var all []string
	for _, found := range regexp.MustCompile(expression).FindAllStringSubmatch(page, -1) {
		all = append(all, found[1])
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != 1 {
		t.Fatalf("%s matches %q", expression, all)
	}
	return all[0]
}

// The image that the guides build is pushed before it is installed, and the one
// that pods pull.
func TestGuides_Install_UsesTheImageTheyBuild(t *testing.T) {
	t.Parallel()
	var chart struct {
		AppVersion string `json:"appVersion"`
	}
	if err := yaml.Unmarshal([]byte(page(t, "../../chart/Chart.yaml")), &chart); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../../README.md", "../../chart/README.md"} {
		guide := page(t, path)
		if got := one(t, guide, `IMAGE_TAG=(\S+)`); got != chart.AppVersion {
			t.Errorf("%s builds %s, and the chart installs %s", path, got, chart.AppVersion)
		}
		pushed := one(t, guide, `docker push (\S+):`+regexp.QuoteMeta(chart.AppVersion))
		if built := one(t, guide, `make image IMAGE_PREFIX=(\S+)`); pushed != built+"alibabacloud-servicebroker" {
			t.Errorf("%s builds %s... and pushes %s", path, built, pushed)
		}
		if installed := one(t, guide, `image\.repository=(\S+)`); installed != pushed {
			t.Errorf("%s pushes %s and installs %s", path, pushed, installed)
		}
	}
}

// The runbook speaks of the release that the guide installs, and its log is the
// whole log: kubectl logs shows ten lines where it is given labels.
func TestRunbook_Release_IsTheOneOfTheGuide(t *testing.T) {
	t.Parallel()
	guide, runbook := page(t, "../../README.md"), page(t, "../../docs/runbook.md")
	if want, got := one(t, guide, `helm install \S+ chart -n (\S+)`), one(t, runbook, `(?m)^namespace=(\S+)`); got != want {
		t.Errorf("the namespace is %s, not %s", got, want)
	}
	name := one(t, guide, `helm install (\S+) chart`)
	if got := one(t, runbook, `(?m)^.* release=(\S+)$`); got != name {
		t.Errorf("the release is %s, not %s", got, name)
	}
	if got := one(t, runbook, `kubectl -n (\S+)`); got != "$namespace" {
		t.Errorf("a command is for the namespace %s", got)
	}
	for line := range strings.Lines(runbook) {
		if strings.Contains(line, "logs -l") && !strings.Contains(line, "--tail=-1") {
			t.Errorf("this is the log's end only: %s", line)
		}
	}
	// The objects that its commands name exist.
	rendered := must(t, release{name: name, namespace: "ns"})
	if d := deployment(t, rendered); d.Name != name || d.Spec.Template.Labels["app.kubernetes.io/component"] != "broker" || flagOf(t, rendered, "store-name") != name {
		t.Errorf("the deployment is %s, with the store %s", d.Name, flagOf(t, rendered, "store-name"))
	}
	if file := one(t, runbook, `--token-file (\S+);`); flagOf(t, rendered, "ops-tokens-file") != file {
		t.Errorf("the operator's token is not in %s", file)
	}
}
