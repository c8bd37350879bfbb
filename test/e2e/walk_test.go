package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The names and ids of the first broker, which objects of users refer to.
func knownPlans() map[string]string {
	return map[string]string{
		"alibaba-cloud-rds-mysqldb rds-997b8372-8dac-40ac-ae65-758b4a5075a5/rds-mysql-t1-small": "rds-427559f1-bf2a-45d3-8844-32374a3e58aa",
		"alibaba-cloud-rds-mysqldb rds-997b8372-8dac-40ac-ae65-758b4a5075a5/rds-mysql-s1-small": "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1c",
		"alibaba-cloud-rds-mysqldb rds-997b8372-8dac-40ac-ae65-758b4a5075a5/rds-mysql-s2-large": "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1d",
		"alibaba-cloud-rds-mysqldb rds-997b8372-8dac-40ac-ae65-758b4a5075a5/rds-self-define":    "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1e",
		"alibaba-cloud-oss oss-997b8372-8dac-40ac-ae65-758b4a502222/default":                    "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221",
		"alibaba-cloud-oss oss-997b8372-8dac-40ac-ae65-758b4a502222/oss-self-define":            "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222",
	}
}

func TestCatalog_NamesAndIDs_AreThoseOfTheFirstBroker(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	var classes, plans struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec struct {
				BrokerName   string `json:"clusterServiceBrokerName"`
				ExternalName string `json:"externalName"`
				ExternalID   string `json:"externalID"`
				Class        struct {
					Name string `json:"name"`
				} `json:"clusterServiceClassRef"`
			} `json:"spec"`
		} `json:"items"`
	}
	get(t, &classes, "clusterserviceclasses")
	get(t, &plans, "clusterserviceplans")
	names := map[string]string{}
	for _, c := range classes.Items {
		if c.Spec.BrokerName == r.name {
			names[c.Metadata.Name] = c.Spec.ExternalName + " " + c.Spec.ExternalID
		}
	}
	got := map[string]string{}
	for _, p := range plans.Items {
		if p.Spec.BrokerName == r.name {
			got[names[p.Spec.Class.Name]+"/"+p.Spec.ExternalName] = p.Spec.ExternalID
		}
	}
	known := knownPlans()
	first := maps.Clone(got) // the others are of this broker alone
	maps.DeleteFunc(first, func(name, _ string) bool { return known[name] == "" })
	if diff := cmp.Diff(known, first); diff != "" {
		t.Errorf("plans (-want, +got):\n%s", diff)
	}
	listed := must(t, "svcat", "get", "classes") + must(t, "svcat", "get", "plans")
	for _, key := range slices.Sorted(maps.Keys(got)) {
		class, plan, _ := strings.Cut(key, "/")
		class, _, _ = strings.Cut(class, " ")
		if !strings.Contains(listed, class) || !strings.Contains(listed, plan) {
			t.Errorf("svcat does not list %s of %s:\n%s", plan, class, listed)
		}
	}
}

// registered waits until Service Catalog has read the catalog.
func registered(t *testing.T, r *release) {
	t.Helper()
	until(t, 90*time.Second, "the ClusterServiceBroker is ready", func() (bool, string) {
		var s served
		get(t, &s, "clusterservicebroker", r.name)
		return s.is("Ready"), fmt.Sprintf("%+v", s.Status)
	})
	if listed := must(t, "svcat", "get", "brokers"); !regexp.MustCompile(r.name + `.*Ready`).MatchString(listed) {
		t.Errorf("svcat get brokers:\n%s", listed)
	}
}

// example applies a file of contrib/examples, with the images of this run.
func example(t *testing.T, names ...string) {
	t.Helper()
	client := regexp.MustCompile(`alibabacloud-broker-client:\S+`)
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(here.examples, name))
		if err != nil {
			t.Fatal(err)
		}
		apply(t, client.ReplaceAllString(string(content), here.prefix+"alibabacloud-broker-client:"+here.tag))
	}
}

const apps = "default" // the namespace of the examples

func TestExamples_InCluster_Work(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	t.Cleanup(func() {
		tell(t, apps)
		if t.Failed() && len(secretData(t, apps, "oss-instance-credentials")) > 0 {
			use(t, apps, "oss-instance-credentials", "clean") // buckets with objects are kept
		}
		for _, kind := range []string{"pod/rds-client,pod/oss-client", "secret/kept", "servicebinding/rds-binding,servicebinding/oss-binding,servicebinding/second", "serviceinstance/rds-mysql-1,serviceinstance/oss-instance"} {
			kubectl(t, append([]string{"-n", apps, "delete", "--ignore-not-found", "--timeout=120s"}, strings.Split(kind, ",")...)...)
		}
		kubectl(t, "-n", apps, "delete", "pods", "-l", mine+"=true")
		here.cloud.empty(t)
	})

	example(t, "rds-mysql-instance.yaml", "rds-binding.yaml", "oss-instance.yaml", "oss-binding.yaml")
	for _, object := range []string{"oss-instance", "rds-mysql-1"} {
		ready(t, time.Minute, apps, "serviceinstance", object)
	}
	for _, object := range []string{"oss-binding", "rds-binding"} {
		ready(t, 90*time.Second, apps, "servicebinding", object)
	}
	example(t, "rds-pod.yaml", "oss-pod.yaml")
	for _, pod := range []string{"rds-client", "oss-client"} {
		if code, report := ended(t, apps, pod); code != clientOK || report.Found != 1 {
			t.Errorf("pod %s ends with %d: %+v", pod, code, report)
		}
	}

	// Each binding has a login of its own, which ends with it.
	// The second is like those of the first broker's guide: with empty parameters.
	if _, err := run(fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceBinding, metadata: {name: second, namespace: %s},
spec: {instanceRef: {name: rds-mysql-1}, parameters: {Username: , Password: }}}`, apps), "kubectl", "create", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	ready(t, 90*time.Second, apps, "servicebinding", "second")
	if code, report := use(t, apps, "second", "read"); code != clientOK || report.Found != 1 {
		t.Errorf("the second binding does not read what the first wrote: %d, %+v", code, report)
	}
	keep(t, apps, "rds-instance-credentials", "kept")
	if code, report := use(t, apps, "kept", "login"); code != clientOK {
		t.Errorf("the first binding's login before it is removed: %d, %+v", code, report)
	}
	remove(t, apps, "servicebinding/rds-binding")
	if code, report := use(t, apps, "kept", "login"); code != clientDenied {
		t.Errorf("the first binding's login after it was removed: %d, %+v", code, report)
	}
	if len(secretData(t, apps, "rds-instance-credentials")) != 0 {
		t.Error("the Secret of the first binding is still there")
	}
	if code, report := use(t, apps, "second", "write"); code != clientOK {
		t.Errorf("the second binding after the first was removed: %d, %+v", code, report)
	}

	// Another plan is another class of server, with all that was in it.
	kubectl(t, "-n", apps, "patch", "serviceinstance", "rds-mysql-1", "--type=merge", "-p", `{"spec":{"clusterServicePlanExternalName":"rds-mysql-s1-small"}}`)
	ready(t, time.Minute, apps, "serviceinstance", "rds-mysql-1")
	if s := here.cloud.state(t); len(s.Instances) != 1 || s.Instances[0].Class != "rds.mysql.s1.small" {
		t.Errorf("after the change of the plan: %+v", s.Instances)
	}
	if code, report := use(t, apps, "second", "read"); code != clientOK || report.Found != 2 {
		t.Errorf("the second binding after the change of the plan: %d, %+v", code, report)
	}

	if code, report := use(t, apps, "oss-instance-credentials", "clean"); code != clientOK {
		t.Errorf("emptying the bucket: %d, %+v", code, report)
	}
	keep(t, apps, "oss-instance-credentials", "kept")
	remove(t, apps, "servicebinding/oss-binding", "servicebinding/second")
	if code, report := use(t, apps, "kept", "login"); code != clientDenied {
		t.Errorf("the bucket's key after its binding was removed: %d, %+v", code, report)
	}
	remove(t, apps, "serviceinstance/rds-mysql-1", "serviceinstance/oss-instance")
	here.cloud.empty(t)
	if left := r.unfinished(t); left != "" {
		t.Errorf("records that are not settled: %s", left)
	}
	for _, secret := range []string{"oss-instance-credentials", "second"} {
		if len(secretData(t, apps, secret)) != 0 {
			t.Errorf("the Secret %s is still there", secret)
		}
	}
}

// keep copies a Secret, as an application that has it may.
func keep(t *testing.T, namespace, from, to string) {
	t.Helper()
	args := []string{"-n", namespace, "create", "secret", "generic", to, "--dry-run=client", "-o", "yaml"}
	for key, value := range secretData(t, namespace, from) {
		args = append(args, "--from-literal="+key+"="+value)
	}
	apply(t, kubectl(t, args...))
}
