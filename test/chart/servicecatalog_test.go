package chart_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/kubetest"
)

// instanceCRD has the form of the CRD of drycc's fork before v0.4.2
// (charts/catalog/templates/crds/serviceinstance.yaml): parameters is an object
// without members.
const instanceCRD = `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
"metadata": {"name": "serviceinstances.servicecatalog.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, a test"}},
"spec": {"group": "servicecatalog.k8s.io", "scope": "Namespaced",
"names": {"kind": "ServiceInstance", "plural": "serviceinstances", "singular": "serviceinstance", "listKind": "ServiceInstanceList"},
"versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
"spec": {"type": "object", "properties": {"parameters": {"type": "object"}}}}}}}]}}`

const bucketWithParameters = `{"apiVersion": "servicecatalog.k8s.io/v1beta1", "kind": "ServiceInstance", "metadata": {"name": "logs"},
"spec": {"parameters": {"StorageClass": "IA"}}}`

// A real API server drops or refuses the parameters, and keeps them after the patch
// of the chart's page.
func TestServiceCatalog_PagesPatch_KeepsParameters(t *testing.T) {
	t.Parallel()
	cluster := new(kubetest.Cluster)
	server := cluster.Server(t)
	t.Cleanup(cluster.Stop)
	client, err := rest.HTTPClientFor(server.Config())
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, kind, body string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "https://"+server.Address()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", kind)
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		content, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(content)
	}
	const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	if status, answer := send(http.MethodPost, crds, "application/json", instanceCRD); status != http.StatusCreated {
		t.Fatalf("the CRD: %d %s", status, answer)
	}
	instances := "/apis/servicecatalog.k8s.io/v1beta1/namespaces/" + server.Namespace(t) + "/serviceinstances"
	status, made := send(http.MethodPost, instances+"?fieldValidation=Strict", "application/json", bucketWithParameters)
	for status == http.StatusNotFound { // until it is served
		status, made = send(http.MethodPost, instances+"?fieldValidation=Strict", "application/json", bucketWithParameters)
	}
	if want := `unknown field \"spec.parameters.StorageClass\"`; status != http.StatusBadRequest || !strings.Contains(made, want) {
		t.Errorf("a strict client gets %d %s, and the page tells of %s", status, made, want)
	}
	if status, made = send(http.MethodPost, instances+"?dryRun=All", "application/json", bucketWithParameters); status != http.StatusCreated || keepsParameters(t, made) {
		t.Errorf("another client gets %d, and the parameters are kept: %s", status, made)
	}
	patch := one(t, page(t, "../../chart/README.md"), `(?m)^patch='(.*)'$`)
	if status, answer := send(http.MethodPatch, crds+"/serviceinstances.servicecatalog.k8s.io", "application/json-patch+json", patch); status != http.StatusOK {
		t.Fatalf("the patch: %d %s", status, answer)
	}
	for range 1000 { // until it is in force
		if status, made = send(http.MethodPost, instances+"?dryRun=All&fieldValidation=Strict", "application/json", bucketWithParameters); status == http.StatusCreated {
			break
		}
	}
	if status != http.StatusCreated || !keepsParameters(t, made) {
		t.Errorf("after the patch: %d %s", status, made)
	}
}

// keepsParameters reports whether the object of an answer has its parameters.
func keepsParameters(t *testing.T, answer string) bool {
	t.Helper()
	var object struct {
		Spec struct {
			Parameters map[string]string `json:"parameters"`
		} `json:"spec"`
	}
	if err := json.Unmarshal([]byte(answer), &object); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return object.Spec.Parameters["StorageClass"] == "IA"
}
