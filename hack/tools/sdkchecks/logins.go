package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
)

// An attempt is a login of a driver, as the client programs read it.
type attempt struct {
	Name    string `json:"name"` // of the scenario
	Driver  string `json:"driver"`
	Address string `json:"address"`
	Binding string `json:"binding"` // its name in VCAP_SERVICES and SERVICE_BINDING_ROOT
	Table   string `json:"table"`   // of this attempt alone
	CA      string `json:"ca"`      // file to verify the server with; empty where the address says enough
	Refused string `json:"refused"` // matches the error; empty where the login works
}

// What servers say of a login that they refuse, with its SQLSTATE, and what drivers say
// of a server that they do not trust.
const (
	denied    = "Access denied|28P01|28000|password authentication failed|not permitted to log in"
	untrusted = "[Cc]ertificate|PKIX|CERT|unable to verify|altname|[Hh]ostname|TLS|SSL"
)

// signs is a password with every sign that RDS takes.
const signs = "Aa1!@#$%^&*()_+-="

// A kind is one way to log in, which every driver tries.
type kind struct {
	name     string
	password string // chosen for the binding; empty: a drawn one
	ssl      bool   // on a server with SSL
	verifies bool   // with the CA
	unbound  bool   // after the unbind
	change   func(credentials map[string]string)
	refused  func(servicesdoc.Driver) string // nil: none
}

// kinds are the ways to log in.
func kinds() []kind {
	always := func(text string) func(servicesdoc.Driver) string {
		return func(servicesdoc.Driver) string { return text }
	}
	return []kind{
		{name: "drawn"},
		{name: "chosen", password: signs, refused: func(d servicesdoc.Driver) string {
			if d.Signs {
				return ""
			}
			return denied
		}},
		{name: "unbound", unbound: true, refused: always(denied)},
		{name: "encrypted", ssl: true, refused: func(d servicesdoc.Driver) string {
			switch {
			case d.Plain:
				return denied + "|insecure|SSL"
			case d.Strict:
				return untrusted
			}
			return ""
		}},
		{name: "verified", ssl: true, verifies: true},
		{name: "other-ca", ssl: true, verifies: true, refused: always(untrusted), change: func(c map[string]string) { c["ca"] = otherCA }},
		{name: "other-name", ssl: true, verifies: true, change: func(c map[string]string) {
			for member, value := range c {
				c[member] = strings.ReplaceAll(value, "127.0.0.1", "localhost")
			}
		}, refused: func(d servicesdoc.Driver) string {
			if d.AnyName {
				return ""
			}
			return untrusted
		}},
	}
}

// isTried reports whether a driver logs in to an engine in this way.
func (k kind) isTried(d servicesdoc.Driver, engine servicesdoc.Engine) bool {
	return !k.ssl || len(engine.SSL) > 0 && (!k.verifies || d.By == "")
}

// scenarios are the names of a client's attempts, before or after the unbind.
func scenarios(drivers servicesdoc.Drivers, client string, unbound bool) (all []string) {
	for _, d := range drivers.Drivers {
		for _, name := range d.Engines {
			engine, there := drivers.Engines[name]
			if !there || d.Client != client {
				continue
			}
			for _, k := range kinds() {
				if k.unbound == unbound && k.isTried(d, engine) {
					all = append(all, scenario(d, name, k))
				}
			}
		}
	}
	return all
}

// scenario names an attempt: "MySQL/SQLAlchemy-with-PyMySQL/drawn".
func scenario(d servicesdoc.Driver, engine string, k kind) string {
	return engine + "/" + strings.ReplaceAll(d.Name, " ", "-") + "/" + k.name
}

// A binding is one of a client, as it is handed over for one kind of login.
type binding struct {
	instance    instance
	kind        kind
	isMade      bool // for this kind; others share it
	credentials map[string]string
}

func (b binding) name() string { return b.instance.engine + "-" + b.kind.name }

// logins has a client log in with bindings of its own, and after their end.
func (o options) logins(ctx context.Context, d *databases, c client, folder string, r *result, out *shared) {
	dir, err := os.MkdirTemp(d.dir, c.Name)
	if err != nil {
		r.fail(err.Error())
		return
	}
	bindings, err := d.bindings(ctx, c.Name)
	if err != nil {
		r.fail(err.Error())
		return
	}
	told, err := handOver(dir, bindings)
	if err != nil {
		r.fail(err.Error())
		return
	}
	told = append(told, "SDK_CHECK_ADDRESS="+d.cloud.address)
	if err := o.attempts(ctx, d, c, folder, dir, told, bindings, false, r, out); err != nil {
		r.fail(err.Error())
	}
	for _, b := range bindings {
		if b.isMade {
			if err := d.unbind(ctx, b.instance, c.Name+"-"+b.kind.name); err != nil {
				r.fail(err.Error())
			}
		}
	}
	if err := o.attempts(ctx, d, c, folder, dir, told, bindings, true, r, out); err != nil {
		r.fail(err.Error())
	}
}

// bindings makes the bindings of a client: one with a drawn password on each instance,
// which several kinds of logins share, and one with the chosen password.
func (d *databases) bindings(ctx context.Context, client string) (all []binding, err error) {
	for _, i := range d.made {
		var first map[string]string
		for _, k := range kinds() {
			if k.ssl != i.ssl {
				continue
			}
			credentials, isMade := maps.Clone(first), first == nil || k.password != ""
			if isMade {
				if credentials, err = d.bind(ctx, i, client+"-"+k.name, k.password); err != nil {
					return nil, err
				}
			}
			if first == nil {
				first = maps.Clone(credentials)
			}
			if k.change != nil {
				k.change(credentials)
			}
			all = append(all, binding{instance: i, kind: k, isMade: isMade, credentials: credentials})
		}
	}
	return all, nil
}

// attempts runs a client's attempts, before or after the unbind. dir has the files of
// handOver.
func (o options) attempts(ctx context.Context, d *databases, c client, folder, dir string, told []string, bindings []binding, unbound bool, r *result, out *shared) error {
	var all []attempt
	for _, driver := range d.drivers.Drivers {
		for _, b := range bindings {
			if driver.Client != c.Name || !slices.Contains(driver.Engines, b.instance.engine) || b.kind.unbound != unbound ||
				!b.kind.isTried(driver, d.drivers.Engines[b.instance.engine]) {
				continue
			}
			address, err := driver.Address(b.credentials)
			if err != nil {
				return err
			}
			a := attempt{
				Name: scenario(driver, b.instance.engine, b.kind), Driver: driver.Driver, Address: address, Binding: b.name(),
				Table: fmt.Sprintf("t%d_%s", len(all), c.Language),
			}
			if b.kind.refused != nil {
				a.Refused = b.kind.refused(driver)
			}
			switch file := filepath.Join(dir, b.name(), "ca"); {
			case b.kind.verifies && driver.Query != "":
				a.Address = driver.Verified(address, file)
			case b.kind.verifies && driver.Options != "":
				a.CA = file
			}
			all = append(all, a)
		}
	}
	text, err := json.Marshal(all)
	file := fmt.Sprintf("%s-unbound-%t.json", dir, unbound) // beside the folder, which holds folders of bindings alone
	if err = errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
		return err
	}
	run := c
	run.Scenarios, run.Variants, run.Once = scenarios(d.drivers, c.Name, unbound), nil, nil
	o.client(ctx, run, folder, append(slices.Clone(told), "SDK_CHECK_DATABASES="+file), r, out)
	return nil
}

// handOver returns the variables by which platforms hand bindings over: VCAP_SERVICES of
// Cloud Foundry, and SERVICE_BINDING_ROOT with the files of Secrets, which it writes.
func handOver(dir string, bindings []binding) ([]string, error) {
	services := map[string][]any{}
	for _, b := range bindings {
		o := b.instance.offering
		services[o.Name] = append(services[o.Name], map[string]any{
			"label": o.Name, "name": b.name(), "instance_name": b.name(), "tags": o.Tags, "credentials": b.credentials,
		})
		folder := filepath.Join(dir, b.name())
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		for member, value := range b.credentials {
			if err := os.WriteFile(filepath.Join(folder, member), []byte(value), 0o600); err != nil {
				return nil, err
			}
		}
	}
	text, err := json.Marshal(services)
	return []string{"VCAP_SERVICES=" + string(text), "VCAP_APPLICATION={}", "SERVICE_BINDING_ROOT=" + dir}, err
}

// otherCA is the certificate of an authority that has signed nothing.
const otherCA = `-----BEGIN CERTIFICATE-----
MIIBRjCB7aADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMTB1Rlc3QgQ0Ew
IBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMTB1Rl
c3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASRS6znXTtdKKSJtcfrA23m
W0u4nevwCX5tLtxbrEuH8Wwa/hBzRn4w2JPqR3DKCoaHkRhez6ToGsVMkQfEbOc7
ozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBT0da9KTHbE4HizSd2nAhOV
IsMFFzAKBggqhkjOPQQDAgNIADBFAiBDxXjBTF3j4uvlLkbdnxMS9FnKHslgZ3NF
PvkqBRB2CwIhAIpvWJLM3WfHsKQxM81aNX12M4JKqxAPsd/Le7QokZhF
-----END CERTIFICATE-----
`
