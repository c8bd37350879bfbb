package processes_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/metricsdoc"
)

// The metrics of a broker that has worked, and had trouble, are described in
// docs/metrics.md, all of them.
func TestMetrics_WholeRun_MatchTheirPage(t *testing.T) {
	page, err := metricsdoc.Read()
	if err != nil {
		t.Fatal(err)
	}
	w := newEnvironment(t)
	seen := exposition{}
	last := w.troubled(seen)
	t.Run("Promtool", func(t *testing.T) {
		metricsdoc.Promtool(t, w.dir, strings.NewReader(last), "check", "metrics")
	})
	for name, family := range seen {
		if !strings.HasPrefix(name, "alibabacloud_broker_") {
			continue
		}
		described, ok := page[name]
		if !ok {
			t.Errorf("docs/metrics.md does not describe %s: %+v", name, family)
			continue
		}
		if described.Type != family.kind || described.Help != family.help {
			t.Errorf("%s is\n\t**%s** %s\nin docs/metrics.md it is\n\t**%s** %s", name, family.kind, family.help, described.Type, described.Help)
		}
		if got, want := slices.Sorted(maps.Keys(family.labels)), slices.Sorted(maps.Keys(described.Labels)); !slices.Equal(got, want) {
			t.Errorf("%s has the labels %q, in docs/metrics.md %q", name, got, want)
			continue
		}
		for label, values := range family.labels {
			for value := range values {
				if described.Labels[label] != nil && !slices.Contains(described.Labels[label], value) {
					t.Errorf("docs/metrics.md does not know that %s of %s may be %q", label, name, value)
				}
			}
		}
	}
	for name := range page {
		if _, ok := seen[name]; !ok {
			t.Errorf("docs/metrics.md describes %s, which a broker that has worked does not show", name)
		}
	}
}

// An exposition is the output of /metrics, by metric.
type exposition map[string]*family

type family struct {
	kind, help string
	labels     map[string]map[string]bool // values, by label
}

var (
	commentForm = regexp.MustCompile(`^# (HELP|TYPE) ([a-z_]+) (.*)$`)
	sampleForm  = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? `)
	pairForm    = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// add reads the output of /metrics.
func (e exposition) add(text string) {
	var now *family
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if found := commentForm.FindStringSubmatch(line); found != nil {
			if e[found[2]] == nil {
				e[found[2]] = &family{labels: map[string]map[string]bool{}}
			}
			now = e[found[2]]
			if found[1] == "HELP" {
				now.help = found[3]
			} else {
				now.kind = found[3]
			}
			continue
		}
		sample := sampleForm.FindStringSubmatch(line)
		if sample == nil || now == nil {
			continue
		}
		for _, pair := range pairForm.FindAllStringSubmatch(sample[2], -1) {
			if pair[1] == "le" {
				continue
			}
			if now.labels[pair[1]] == nil {
				now.labels[pair[1]] = map[string]bool{}
			}
			now.labels[pair[1]][pair[2]] = true
		}
	}
}

// troubled runs the real broker through every event that a metric counts, and
// returns its last /metrics.
func (w *environment) troubled(seen exposition) string {
	w.t.Helper()
	users := filepath.Join(w.dir, "users")
	write := func(path, text string) {
		w.t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	write(users, user+":"+password+"\n")
	operators := filepath.Join(w.dir, "operators")
	write(operators, "somebody:"+strings.Repeat("t", 40)+"\n")
	cloud := w.start("emulator", cloudEnv(), program("alibabacloud-emulator"), "--engines", "none", "--profile", "instant")
	cloud.until("the emulator serves", w.cloudReady)
	env := append(w.brokerEnv(), "BROKER_PASSWORD=", "BROKER_USERNAME=", "USERS_FILE="+users, "OPS_TOKENS_FILE="+operators)
	run := w.start("broker", env, program("alibabacloud-servicebroker"))
	run.until("the broker is ready", w.brokerReady)
	scrape := func() string {
		w.t.Helper()
		_, text, err := w.get("http://" + w.metrics + "/metrics")
		if err != nil {
			w.t.Fatal(err)
		}
		seen.add(string(text))
		return string(text)
	}
	until := func(what, shown string) {
		w.t.Helper()
		run.until(what, func() bool { return regexp.MustCompile(`(?m)^` + shown + `$`).MatchString(scrape()) })
	}

	if status, _, err := w.send(http.MethodGet, "http://"+w.broker+"/v2/catalog", "", "wrong"); err != nil || status != http.StatusUnauthorized {
		w.t.Fatalf("a wrong password is answered %d, %v", status, err)
	}
	if status, body, err := w.get("http://" + w.ops + "/operator/v1/counts"); err != nil || status != http.StatusUnauthorized {
		w.t.Fatalf("an operator without a token is answered %d %s, %v", status, body, err)
	}
	write(users, "no colon")
	until("the users file is refused", `alibabacloud_broker_files_broken\{files="accounts"\} 1`)
	write(users, user+":"+password+"\nanother:password-of-another\n")
	until("the users file is read again", `alibabacloud_broker_files_broken\{files="accounts"\} 0`)

	write(filepath.Join(w.data, "keyset.json"), "torn") // which is seen some seconds later

	// The cloud throttles, then denies.
	w.ask(http.MethodPost, "/faults", `{"action": "CreateDBInstance", "code": "Throttling.User", "status": 400, "times": 1}`)
	ids := `{"service_id": "` + service + `", "plan_id": "` + plan + `", "organization_guid": "o", "space_guid": "s"}`
	status, body := w.osb(http.MethodPut, instance+"?accepts_incomplete=true", ids)
	if status != http.StatusAccepted {
		w.t.Fatalf("provision answers %d %s, want 202", status, body)
	}
	until("the operation is counted", `alibabacloud_broker_unfinished\{.*kind="provision".*\} 1`)
	run.until("the operation has succeeded", w.finished)
	if status, body = w.osb(http.MethodPut, instance+"/service_bindings/b", ids); status != http.StatusCreated {
		w.t.Fatalf("bind answers %d %s, want 201", status, body)
	}
	bucket := "/v2/service_instances/bucket"
	ids = strings.NewReplacer(service, ossService, plan, ossPlan).Replace(ids)
	if status, body = w.osb(http.MethodPut, bucket+"?accepts_incomplete=true", ids); status != http.StatusCreated {
		w.t.Fatalf("provision of a bucket answers %d %s, want 201", status, body)
	}
	w.ask(http.MethodPost, "/faults", `{"action": "DeleteDBInstance", "code": "Forbidden.RAM", "status": 403, "times": 1}`)
	query := fmt.Sprintf("?accepts_incomplete=true&service_id=%s&plan_id=%s", service, plan)
	if status, body = w.osb(http.MethodDelete, instance+query, ""); status != http.StatusAccepted {
		w.t.Fatalf("deprovision answers %d %s, want 202", status, body)
	}
	until("the refusal is counted", `alibabacloud_broker_unfinished\{class="operator",.*\} 1`)
	until("the keyset is refused", `alibabacloud_broker_keyset_broken 1`)
	last := scrape()
	run.signal(syscall.SIGTERM)
	if code := run.exit(); code != 0 {
		w.t.Errorf("the broker ends with %d; its log:\n%s", code, read(w.t, run.log))
	}
	return last
}

const (
	ossService = "oss-997b8372-8dac-40ac-ae65-758b4a502222" // alibaba-cloud-oss
	ossPlan    = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221" // default
)
