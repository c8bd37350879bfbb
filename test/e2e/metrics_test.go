package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/metricsdoc"
)

// notYet returns the metrics that count trouble, which a broker may lack until
// it has had some.
func notYet() []string {
	return []string{
		"alibabacloud_broker_authentication_failures_total",
		"alibabacloud_broker_file_reloads_total",
		"alibabacloud_broker_keyset_reloads_total",
		"alibabacloud_broker_operator_calls_total",
		"alibabacloud_broker_retries_total",
		"alibabacloud_broker_store_errors_total",
		"alibabacloud_broker_unfinished", // there is one only while there is work
		"alibabacloud_broker_unfinished_oldest_age_seconds",
	}
}

// A pod reads the metrics as Prometheus does, by the name of the metrics' service, and after a bind finds all that docs/metrics.md promises.
func TestMetrics_PodInCluster_ReadsThemByTheService(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-metrics")
	bucket(t, ns, "files")
	ready(t, time.Minute, ns, "serviceinstance", "files")
	bind(t, ns, "files", "files")
	ready(t, time.Minute, ns, "servicebinding", "files")

	page, err := metricsdoc.Read()
	if err != nil {
		t.Fatal(err)
	}
	// The replica that leads shows more, and the service leads to either.
	seen, replicas := map[string]string{}, map[string]string{}
	until(t, time.Minute, "all replicas have been read", func() (bool, string) {
		for _, text := range r.scraped(t) {
			for _, found := range typeForm.FindAllStringSubmatch(text, -1) {
				seen[found[1]] = found[2]
			}
			replicas[sample(text, "alibabacloud_broker_leader")] = text
		}
		return replicas["0"] != "" && replicas["1"] != "", fmt.Sprintf("leading are %q", slices.Collect(maps.Keys(replicas)))
	})
	for leading, text := range replicas {
		t.Run("promtool/"+leading, func(t *testing.T) {
			metricsdoc.Promtool(t, here.dir, strings.NewReader(text), "check", "metrics")
		})
	}
	for name, metric := range page {
		switch {
		case seen[name] == "" && !slices.Contains(notYet(), name):
			t.Errorf("after a bind there is no %s", name)
		case seen[name] != "" && seen[name] != metric.Type:
			t.Errorf("%s is a %s, in docs/metrics.md a %s", name, seen[name], metric.Type)
		}
	}
	for name := range seen {
		if _, ok := page[name]; !ok && strings.HasPrefix(name, "alibabacloud_broker_") {
			t.Errorf("docs/metrics.md does not know %s", name)
		}
	}
	remove(t, ns, "servicebinding/files")
	remove(t, ns, "serviceinstance/files")
}

var typeForm = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)

// scraped returns the answers that a pod beside the broker, where its
// NetworkPolicy lets one, gets from the service on some connections.
func (r *release) scraped(t *testing.T) (texts []string) {
	t.Helper()
	const name, times = "prometheus", 12
	url := fmt.Sprintf("http://%s-metrics.%s.svc:8009/metrics", r.name, r.namespace)
	args, err := json.Marshal(append([]string{"get"}, slices.Repeat([]string{url}, times)...))
	if err != nil {
		t.Fatal(err)
	}
	startPod(t, r.namespace, name, fmt.Sprintf(`containers: [{name: app, image: "%salibabacloud-broker-client:%s", args: %s, %s}]`,
		here.prefix, here.tag, args, restrictedContainer))
	code, log := endedPod(t, r.namespace, name)
	removePod(t, r.namespace, name)
	for line := range strings.Lines(log) {
		var answer struct {
			Status     int
			Type, Body string
		}
		if err := json.Unmarshal([]byte(line), &answer); err != nil || answer.Status != http.StatusOK || !strings.HasPrefix(answer.Type, "text/plain; version=0.0.4") {
			t.Fatalf("%s is answered with %.300s", url, line)
		}
		texts = append(texts, answer.Body)
	}
	if code != 0 || len(texts) != times {
		t.Fatalf("%d requests for %s got %d answers, and the client ends with %d", times, url, len(texts), code)
	}
	return texts
}

// scrape returns the /metrics of one pod.
func scrape(t *testing.T, pod podObject) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(pod.Status.PodIP, "8009")+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("/metrics of %s: %s, %v", pod.Metadata.Name, response.Status, err)
	}
	return string(text)
}

// sample returns the value of a metric without labels, or "".
func sample(text, name string) string {
	_, rest, _ := strings.Cut("\n"+text, "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

var buildForm = regexp.MustCompile(`(?m)^alibabacloud_broker_build_info\{[^}]*version="([^"]*)"\} 1$`)

// versions returns the versions that the pods run, each once.
func (r *release) versions(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, pod := range r.pods(t) {
		m := buildForm.FindStringSubmatch(scrape(t, pod))
		if m == nil {
			t.Fatalf("pod %s does not say its version", pod.Metadata.Name)
		}
		found = append(found, m[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}
