package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// One replica with its store in a file, on a small disk.
const diskValues = `
replicas: 1
store: {type: bolt, bolt: {persistence: false, emptyDir: {medium: Memory, sizeLimit: 2Mi}}}
registration: {kind: none}
uninstallCheck: {enabled: false}
`

// On a full disk the broker refuses work that it could not record, keeps
// answering from its records, and works again with free space.
func TestStore_FullDisk_LosesNothing(t *testing.T) {
	ns := namespace(t, "e2e-disk")
	r := newRelease(t, "alibabacloud-servicebroker-disk", ns, diskValues)
	r.install(t)
	t.Cleanup(func() {
		tell(t, ns)
		if err := r.remove(); err != nil {
			t.Error(err)
		}
	})
	p := r.platform(t)
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		status, answer, err := p.osb(method, path, body)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		return status, answer
	}
	const binding = "service_instances/kept/service_bindings/b"
	if status, answer := ask("PUT", "service_instances/kept?accepts_incomplete=true", ossBody); status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	if status, answer := ask("PUT", binding, ossBody); status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	_, credentials := ask("GET", binding, "")

	// The disk gets full while the cloud works on one.
	here.cloud.fault(t, `{"action": "oss:PutBucket", "effect": "delay", "delay": "8s", "times": 1}`)
	answers := make(chan string, 1)
	go func() {
		status, answer, err := p.osb("PUT", "service_instances/underway?accepts_incomplete=true", ossBody)
		answers <- fmt.Sprint(status, answer, err)
	}()
	r.disk(t, "fill")
	var taken []string
	refused := ""
	for i := 0; refused == "" && i < 200; i++ {
		id := fmt.Sprintf("asked-%d", i)
		switch status, answer := ask("PUT", "service_instances/"+id+"?accepts_incomplete=true", ossBody); {
		case status == http.StatusCreated || status == http.StatusAccepted:
			taken = append(taken, id)
		case status >= http.StatusInternalServerError:
			refused = id
			t.Logf("after %d more instances the disk is full: %d %s", len(taken), status, answer)
		default:
			t.Fatal(status, answer)
		}
	}
	if refused == "" {
		t.Fatal("the disk does not get full")
	}
	if status, answer := ask("GET", "service_instances/kept/last_operation?"+ossQuery, ""); status != http.StatusOK {
		t.Errorf("last_operation on a full disk: %d %s", status, answer)
	}
	if status, now := ask("GET", binding, ""); status != http.StatusOK || now != credentials {
		t.Errorf("the binding on a full disk: %d", status)
	}
	if status, answer := ask("GET", "service_instances/"+refused+"/last_operation?"+ossQuery, ""); status != http.StatusNotFound {
		t.Errorf("last_operation of what was refused: %d %s", status, answer)
	}

	answer := <-answers
	t.Logf("what was under way is answered with %s", answer)
	if !strings.HasPrefix(answer, "202") && !strings.HasPrefix(answer, "201") { // 201 where its end still had a free page in the file
		t.Errorf("what was under way is answered with %s, want 202 or 201: it was taken", answer)
	}
	r.disk(t, "free")
	for _, id := range append(taken, refused, "underway") {
		until(t, time.Minute, id+" is there", func() (bool, string) {
			status, answer := ask("PUT", "service_instances/"+id+"?accepts_incomplete=true", ossBody)
			return status == http.StatusCreated || status == http.StatusOK, fmt.Sprint(status, answer)
		})
	}
	if s := here.cloud.state(t); len(s.Buckets) != len(taken)+3 {
		t.Errorf("there are %d instances and %d buckets", len(taken)+3, len(s.Buckets))
	}
	if status, now := ask("GET", binding, ""); status != http.StatusOK || now != credentials {
		t.Errorf("the binding after all this: %d", status)
	}
	for _, pod := range r.pods(t) {
		if n := pod.Status.ContainerStatuses[0].RestartCount; n != 0 {
			t.Errorf("the broker was started %d times more", n)
		}
	}
	for _, id := range append(taken, refused, "underway", "kept") { // the last one with its binding
		if status, answer := ask("DELETE", "service_instances/"+id+"?accepts_incomplete=true&"+ossQuery, ""); status != http.StatusOK {
			t.Errorf("DELETE of %s: %d %s", id, status, answer)
		}
	}
}

// disk fills up the disk of the broker's pod, or makes room there, with a file
// beside the store's.
func (r *release) disk(t *testing.T, verb string) {
	t.Helper()
	spec := filepath.Join(here.dir, "disk.yaml")
	if err := os.WriteFile(spec, []byte("volumeMounts: [{name: data, mountPath: /data}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	pod := r.pods(t)[0].Metadata.Name
	kubectl(t, "-n", r.namespace, "debug", pod, "--quiet", "--profile=restricted", "--custom", spec, "--container", "disk-"+verb,
		"--image", here.prefix+"alibabacloud-broker-client:"+here.tag, "--image-pull-policy", "IfNotPresent", "--", "/alibabacloud-broker-client", "disk", verb, "/data/ballast")
	until(t, time.Minute, "the disk: "+verb, func() (bool, string) {
		code := kubectl(t, "-n", r.namespace, "get", "pod", pod, "-o", `jsonpath={.status.ephemeralContainerStatuses[?(@.name=="disk-`+verb+`")].state.terminated.exitCode}`)
		if code != "" && code != "0" {
			t.Fatal(kubectl(t, "-n", r.namespace, "logs", pod, "-c", "disk-"+verb))
		}
		return code == "0", "it has not ended"
	})
}
