package e2e_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// All settings that can be changed without a restart are changed at the same
// time, while platforms send requests.
func TestRotation_PasswordCertificateKeys_FailNoRequest(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-rotation")
	bucket(t, ns, "before")
	bind(t, ns, "before", "before")
	ready(t, time.Minute, ns, "servicebinding", "before")
	before := r.pods(t)
	p := r.platform(t)
	f := p.traffic(t, "during-rotation")
	old := r.certificates(t, p)

	t.Run("all", func(t *testing.T) {
		// The names of the certificate change, and so it is made anew.
		r.upgrade(t, "--set", "tls.extraNames={rotated.example.com}")
		r.mount(t)
		t.Run("certificate", func(t *testing.T) {
			t.Parallel()
			until(t, 3*time.Minute, "every replica has the new certificate", func() (bool, string) {
				now := r.certificates(t, p)
				for pod, serial := range now {
					if serial == old[pod] {
						return false, pod + " has the old one"
					}
				}
				return true, ""
			})
		})
		t.Run("password", func(t *testing.T) { t.Parallel(); r.changePassword(t, p) })
		t.Run("keys", func(t *testing.T) { t.Parallel(); r.changeKeys(t) })
	})
	f.end(t)

	if now := r.pods(t); fmt.Sprint(names(now)) != fmt.Sprint(names(before)) {
		t.Errorf("the pods were %s and are %s: nothing of this needs a restart", names(before), names(now))
	}
	// Service Catalog goes on with all that is new, and an upgrade keeps it.
	r.upgrade(t, "--set", "tls.extraNames={rotated.example.com}")
	if now := r.secret(t, r.name+"-auth")["password"]; now != p.password {
		t.Error("the upgrade has changed the password")
	}
	bucket(t, ns, "after")
	bind(t, ns, "after", "after")
	ready(t, time.Minute, ns, "servicebinding", "after")
	for _, secret := range []string{"before", "after"} {
		if code, report := use(t, ns, secret, "login"); code != clientOK {
			t.Errorf("the key of the binding %s: %d, %+v", secret, code, report)
		}
	}
	remove(t, ns, "servicebinding/before", "servicebinding/after")
}

func names(pods []podObject) (names []string) {
	for _, p := range pods {
		names = append(names, p.Metadata.Name)
	}
	return names
}

// mount makes the kubelet update mounted files at once: it does so every minute
// or two, and at each change of a pod.
func (r *release) mount(t *testing.T) {
	t.Helper()
	for _, pod := range r.pods(t) {
		kubectl(t, "-n", r.namespace, "annotate", "pod", pod.Metadata.Name, "--overwrite", fmt.Sprintf("e2e-mounted=%d", time.Now().UnixNano()))
	}
}

// certificates returns the serial numbers of the certificates that the pods
// show.
func (r *release) certificates(t *testing.T, p *platform) map[string]string {
	t.Helper()
	transport, ok := p.client.Transport.(*http.Transport)
	if !ok {
		t.Fatal("another transport")
	}
	config := transport.TLSClientConfig.Clone()
	config.ServerName = strings.TrimPrefix(p.url, "https://")
	serials := map[string]string{}
	for _, pod := range r.pods(t) {
		conn, err := tls.Dial("tcp", net.JoinHostPort(pod.Status.PodIP, "8005"), config)
		if err != nil {
			t.Fatal(err)
		}
		serials[pod.Metadata.Name] = conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
		_ = conn.Close()
	}
	return serials
}

// changePassword follows the steps of the README: add the new one, wait until it
// is valid, let the platform have it, remove the old one.
func (r *release) changePassword(t *testing.T, p *platform) {
	t.Helper()
	user, old, changed := p.user, p.password, "changed-Password_1"
	pods := r.pods(t)
	everywhere := func(what, password string, want int) {
		until(t, 3*time.Minute, what, func() (bool, string) {
			for _, pod := range pods {
				if status, _, err := p.as(password).to(t, pod).osb("GET", "catalog", ""); status != want {
					return false, fmt.Sprintf("%s answers %d, %v", pod.Metadata.Name, status, err)
				}
			}
			return true, ""
		})
	}
	r.patchAuth(t, map[string]string{"users": user + ":" + old + "\n" + user + ":" + changed + "\n"})
	r.mount(t)
	everywhere("the new password is valid", changed, http.StatusOK)
	r.patchAuth(t, map[string]string{"username": user, "password": changed})
	p.change(changed)
	r.patchAuth(t, map[string]string{"users": user + ":" + changed + "\n"})
	r.mount(t)
	everywhere("the old password is not valid any more", old, http.StatusUnauthorized)
}

func (r *release) patchAuth(t *testing.T, data map[string]string) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"stringData": data})
	if err != nil {
		t.Fatal(err)
	}
	kubectl(t, "-n", r.namespace, "patch", "secret", r.name+"-auth", "--type=merge", "-p", string(patch))
}

// A sealingKey is a line of keys list.
type sealingKey struct {
	ID      uint32 `json:"id"`
	Primary bool   `json:"primary"`
	Records int    `json:"records"`
}

// operator runs a command of operators in a pod of the broker.
func (r *release) operator(args ...string) (string, error) {
	return run("", append([]string{"kubectl", "-n", r.namespace, "exec", "deployment/" + r.name, "-c", "broker", "--",
		"/alibabacloud-servicebroker"}, append(args, "--token-file=/etc/alibabacloud-servicebroker/operator/tokens")...)...)
}

func (r *release) keys(t *testing.T) []sealingKey {
	t.Helper()
	out, err := r.operator("keys", "list", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Keys []sealingKey `json:"keys"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Keys) == 0 {
		t.Fatalf("keys list: %v: %s", err, out)
	}
	return list.Keys
}

// changeKeys follows docs/sealing.md: add, promote, reseal, drop.
func (r *release) changeKeys(t *testing.T) {
	t.Helper()
	first := r.keys(t)
	if len(first) != 1 {
		t.Fatalf("keys at first: %+v", first)
	}
	old := first[0].ID
	if out, err := r.operator("keys", "add"); err != nil {
		t.Fatal(out, err)
	}
	added := uint32(0)
	for _, key := range r.keys(t) {
		if key.ID != old {
			added = key.ID
		}
	}
	done := func(what string, args ...string) {
		until(t, 2*time.Minute, what, func() (bool, string) {
			out, err := r.operator(args...)
			return err == nil, fmt.Sprint(out, err)
		})
	}
	done("the new key seals", "keys", "promote", fmt.Sprint(added))
	done("all records are sealed with it", "reseal")
	// The other replica has sealed with the old key for some seconds more.
	until(t, 2*time.Minute, "the old key is dropped", func() (bool, string) {
		out, err := r.operator("keys", "drop", fmt.Sprint(old))
		if err != nil && strings.Contains(err.Error(), "reseal") {
			if out, err := r.operator("reseal"); err != nil {
				t.Fatal(out, err)
			}
		}
		return err == nil, fmt.Sprint(out, err)
	})
	if left := r.keys(t); len(left) != 1 || left[0].ID != added || !left[0].Primary || left[0].Records == 0 {
		t.Errorf("keys at the end: %+v, want %d alone", left, added)
	}
}
