package e2e_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A release is an installed chart.
type release struct {
	name      string
	namespace string
	chart     string   // folder
	values    []string // files
}

// baseValues is the difference to a common installation: the images, the
// cloud's address, and short intervals.
const baseValues = `
image: {repository: %[1]salibabacloud-servicebroker, tag: %[2]s}
cloud:
  region: cn-hangzhou
  credentials: {type: static, existingSecret: cloud}
  network: {whitelist: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}
  endpoints: {rds: %[3]s, ram: %[3]s, vpc: %[3]s, sts: %[3]s, oss: %[3]s, metadata: %[3]s}
  insecureEndpoints: true
broker:
  extraArgs: [--settle-time=5s, --poll-interval=1s]
networkPolicy: # the emulator is on a node
  egressPorts: [443, 6443, 6444]
`

// theBroker is the release that most tests use. It is installed for the first
// of them and removed at the end, which the uninstall check must allow.
func theBroker(t *testing.T) *release {
	t.Helper()
	if here.main == nil {
		makeNamespace(t, home)
		here.main = newRelease(t, "alibabacloud-servicebroker", home, "")
		here.main.install(t)
	}
	here.main.serving(t)
	return here.main
}

// newRelease is one to be installed in a namespace that is there.
func newRelease(t *testing.T, name, namespace, values string) *release {
	t.Helper()
	r := &release{name: name, namespace: namespace, chart: here.chart}
	for i, content := range []string{fmt.Sprintf(baseValues, here.prefix, here.tag, here.cloud.url), values} {
		r.values = append(r.values, filepath.Join(here.dir, fmt.Sprintf("%s-%s-%d.yaml", namespace, name, i)))
		if err := os.WriteFile(r.values[i], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {name: cloud, namespace: %s}, stringData: {access_key_id: %q, access_key_secret: %q}}",
		namespace, accessKeyID, accessKeySecret))
	return r
}

func (r *release) helm(verb string, args ...string) []string {
	all := []string{"helm", verb, r.name, r.chart, "--namespace", r.namespace, "--wait", "--timeout", "2m"}
	for _, file := range r.values {
		all = append(all, "--values", file)
	}
	return append(all, args...)
}

func (r *release) install(t *testing.T) {
	t.Helper()
	began := time.Now()
	must(t, r.helm("install")...)
	t.Logf("helm install: %s", time.Since(began).Round(100*time.Millisecond))
}

func (r *release) upgrade(t *testing.T, args ...string) {
	t.Helper()
	began := time.Now()
	must(t, r.helm("upgrade", args...)...)
	t.Logf("helm upgrade: %s", time.Since(began).Round(100*time.Millisecond))
}

// remove uninstalls the release, the uninstall check included, and checks that
// only the objects that outlive it are left.
func (r *release) remove() error {
	if _, err := run("", "helm", "uninstall", r.name, "--namespace", r.namespace, "--wait", "--timeout", "3m"); err != nil {
		return err
	}
	left, err := run("", "kubectl", "-n", r.namespace, "get", "deployments,services,secrets,jobs,serviceaccounts,roles,rolebindings,networkpolicies", "-o", "name",
		"-l", "app.kubernetes.io/instance="+r.name)
	if left != "" {
		err = errors.Join(err, fmt.Errorf("after helm uninstall there is still %s", left))
	}
	// Service Catalog needs no password to forget a broker.
	_, failed := run("", "kubectl", "wait", "--for=delete", "clusterservicebroker/"+r.name, "--timeout=30s")
	return errors.Join(err, failed)
}

// pods returns the broker's pods that are not being deleted.
func (r *release) pods(t *testing.T) []podObject {
	t.Helper()
	var list podList
	get(t, &list, "pods", "-n", r.namespace, "-l", "app.kubernetes.io/component=broker,app.kubernetes.io/instance="+r.name)
	var found []podObject
	for _, p := range list.Items {
		if p.Metadata.DeletionTimestamp == "" {
			found = append(found, p)
		}
	}
	return found
}

// serving waits until all replicas are ready.
func (r *release) serving(t *testing.T) {
	t.Helper()
	kubectl(t, "-n", r.namespace, "rollout", "status", "deployment/"+r.name, "--timeout=120s")
}

// leader is the pod that holds the lease; others are the rest.
func (r *release) leader(t *testing.T) (leader string, others []string) {
	t.Helper()
	pods := r.pods(t)
	until(t, 30*time.Second, "a pod leads", func() (bool, string) {
		holder := kubectl(t, "-n", r.namespace, "get", "lease", r.name+"-lease", "-o", "jsonpath={.spec.holderIdentity}")
		others = nil
		for _, p := range pods {
			if strings.HasPrefix(holder, p.Metadata.Name+"_") {
				leader = p.Metadata.Name
			} else {
				others = append(others, p.Metadata.Name)
			}
		}
		return leader != "", holder
	})
	return leader, others
}

// secret returns the data of a Secret of the release.
func (r *release) secret(t *testing.T, name string) map[string]string {
	t.Helper()
	return secretData(t, r.namespace, name)
}

func secretData(t *testing.T, namespace, name string) map[string]string {
	t.Helper()
	var secret struct {
		Data map[string]string `json:"data"`
	}
	get(t, &secret, "secret", "-n", namespace, name)
	for key, value := range secret.Data {
		plain, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		secret.Data[key] = string(plain)
	}
	return secret.Data
}

// unfinished are the records that the broker has still to do with.
func (r *release) unfinished(t *testing.T) string {
	t.Helper()
	return kubectl(t, "-n", r.namespace, "get", "secrets", "-l", "alibabacloud-servicebroker/unfinished=true", "-o", "name")
}
