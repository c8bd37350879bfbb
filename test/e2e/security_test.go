package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
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
