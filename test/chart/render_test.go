package chart_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// A release is the input of Helm; the zero value is the first install of the
// chart's defaults.
type release struct {
	name, namespace string
	values          string  // YAML
	cluster         objects // the objects that lookup finds
}

// objects are the rendered objects, in Helm's form.
type objects []*object

type object = unstructured.Unstructured

// files renders the files of the chart, or returns why Helm would refuse it.
func (r release) files(t *testing.T) (map[string]string, error) {
	t.Helper()
	c, err := loader.Load("../../chart")
	if err != nil {
		t.Fatal(err)
	}
	values, err := common.ReadValues([]byte(r.values))
	if err != nil {
		t.Fatal(err)
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = common.KubeVersion{Version: "v1.34.2", Major: "1", Minor: "34"}
	options := common.ReleaseOptions{Name: r.name, Namespace: r.namespace, Revision: 1, IsInstall: len(r.cluster) == 0, IsUpgrade: len(r.cluster) > 0}
	all, err := util.ToRenderValues(c, values, options, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.RenderWithClientProvider(c, all, cluster{r.cluster})
}

// render renders the objects of the release, or returns why Helm would refuse
// it.
func (r release) render(t *testing.T) (objects, error) {
	t.Helper()
	files, err := r.files(t)
	if err != nil {
		return nil, err
	}
	var rendered objects
	for name, content := range files {
		if strings.HasSuffix(name, ".yaml") {
			rendered = append(rendered, parse(t, name, []byte(content))...)
		}
	}
	slices.SortFunc(rendered, func(a, b *object) int {
		return strings.Compare(a.GetKind()+"/"+a.GetName(), b.GetKind()+"/"+b.GetName())
	})
	return rendered, nil
}

// install renders values that must be renderable: release broker in namespace
// ns.
func install(t *testing.T, values string) objects {
	t.Helper()
	return must(t, release{name: "broker", namespace: "ns", values: values})
}

func must(t *testing.T, r release) objects {
	t.Helper()
	rendered, err := r.render(t)
	if err != nil {
		t.Fatalf("%s: %v", r.values, err)
	}
	return rendered
}

// parse reads the objects of a file.
func parse(t *testing.T, name string, content []byte) objects {
	t.Helper()
	var found objects
	decoder := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := decoder.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var o object
		if err := yaml.UnmarshalStrict(document, &o.Object); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, document)
		}
		if len(o.Object) > 0 {
			found = append(found, &o)
		}
	}
}

// find returns the one object of the kind with the suffix in its name.
func (o objects) find(t *testing.T, kind, suffix string) *object {
	t.Helper()
	found := o.all(kind, suffix)
	if len(found) != 1 {
		t.Fatalf("there are %d objects %s *%s", len(found), kind, suffix)
	}
	return found[0]
}

func (o objects) all(kind, suffix string) objects {
	var found objects
	for _, object := range o {
		if object.GetKind() == kind && strings.HasSuffix(object.GetName(), suffix) {
			found = append(found, object)
		}
	}
	return found
}

// typed decodes the one object of T's kind strictly.
func typed[T runtime.Object](t *testing.T, o objects, kind, suffix string) T {
	t.Helper()
	object, ok := decode(t, o.find(t, kind, suffix)).(T)
	if !ok {
		t.Fatalf("%s is a %T", kind, object)
	}
	return object
}

// decode reads an object of Kubernetes itself, as an API server that refuses
// unknown fields.
func decode(t *testing.T, o *object) runtime.Object {
	t.Helper()
	raw, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	object, _, err := strict.Decode(raw, nil, nil)
	if err != nil {
		t.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
	}
	return object
}

// decodeInto reads an object of another project into its form.
func decodeInto(t *testing.T, o *object, into any) {
	t.Helper()
	raw, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(raw, into); err != nil {
		t.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
	}
}

// A cluster is where lookup looks.
type cluster struct{ objects objects }

// GetClientFor implements engine.ClientProvider.
func (c cluster) GetClientFor(apiVersion, kind string) (dynamic.NamespaceableResourceInterface, bool, error) {
	group, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return nil, false, err
	}
	all := make([]runtime.Object, len(c.objects))
	for i, o := range c.objects {
		o = o.DeepCopy()
		o.SetNamespace("ns")
		all[i] = o
	}
	lists := map[schema.GroupVersionResource]string{
		{Group: "servicecatalog.k8s.io", Version: "v1beta1", Resource: "clusterservicebrokers"}: "ClusterServiceBrokerList",
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, all...)
	return client.Resource(group.WithResource(strings.ToLower(kind) + "s")), true, nil
}
