package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The names of the objects of these tests in Korifi.
const (
	korifiHome   = "e2e-korifi" // the broker's namespace
	korifiBroker = "e2e-alibabacloud"
	korifiApp    = "e2e-app"
)

// A korifiRelease is the broker that Korifi calls, installed as
// docs/cloudfoundry.md says. One replica has all log lines in their order.
type korifiRelease struct {
	*release

	url, password string
	client        *http.Client // trusts the authority of its certificate
}

const korifiValues = `
replicas: 1
registration: {kind: none}
tls: {mode: secret, existingSecret: broker-tls}
broker: {dropUnfinishedBinds: false}
`

// theKorifi returns the broker that is registered with Korifi. The first test that
// needs it installs and registers it.
func theKorifi(t *testing.T) *korifiRelease {
	t.Helper()
	if os.Getenv("E2E_KORIFI") == "" {
		t.Skip("KORIFI IS LEFT OUT: hack/run-e2e starts it with KORIFI_TOOL")
	}
	if here.korifi != nil {
		return here.korifi
	}
	makeNamespace(t, korifiHome)
	const service = "alibabacloud-servicebroker." + korifiHome + ".svc.cluster.local"
	k := &korifiRelease{url: "https://" + service, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: signedSecret(t, korifiHome, "broker-tls", service), MinVersion: tls.VersionTLS12},
	}}}
	k.release = newRelease(t, "alibabacloud-servicebroker", korifiHome, korifiValues)
	k.install(t)
	k.password = k.secret(t, "alibabacloud-servicebroker-auth")["password"]
	until(t, time.Minute, "Korifi registers the broker", func() (bool, string) {
		_, err := cf("create-service-broker", korifiBroker, "broker", k.password, k.url)
		return err == nil, fmt.Sprint(err)
	})
	until(t, time.Minute, "Korifi has read the catalog", func() (bool, string) {
		out, err := cf("service-access", "-b", korifiBroker)
		return err == nil && strings.Contains(out, "oss-self-define"), out
	})
	here.korifi = k
	return k
}

// signedSecret makes a TLS Secret whose certificate the authority of E2E_KORIFI_CA
// signed, and returns the authority.
func signedSecret(t *testing.T, namespace, name, host string) *x509.CertPool {
	t.Helper()
	folder := os.Getenv("E2E_KORIFI_CA")
	authority, err := tls.LoadX509KeyPair(filepath.Join(folder, "ca.crt"), filepath.Join(folder, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "broker"}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority.Leaf, key.Public(), authority.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	secretKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, fmt.Sprintf("{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: %s, namespace: %s}, stringData: {tls.crt: %q, tls.key: %q}}", name, namespace,
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secretKey})))
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	return pool
}

// cf runs the cf CLI.
func cf(args ...string) (string, error) {
	return run("", append([]string{os.Getenv("E2E_KORIFI"), "cf"}, args...)...)
}

// mustCF is cf where a failure ends the test.
func mustCF(t *testing.T, args ...string) string {
	t.Helper()
	out, err := cf(args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// curlCF decodes the answer of Korifi's API to a GET.
func curlCF(t *testing.T, path string, to any) {
	t.Helper()
	if out := mustCF(t, "curl", path); json.Unmarshal([]byte(out), to) != nil {
		t.Fatalf("cf curl %s: %s", path, out)
	}
}

// A korifiObject is an instance or binding, as its users see it.
type korifiObject struct {
	GUID          string `json:"guid"`
	Name          string `json:"name"`
	LastOperation struct {
		State       string `json:"state"`
		Description string `json:"description"`
	} `json:"last_operation"`
}

// korifiInstance and korifiKey return an instance or service key by its name.
func korifiInstance(t *testing.T, name string) korifiObject {
	t.Helper()
	return korifiOne(t, "/v3/service_instances?names="+name)
}

func korifiKey(t *testing.T, name string) korifiObject {
	t.Helper()
	return korifiOne(t, "/v3/service_credential_bindings?names="+name)
}

func korifiOne(t *testing.T, path string) korifiObject {
	t.Helper()
	var list struct {
		Resources []korifiObject `json:"resources"`
	}
	if curlCF(t, path, &list); len(list.Resources) != 1 {
		t.Fatalf("cf curl %s: %d objects", path, len(list.Resources))
	}
	return list.Resources[0]
}

// succeeds waits until Korifi shows that the object is made.
func succeeds(t *testing.T, what string, look func() korifiObject) {
	t.Helper()
	until(t, time.Minute, what+" is ready", func() (bool, string) {
		o := look()
		return o.LastOperation.State == "succeeded", fmt.Sprintf("%+v", o)
	})
}

// fails waits until Korifi shows the failure, and returns the object.
func fails(t *testing.T, what string, look func() korifiObject) (o korifiObject) {
	t.Helper()
	until(t, time.Minute, what+" has failed", func() (bool, string) {
		o = look()
		return o.LastOperation.State == "failed", fmt.Sprintf("%+v", o)
	})
	return o
}

// logOf returns the log lines of the broker that hold all words.
func (k *korifiRelease) logOf(t *testing.T, words ...string) (lines []string) {
	t.Helper()
	out := kubectl(t, "-n", k.namespace, "logs", "-l", "app.kubernetes.io/component=broker", "--tail=-1")
	for line := range strings.Lines(out) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// putsAfter counts the PUTs of an object that the broker answered after the
// operation ended as failed.
func (k *korifiRelease) putsAfter(t *testing.T, guid string) (puts int) {
	t.Helper()
	ended := false
	for _, line := range k.logOf(t, guid) {
		ended = ended || strings.Contains(line, "operation ended") && strings.Contains(line, "state=failed")
		if ended && strings.Contains(line, "method=PUT") {
			puts++
		}
	}
	return puts
}

// gone waits until Korifi has removed an instance.
func gone(t *testing.T, name string) {
	t.Helper()
	until(t, time.Minute, "Korifi has deleted "+name, func() (bool, string) {
		out := mustCF(t, "services")
		return !strings.Contains(out, name), out
	})
}

// tellKorifi prints the broker's log after a failed test.
func (k *korifiRelease) tellKorifi(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the broker's log:\n%s", strings.Join(k.logOf(t), ""))
		}
	})
}

// remove deletes the objects in Korifi, and the release.
func (k *korifiRelease) remove() error {
	failed := sweepKorifi()
	_, err := run("", "helm", "uninstall", k.name, "--namespace", k.namespace, "--wait", "--timeout", "3m")
	return errors.Join(failed, err)
}

// sweepKorifi removes the objects of these tests from Korifi, also the ones of an
// interrupted run, without the broker.
func sweepKorifi() error {
	if os.Getenv("E2E_KORIFI") == "" {
		return nil
	}
	out, err := cf("curl", "/v3/service_instances?names=e2e-db,e2e-files,e2e-bad")
	if err != nil {
		return err
	}
	var list struct {
		Resources []korifiObject `json:"resources"`
	}
	failed := json.Unmarshal([]byte(out), &list)
	for _, in := range list.Resources {
		_, err := cf("purge-service-instance", "-f", in.Name)
		failed = errors.Join(failed, err)
	}
	commands := [][]string{{"delete", "-f", korifiApp}}
	if brokers, err := cf("service-brokers"); err != nil || strings.Contains(brokers, korifiBroker) {
		commands = append(commands, // Korifi keeps the offerings of a broker that is deleted
			[]string{"purge-service-offering", "-f", "-b", korifiBroker, "alibaba-cloud-rds-mysqldb"},
			[]string{"purge-service-offering", "-f", "-b", korifiBroker, "alibaba-cloud-oss"},
			[]string{"delete-service-broker", "-f", korifiBroker})
	}
	for _, args := range commands {
		_, err := cf(args...)
		failed = errors.Join(failed, err)
	}
	return failed
}
