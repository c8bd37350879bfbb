package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// mine is the label of namespaces that these tests make.
const mine = "alibabacloud-servicebroker-e2e"

// run runs a program with in as its input and returns its output.
func run(in string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var out, complaints bytes.Buffer
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(in), &out, &complaints
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", strings.Join(args[:min(len(args), 8)], " "), err, strings.TrimSpace(complaints.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// must is run where a failure ends the test.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run("", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return must(t, append([]string{"kubectl"}, args...)...)
}

// apply applies YAML or JSON.
func apply(t *testing.T, manifest string) {
	t.Helper()
	if _, err := run(manifest, "kubectl", "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
}

// get decodes an object, or a list of them, into to; it returns false if the
// object is absent.
func get(t *testing.T, to any, args ...string) bool {
	t.Helper()
	out := kubectl(t, append([]string{"get", "--ignore-not-found", "-o", "json"}, args...)...)
	if out == "" {
		return false
	}
	if err := json.Unmarshal([]byte(out), to); err != nil {
		t.Fatalf("kubectl get %q: %v", args, err)
	}
	return true
}

// until waits until done says true; why tells of the state at the end.
func until(t *testing.T, limit time.Duration, what string, done func() (ok bool, why string)) {
	t.Helper()
	began := time.Now()
	ok, why := done()
	for !ok && time.Since(began) < limit {
		<-time.After(300 * time.Millisecond)
		ok, why = done()
	}
	if !ok {
		t.Fatalf("%s: not in %s: %s", what, limit, why)
	}
	t.Logf("%s: after %s", what, time.Since(began).Round(100*time.Millisecond))
}

// namespace makes a namespace for a test. At the end it is deleted with its
// objects and their resources in the cloud.
func namespace(t *testing.T, name string) string {
	t.Helper()
	makeNamespace(t, name)
	t.Cleanup(func() {
		tell(t, name)
		kubectl(t, "delete", "namespace", name, "--ignore-not-found", "--timeout=120s")
		here.cloud.empty(t)
	})
	return name
}

// makeNamespace makes a namespace in which the API server enforces the Pod
// Security standard restricted.
func makeNamespace(t *testing.T, name string) {
	t.Helper()
	apply(t, fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {%s: 'true', pod-security.kubernetes.io/enforce: restricted}}}", name, mine))
}

// tell prints the objects in the namespace of a failed test.
func tell(t *testing.T, namespace string) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, args := range [][]string{
		{"get", "serviceinstances,servicebindings,pods", "-o", "wide"},
		{"get", "events", "--sort-by=.lastTimestamp"},
	} {
		out, err := run("", append([]string{"kubectl", "-n", namespace}, args...)...)
		t.Logf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	for _, pod := range brokerPods(t) {
		out, err := run("", "kubectl", "-n", pod[0], "logs", pod[1], "--tail=15")
		t.Logf("log of %s: %v\n%s", pod[1], err, out)
	}
}

// brokerPods are namespace and name of all pods of brokers.
func brokerPods(t *testing.T) [][2]string {
	t.Helper()
	var list podList
	get(t, &list, "pods", "-A", "-l", "app.kubernetes.io/name=alibabacloud-servicebroker,app.kubernetes.io/component=broker")
	var found [][2]string
	for _, p := range list.Items {
		found = append(found, [2]string{p.Metadata.Namespace, p.Metadata.Name})
	}
	return found
}
