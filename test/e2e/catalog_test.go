package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A served is a ServiceInstance or a ServiceBinding, as far as it matters here.
type served struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Spec struct {
		ExternalID string `json:"externalID"`
	} `json:"spec"`
	Status struct {
		Conditions           []condition `json:"conditions"`
		AsyncOpInProgress    bool        `json:"asyncOpInProgress"`
		ReconciledGeneration int64       `json:"reconciledGeneration"`
		CurrentOperation     string      `json:"currentOperation"`
	} `json:"status"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (s *served) is(kind string) bool {
	for _, c := range s.Status.Conditions {
		if c.Type == kind && c.Status == "True" {
			return true
		}
	}
	return false
}

// ready waits until Service Catalog has finished its last request; a failed one
// ends the test.
func ready(t *testing.T, limit time.Duration, namespace, kind, name string) served {
	t.Helper()
	var s served
	until(t, limit, kind+" "+name+" is ready", func() (bool, string) {
		s = served{}
		if !get(t, &s, kind, "-n", namespace, name) {
			t.Fatalf("%s %s is not there", kind, name)
		}
		if s.is("Failed") {
			t.Fatalf("%s %s has failed: %+v", kind, name, s.Status)
		}
		return s.is("Ready") && s.Status.ReconciledGeneration == s.Metadata.Generation, fmt.Sprintf("%+v", s.Status)
	})
	return s
}

// provision asks for an instance.
func provision(t *testing.T, namespace, name, class, plan string) {
	t.Helper()
	apply(t, fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceInstance, metadata: {name: %s, namespace: %s},
spec: {clusterServiceClassExternalName: %s, clusterServicePlanExternalName: %s}}`, name, namespace, class, plan))
}

// bind asks for a binding with a Secret of its name.
func bind(t *testing.T, namespace, name, instance string) {
	t.Helper()
	apply(t, fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceBinding, metadata: {name: %s, namespace: %s},
spec: {instanceRef: {name: %s}}}`, name, namespace, instance))
}

// database and bucket ask for one by the names of the catalog.
func database(t *testing.T, namespace, name string) {
	t.Helper()
	provision(t, namespace, name, "alibaba-cloud-rds-mysqldb", "rds-mysql-t1-small")
}

func bucket(t *testing.T, namespace, name string) {
	t.Helper()
	provision(t, namespace, name, "alibaba-cloud-oss", "default")
}

// remove deletes objects and waits until they are gone.
func remove(t *testing.T, namespace string, objects ...string) {
	t.Helper()
	began := time.Now()
	kubectl(t, append([]string{"-n", namespace, "delete", "--timeout=120s"}, objects...)...)
	t.Logf("%s are deleted: after %s", strings.Join(objects, ", "), time.Since(began).Round(100*time.Millisecond))
}

// A clientReport is the output of the client for tests.
type clientReport struct {
	Type  string `json:"type"`
	Found int    `json:"found"`
	OK    bool   `json:"ok"`
	Error string `json:"error"`
}

// Exit codes of the client for tests.
const (
	clientOK     = 0
	clientDenied = 3
)

// use runs the client for tests in a pod with a Secret.
func use(t *testing.T, namespace, secret, do string) (int, clientReport) {
	t.Helper()
	name := "client-" + do + "-" + secret
	startPod(t, namespace, name, fmt.Sprintf(`containers: [{name: app, image: "%salibabacloud-broker-client:%s", args: [binding, --dir=/binding, --do=%s], %s,
volumeMounts: [{name: binding, mountPath: /binding}]}], volumes: [{name: binding, secret: {secretName: %s}}]`, here.prefix, here.tag, do, restrictedContainer, secret))
	code, report := ended(t, namespace, name)
	removePod(t, namespace, name)
	return code, report
}

// ended waits for the end of a client's pod with a binding.
func ended(t *testing.T, namespace, pod string) (int, clientReport) {
	t.Helper()
	code, log := endedPod(t, namespace, pod)
	var report clientReport
	_, line, _ := strings.Cut("\n"+log, "\n{") // complaints come before it or after it
	line, _, _ = strings.Cut("{"+line, "\n")
	if err := json.Unmarshal([]byte(line), &report); err != nil {
		t.Fatalf("pod %s says %q: %v", pod, log, err)
	}
	if report.OK != (code == clientOK) {
		t.Errorf("pod %s ends with %d and says %+v", pod, code, report)
	}
	return code, report
}
