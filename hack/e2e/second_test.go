package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Another release in the same cluster, for one namespace, with a token instead
// of a password.
const secondValues = `
replicas: 1
catalog: {prefix: second-}
auth: {basic: false, bearer: true}
registration: {kind: ServiceBroker}
`

// Nobody can delete instances once their broker is gone: uninstalling it is
// refused while there are any.
func TestASecondReleaseWithATokenIsNotUninstalledWhileInstancesExist(t *testing.T) {
	first := theBroker(t)
	registered(t, first)
	ns := namespace(t, "e2e-second")
	r := newRelease(t, "second", ns, secondValues)
	r.name = "second"
	r.install(t)
	installed := true
	t.Cleanup(func() {
		tell(t, ns)
		if installed {
			must(t, "helm", "uninstall", r.name, "--namespace", ns, "--no-hooks", "--wait")
		}
	})
	until(t, 90*time.Second, "the ServiceBroker is ready", func() (bool, string) {
		var list struct {
			Items []served `json:"items"`
		}
		get(t, &list, "servicebrokers", "-n", ns)
		return len(list.Items) == 1 && list.Items[0].is("Ready"), fmt.Sprintf("%+v", list)
	})
	apply(t, fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceInstance, metadata: {name: files, namespace: %s},
spec: {serviceClassExternalName: second-alibaba-cloud-oss, servicePlanExternalName: default}}`, ns))
	ready(t, time.Minute, ns, "serviceinstance", "files")
	bind(t, ns, "files", "files")
	ready(t, time.Minute, ns, "servicebinding", "files")
	if code, report := use(t, ns, "files", "login"); code != clientOK {
		t.Errorf("the bucket's key: %d, %+v", code, report)
	}

	if out, err := run("", "helm", "uninstall", r.name, "--namespace", ns, "--timeout", "2m"); err == nil {
		installed = false
		t.Fatalf("helm uninstall while an instance exists: %s", out)
	} else {
		t.Logf("helm uninstall is refused: %v", err)
	}
	if log := kubectl(t, "-n", ns, "logs", "job/second-alibabacloud-servicebroker-uninstall"); !strings.Contains(log, "1") {
		t.Errorf("the check says %q, and not how many instances there are", log)
	}
	// It goes on serving.
	bind(t, ns, "more", "files")
	ready(t, time.Minute, ns, "servicebinding", "more")
	remove(t, ns, "servicebinding/files", "servicebinding/more")
	remove(t, ns, "serviceinstance/files")
	if err := r.remove(); err != nil {
		t.Error(err)
		return
	}
	installed = false
}
