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

// The API server refuses a careless pod in the namespaces of these tests, which
// proves that Pod Security is enforced there. It accepts the emulator's image,
// which serves with a read-only file system.
func TestEmulatorImage_PodSecurityEnforced_Runs(t *testing.T) {
	ns := namespace(t, "e2e-emulator")
	out, err := run("", "kubectl", "-n", ns, "run", "careless", "--image="+here.prefix+"alibabacloud-emulator:"+here.tag, "--dry-run=server")
	if err == nil || !strings.Contains(err.Error(), "PodSecurity") {
		t.Errorf("**** THIS CLUSTER DOES NOT ENFORCE POD SECURITY: nothing shows here that the broker keeps to it. A careless pod: %s %v ****", out, err)
	}
	startPod(t, ns, "emulator", fmt.Sprintf(`containers: [{name: emulator, image: "%salibabacloud-emulator:%s", args: [--control-listen=:8008], %s,
readinessProbe: {httpGet: {path: /time, port: 8008}, periodSeconds: 1}}]`, here.prefix, here.tag, restrictedContainer))
	kubectl(t, "-n", ns, "wait", "pod/emulator", "--for=condition=Ready", "--timeout=60s")
	var p podObject
	get(t, &p, "pod", "-n", ns, "emulator")
	cloud := &emulator{control: "http://" + p.Status.PodIP + ":8008"}
	if s := cloud.state(t); len(s.Instances)+len(s.Buckets) != 0 {
		t.Errorf("in a new cloud there is %+v", s)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+p.Status.PodIP+":8007/latest/api/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds", "60")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the cloud's metadata service answers %s", response.Status)
	}
}

// docs/chart-on-emulator.md, with the files that it names: a cluster is all that
// it takes.
func TestEmulatorPage_ChartOnEmulator_Binds(t *testing.T) {
	ns := namespace(t, "e2e-emulated")
	example := func(name string) string {
		content, err := os.ReadFile(filepath.Join("..", "..", "contrib", "examples", "emulator", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	manifest := strings.ReplaceAll(example("emulator.yaml"), "alibabacloud-emulator:0.1.0", here.prefix+"alibabacloud-emulator:"+here.tag)
	applyManifest := func() {
		if _, err := run(manifest, "kubectl", "-n", ns, "apply", "-f", "-"); err != nil {
			t.Fatal(err)
		}
	}
	applyManifest()
	kubectl(t, "-n", ns, "rollout", "status", "deployment/emulator", "--timeout=120s")
	address := kubectl(t, "-n", ns, "get", "service", "emulator", "-o", "jsonpath={.spec.clusterIP}")
	values := strings.ReplaceAll(example("values.yaml"), "ADDRESS", address)
	r := newRelease(t, "emulated", ns, values+"\nreplicas: 1\ncatalog: {prefix: emulated-}\nregistration: {kind: ServiceBroker}\n")
	applyManifest() // newRelease has put the key of another account into the Secret
	r.install(t)
	t.Cleanup(func() {
		if err := r.remove(); err != nil {
			t.Error(err)
		}
	})
	r.offered(t)
	apply(t, fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceInstance, metadata: {name: files, namespace: %s},
spec: {serviceClassExternalName: emulated-alibaba-cloud-oss, servicePlanExternalName: default}}`, ns))
	ready(t, time.Minute, ns, "serviceinstance", "files")
	bind(t, ns, "files", "files")
	ready(t, time.Minute, ns, "servicebinding", "files")
	if code, report := use(t, ns, "files", "login"); code != clientOK {
		t.Errorf("the bucket's key: %d, %+v", code, report)
	}
	remove(t, ns, "servicebinding/files")
	remove(t, ns, "serviceinstance/files")
}
