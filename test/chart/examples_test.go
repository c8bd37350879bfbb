package chart_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// examples are all objects of contrib/examples, with the placeholders of
// broker.yaml filled in.
func examples(t *testing.T) objects {
	t.Helper()
	files, err := filepath.Glob("../../contrib/examples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("CA_BUNDLE #", base64.StdEncoding.EncodeToString([]byte("PEM"))+" #", "name: USERNAME", "name: broker", "PASSWORD", "secret")
	var all objects
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, file, []byte(fill.Replace(string(content))))...)
	}
	return all
}

// The names are in the guide of the first broker, so that objects of its users
// keep working.
func TestExamples_Names_AreThoseOfTheFirstBroker(t *testing.T) {
	t.Parallel()
	got := map[string]int{}
	for _, o := range examples(t) {
		form, ok := foreignForm(o.GetAPIVersion(), o.GetKind())
		if !ok {
			decode(t, o)
		} else {
			decodeInto(t, o, form)
		}
		name := o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
		switch form := form.(type) {
		case *serviceInstance:
			name += " " + form.Spec.ClusterServiceClassExternalName + "/" + form.Spec.ClusterServicePlanExternalName
		case *serviceBinding:
			name += " " + form.Spec.InstanceRef.Name + " " + form.Spec.SecretName
		}
		got[name]++
	}
	want := []string{
		"ClusterServiceBroker /alibabacloud-servicebroker",
		"Pod default/oss-client",
		"Pod default/oss-role-client",
		"Pod default/rds-client",
		"Secret catalog/alibabacloud-servicebroker-auth",
		"ServiceAccount default/oss-role-client",
		"ServiceBinding default/oss-binding oss-instance oss-instance-credentials",
		"ServiceBinding default/oss-role-binding oss-instance oss-role-credentials",
		"ServiceBinding default/rds-binding rds-mysql-1 rds-instance-credentials",
		"ServiceInstance default/oss-instance alibaba-cloud-oss/default",
		"ServiceInstance default/rds-mysql-1 alibaba-cloud-rds-mysqldb/rds-mysql-t1-small",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("examples (-want, +got):\n%s", diff)
	}
}

// The broker accepts the requests of the examples: classes, plans and
// parameters.
func TestExamples_Requests_FitTheCatalog(t *testing.T) {
	t.Parallel()
	offered, err := catalog.Load(rds.Catalog(), catalog.Embedded("oss/plans.yaml", oss.Plans))
	if err != nil {
		t.Fatal(err)
	}
	plans := map[string]*catalog.Plan{}
	for _, o := range offered.Offerings() {
		for _, p := range o.Plans {
			plans[o.Name+"/"+p.Name] = p
		}
	}
	byInstance := map[string]*catalog.Plan{}
	all := examples(t)
	for _, o := range all.all("ServiceInstance", "") {
		var i serviceInstance
		decodeInto(t, o, &i)
		p := plans[i.Spec.ClusterServiceClassExternalName+"/"+i.Spec.ClusterServicePlanExternalName]
		if p == nil {
			t.Fatalf("instance %s is of no plan", i.Name)
		}
		byInstance[i.Name] = p
		if err := p.CheckCreate(parametersOf(t, o)); err != nil {
			t.Errorf("instance %s: %v", i.Name, err)
		}
	}
	for _, o := range all.all("ServiceBinding", "") {
		var b serviceBinding
		decodeInto(t, o, &b)
		if err := byInstance[b.Spec.InstanceRef.Name].CheckBind(parametersOf(t, o)); err != nil {
			t.Errorf("binding %s: %v", b.Name, err)
		}
	}
}

// The files of the first broker's guide have empty parameters.
func TestExamples_EmptyParameters_FitTheCatalog(t *testing.T) {
	t.Parallel()
	offered, err := catalog.Load(rds.Catalog(), catalog.Embedded("oss/plans.yaml", oss.Plans))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range offered.Offerings() {
		for _, p := range o.Plans {
			err := p.CheckBind(json.RawMessage(`{"Username":null,"Password":null}`))
			if o.Name == "alibaba-cloud-oss" {
				err = p.CheckCreate(json.RawMessage(`{"AccessKeyId":null,"AccessKeySecret":null}`))
			}
			if err != nil {
				t.Errorf("plan %s of %s: %v", p.Name, o.Name, err)
			}
		}
	}
}

// Pods use the Secrets that the bindings make, by variables and by files.
func TestExamples_Pods_UseTheSecretsOfTheBindings(t *testing.T) {
	t.Parallel()
	all := examples(t)
	for pod, secret := range map[string]string{"rds-client": "rds-instance-credentials", "oss-client": "oss-instance-credentials"} {
		spec := typed[*corev1.Pod](t, all, "Pod", pod).Spec
		c := spec.Containers[0]
		if c.EnvFrom[0].SecretRef.Name != secret || spec.Volumes[0].Secret.SecretName != secret {
			t.Errorf("pod %s: %+v, %+v", pod, c.EnvFrom, spec.Volumes)
		}
		if !slices.Contains(c.Args, "--prefix="+c.EnvFrom[0].Prefix) || !slices.Contains(c.Args, "--dir="+c.VolumeMounts[0].MountPath) ||
			c.VolumeMounts[0].Name != spec.Volumes[0].Name {
			t.Errorf("pod %s does not read what it gets: %v", pod, c.Args)
		}
	}
}

// The pod of the role runs as the binding's service account, with the token and the
// variables of the official SDKs.
func TestExamples_PodOfTheRole_GetsATokenForSTS(t *testing.T) {
	t.Parallel()
	all := examples(t)
	var binding struct {
		Spec struct {
			SecretName string                          `json:"secretName"`
			Parameters struct{ ServiceAccount string } `json:"parameters"`
		} `json:"spec"`
	}
	for _, o := range all.all("ServiceBinding", "oss-role-binding") {
		raw, err := json.Marshal(o.Object)
		if err != nil || json.Unmarshal(raw, &binding) != nil {
			t.Fatal(err)
		}
	}
	spec := typed[*corev1.Pod](t, all, "Pod", "oss-role-client").Spec
	if account := binding.Spec.Parameters.ServiceAccount; spec.ServiceAccountName != account || typed[*corev1.ServiceAccount](t, all, "ServiceAccount", account).Namespace != "default" {
		t.Errorf("the pod runs as %s, the binding is for %s", spec.ServiceAccountName, account)
	}
	c, token := spec.Containers[0], spec.Volumes[0].Projected.Sources[0].ServiceAccountToken
	values := map[string]string{}
	for _, v := range c.Env {
		values[v.Name] = v.Value
		if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef.Name == binding.Spec.SecretName {
			values[v.Name] = v.ValueFrom.SecretKeyRef.Key
		}
	}
	want := map[string]string{
		"ALIBABA_CLOUD_ROLE_ARN": "role_arn", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "oidc_provider_arn",
		"ALIBABA_CLOUD_OIDC_TOKEN_FILE": c.VolumeMounts[0].MountPath + "/" + token.Path,
	}
	if diff := cmp.Diff(want, values); diff != "" || token.Audience != "sts.aliyuncs.com" || c.VolumeMounts[0].Name != spec.Volumes[0].Name {
		t.Errorf("token for %s, variables (-want, +got):\n%s", token.Audience, diff)
	}
}

// parametersOf are the parameters of an instance or a binding, as Service
// Catalog sends them.
func parametersOf(t *testing.T, o *object) json.RawMessage {
	t.Helper()
	spec, ok := o.Object["spec"].(map[string]any)
	if !ok {
		t.Fatalf("%s has no spec", o.GetName())
	}
	raw, err := json.Marshal(spec["parameters"])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
