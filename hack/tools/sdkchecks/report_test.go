package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
)

func TestResult_EachScenarioReported_Passes(t *testing.T) {
	var r result
	var shown []string
	report := "ok v1/put 12 ms\nsome words\nok v4/put\n"
	if err := r.read(strings.NewReader(report), []string{"v1/put", "v4/put"}, func(line string) { shown = append(shown, line) }); err != nil {
		t.Fatal(err)
	}
	if r.passed != 2 || r.failed != 0 || len(r.problems) > 0 || len(shown) != 2 {
		t.Errorf("passed %d, failed %d, problems %q, shown %q", r.passed, r.failed, r.problems, shown)
	}
}

func TestResult_BadReport_Fails(t *testing.T) {
	for name, tc := range map[string]struct {
		report string
		says   string // a part of the problems
	}{
		"a scenario failed":          {"ok a\nwhat is wrong\nFAILED b\n", "what is wrong"},
		"a scenario is left out":     {"ok a\n", "b did not run"},
		"nothing ran":                {"cannot start\n", "cannot start"},
		"a scenario that none knows": {"ok a\nok b\nok c\n", "c is missing in clients.yaml"},
		"a scenario twice":           {"ok a\nok a\nok b\n", "a was reported twice"},
	} {
		t.Run(name, func(t *testing.T) {
			var r result
			if err := r.read(strings.NewReader(tc.report), []string{"a", "b"}, func(string) {}); err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(r.problems, "\n"); r.failed == 0 || !strings.Contains(all, tc.says) {
				t.Errorf("failed %d, problems %q", r.failed, all)
			}
		})
	}
}

func TestSummary_ResourcesLeftBehind_Fails(t *testing.T) {
	var out bytes.Buffer
	if (summary{results: []result{{client: "c", passed: 1}}, left: []string{"buckets: a"}, skipped: []string{"other"}}).print(&out) {
		t.Error("a run that leaves resources behind is good")
	}
	for _, want := range []string{"left behind: buckets: a", "NOT run: other", "1 passed, 1 failed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
}

func TestList_Skip_LeavesOutClientsAndLanguages(t *testing.T) {
	l := list{
		Languages: map[string]language{"go": {}, "node": {}},
		Clients:   []client{{Name: "go-a", Language: "go"}, {Name: "go-b", Language: "go"}, {Name: "node-a", Language: "node"}},
	}
	chosen, err := l.chosen(nil, []string{"node", "go-b"})
	if err != nil {
		t.Fatal(err)
	}
	if len(chosen.Clients) != 1 || chosen.Clients[0].Name != "go-a" || !slices.Equal(chosen.skipped, []string{"go-b", "node-a"}) {
		t.Errorf("run %v, skipped %v", chosen.Clients, chosen.skipped)
	}
	if _, err := l.chosen(nil, []string{"nodejs"}); err == nil {
		t.Error("a name that is no client and no language is taken")
	}
	if _, err := l.chosen(nil, []string{"go", "node"}); err == nil {
		t.Error("a run without clients is good")
	}
}

func TestLanguage_MissingProgram_IsNamed(t *testing.T) {
	l := language{Programs: map[string]string{"no-such-interpreter": "some-package"}}
	err := l.install(t.Context(), t.TempDir(), t.TempDir()+"/stamp", nil)
	if err == nil || !strings.Contains(err.Error(), "no-such-interpreter") || !strings.Contains(err.Error(), "some-package") {
		t.Errorf("the error is %v", err)
	}
}

func TestLanguage_FilesChange_InstallsAgain(t *testing.T) {
	folder, stamp := t.TempDir(), t.TempDir()+"/stamp"
	l := language{Files: []string{"."}, Install: [][]string{{"sh", "-c", "printf x >>" + stamp + ".runs"}}}
	for _, file := range []string{"", "", "lock"} {
		if file != "" {
			write(t, folder+"/"+file, "1")
		}
		if err := l.install(t.Context(), folder, stamp, nil); err != nil {
			t.Fatal(err)
		}
	}
	if runs := read(t, stamp+".runs"); len(runs) != 2 {
		t.Errorf("the installation ran as %q", runs)
	}
}

// This test reads the list of the repository.
func TestClients_OfTheRepository_AreValid(t *testing.T) {
	l, err := readList("../../../test/sdks/clients.yaml")
	if err != nil {
		t.Fatal(err)
	}
	languages, overTLS := map[string]bool{}, map[string]bool{}
	for _, c := range l.Clients {
		languages[c.Language] = true
		if c.TLS {
			overTLS[c.Language] = true
		}
	}
	if len(languages) != len(l.Languages) || len(languages) != 4 {
		t.Errorf("clients of %v", languages)
	}
	if len(overTLS) != len(languages) {
		t.Errorf("clients over TLS of %v", overTLS)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A client of databases has the scenarios of the drivers that name it.
func TestScenarios_OfDrivers_AreOnesOfTheEngines(t *testing.T) {
	drivers := servicesdoc.Drivers{
		Engines: map[string]servicesdoc.Engine{"MySQL": {}},
		Drivers: []servicesdoc.Driver{
			{Name: "a driver", Client: "c", Engines: []string{"MySQL", "MariaDB"}},
			{Name: "another", Client: "other", Engines: []string{"MySQL"}},
		},
	}
	want := []string{"MySQL/a-driver/drawn", "MySQL/a-driver/chosen"}
	if got := scenarios(drivers, "c", false); !slices.Equal(got, want) {
		t.Errorf("scenarios %q, want %q", got, want)
	}
	if got := scenarios(drivers, "c", true); !slices.Equal(got, []string{"MySQL/a-driver/unbound"}) {
		t.Errorf("after the unbind %q", got)
	}
}

// Each driver of the services' page has a client that runs it.
func TestDrivers_OfThePage_HaveClients(t *testing.T) {
	l, err := readList("../../../test/sdks/clients.yaml")
	if err != nil {
		t.Fatal(err)
	}
	drivers, err := servicesdoc.ReadDrivers()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range drivers.Drivers {
		if !slices.ContainsFunc(l.Clients, func(c client) bool { return c.Databases && c.Name == d.Client }) {
			t.Errorf("%s has no client %s", d.Name, d.Client)
		}
	}
}
