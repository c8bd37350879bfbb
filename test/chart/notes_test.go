package chart_test

import (
	"strings"
	"testing"
)

// notes returns Helm's text after an install or an upgrade.
func notes(t *testing.T, r release) string {
	t.Helper()
	files, err := r.files(t)
	if err != nil {
		t.Fatalf("%s: %v", r.values, err)
	}
	for name, content := range files {
		if strings.HasSuffix(name, "/NOTES.txt") {
			return content
		}
	}
	t.Fatal("there are no notes")
	return ""
}

// Commands in the notes are for the namespace and the names that the broker is
// registered with.
func TestNotes_Commands_HaveTheNamesOfTheRegistration(t *testing.T) {
	t.Parallel()
	for values, want := range map[string][]string{
		"": {
			"kubectl get clusterservicebroker broker-alibabacloud-servicebroker\n", "svcat get plans\n", "svcat provision my-bucket --class alibaba-cloud-oss ",
			"svcat bind my-bucket\n", "svcat sync broker broker-alibabacloud-servicebroker --scope cluster\n",
		},
		"catalog: {prefix: a-}": {"svcat provision my-bucket --class a-alibaba-cloud-oss ", "clusterServiceClassExternalName: a-alibaba-cloud-oss "},
		"{registration: {kind: ServiceBroker}, catalog: {prefix: a-}}": {
			"kubectl -n ns get servicebroker a-broker-alibabacloud-servicebroker\n", "svcat get plans -n ns\n",
			"svcat provision my-bucket -n ns --class a-alibaba-cloud-oss ", "svcat bind my-bucket -n ns\n",
			"svcat sync broker a-broker-alibabacloud-servicebroker -n ns\n", " serviceClassExternalName: a-alibaba-cloud-oss ", " servicePlanExternalName: default ",
		},
		"registration: {kind: none}": {"https://broker-alibabacloud-servicebroker.ns.svc:443", "get secret broker-alibabacloud-servicebroker-auth "},
	} {
		got := notes(t, release{name: "broker", namespace: "ns", values: values})
		for _, line := range want {
			if !strings.Contains(got, line) {
				t.Errorf("%q: %q is missing in\n%s", values, line, got)
			}
		}
		if strings.Contains(got, "svcat") != !strings.Contains(values, "none") || strings.Contains(got, "ExternalName") != strings.Contains(values, "prefix") {
			t.Errorf("%q: there is too much in\n%s", values, got)
		}
	}
}

// Whatever is switched on, they are whole sentences about it.
func TestNotes_EveryVariant_Renders(t *testing.T) {
	t.Parallel()
	for name, values := range variants() {
		got := notes(t, release{name: "broker", namespace: "ns", values: values})
		if strings.Contains(got, "<no value>") || strings.Contains(got, "\n\n\n") {
			t.Errorf("%s:\n%s", name, got)
		}
		checked := !strings.Contains(values, "uninstallCheck: {enabled: false}")
		if strings.Contains(got, "helm uninstall -n ns broker --no-hooks") != checked {
			t.Errorf("%s: the way to uninstall is not told, or one that is not needed:\n%s", name, got)
		}
		if !strings.Contains(got, "rollout status deployment/broker-alibabacloud-servicebroker") {
			t.Errorf("%s: it does not say how to wait", name)
		}
	}
}
