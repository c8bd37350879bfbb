package e2e_test

import (
	"fmt"
	"slices"
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

// Instances cannot be deleted without their broker, so uninstalling it is
// refused while any exist.
func TestSecondRelease_WithInstances_RefusesUninstall(t *testing.T) {
	first := theBroker(t)
	registered(t, first)
	ns := namespace(t, "e2e-second")
	r := newRelease(t, "second", ns, secondValues)
	r.name = "second"
	r.install(t)
	installed := true
	t.Cleanup(func() {
		tell(t, ns)
		if installed { // after a failure instances are still deleted in good order
			for _, kind := range []string{"servicebindings", "serviceinstances"} {
				_, err := run("", "kubectl", "-n", ns, "delete", kind, "--all", "--timeout=30s")
				t.Log(err)
			}
			must(t, "helm", "uninstall", r.name, "--namespace", ns, "--no-hooks", "--wait")
		}
	})
	r.offered(t)
	apply(t, fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceInstance, metadata: {name: files, namespace: %s},
spec: {serviceClassExternalName: second-alibaba-cloud-oss, servicePlanExternalName: default}}`, ns))
	ready(t, time.Minute, ns, "serviceinstance", "files")
	bind(t, ns, "files", "files")
	ready(t, time.Minute, ns, "servicebinding", "files")
	if code, report := use(t, ns, "files", "login"); code != clientOK {
		t.Errorf("the bucket's key: %d, %+v", code, report)
	}

	r.refuseUninstall(t)
	if log := kubectl(t, "-n", ns, "logs", "job/second-alibabacloud-servicebroker-uninstall"); !strings.Contains(log, "1") {
		t.Errorf("the check says %q, and not how many instances there are", log)
	}
	// It goes on serving.
	bind(t, ns, "more", "files")
	ready(t, time.Minute, ns, "servicebinding", "more")

	// To Helm the release is on its way out, until a rollback to that same
	// revision.
	r.rollback(t, r.last(t).Revision)
	r.upgrade(t)
	// Instances are left behind only where that is asked for, and a release of the
	// same name finds them.
	must(t, "helm", "uninstall", r.name, "--namespace", ns, "--no-hooks", "--wait", "--timeout", "2m")
	installed = false
	r.install(t)
	installed = true
	r.offered(t)
	r.refuseUninstall(t)
	remove(t, ns, "servicebinding/files", "servicebinding/more")
	remove(t, ns, "serviceinstance/files")
	// After the last instance is gone the release is uninstalled, even after a
	// refusal.
	installed = false
	if err := r.remove(); err != nil {
		t.Error(err)
	}
}

// refuseUninstall wants the uninstall check to refuse, and then an upgrade to be
// refused by Helm.
func (r *release) refuseUninstall(t *testing.T) {
	t.Helper()
	began := time.Now()
	out, err := run("", "helm", "uninstall", r.name, "--namespace", r.namespace, "--timeout", "2m")
	if err == nil {
		t.Fatalf("helm uninstall while an instance exists: %s", out)
	}
	t.Logf("helm uninstall is refused after %s", time.Since(began).Round(100*time.Millisecond))
	const exists = "3" // the check's exit code where something exists; others are failures of its own
	codes := kubectl(t, "-n", r.namespace, "get", "pods", "-l", "app.kubernetes.io/component=uninstall-check", "-o", "jsonpath={.items[*].status.containerStatuses[0].state.terminated.exitCode}")
	if slices.ContainsFunc(strings.Fields(codes), func(code string) bool { return code != exists }) || codes == "" {
		t.Fatalf("the check does not refuse, but ends with %q: %v", codes, err)
	}
	if now := r.last(t); now.Status != "uninstalling" {
		t.Fatalf("after a refused uninstall the release is %+v", now)
	}
	if out, err := run("", r.helm("upgrade")...); err == nil {
		t.Fatalf("an upgrade of a release in uninstalling: %s", out)
	}
}

// offered waits until Service Catalog has read the catalog of a ServiceBroker.
func (r *release) offered(t *testing.T) {
	t.Helper()
	until(t, 90*time.Second, "the ServiceBroker is ready", func() (bool, string) {
		var list struct {
			Items []served `json:"items"`
		}
		get(t, &list, "servicebrokers", "-n", r.namespace)
		return len(list.Items) == 1 && list.Items[0].is("Ready"), fmt.Sprintf("%+v", list)
	})
}
