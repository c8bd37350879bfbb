package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
)

// signs is a password with every sign that RDS takes.
const signs = "Aa1!@#$%^&*()_+-="

// databases are the servers that the drivers of drivers.yaml log in to: one of each
// engine, made by a broker on an emulator with real servers.
type databases struct {
	drivers servicesdoc.Drivers
	dir     string
	cloud   *emulator
	broker  *broker
	made    map[string]instance // by engine
}

// An instance is a server that the broker has made.
type instance struct {
	offering offering
	path     string
	ids      map[string]any
}

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

// denied matches what servers say of a login that they refuse, or its SQLSTATE.
const denied = "Access denied|28P01|28000|password authentication failed|not permitted to log in"

// A binding is one of a client: drawn, or with a chosen password.
type binding struct {
	engine, kind string
	credentials  map[string]string
}

func (b binding) name() string { return b.engine + "-" + b.kind }

// The kinds of bindings, and of scenarios: each driver logs in with both, and with the
// first one after its end.
const (
	drawn   = "drawn"
	chosen  = "chosen"
	unbound = "unbound"
)

// startDatabases starts the programs and makes an instance of each engine.
func (o options) startDatabases(ctx context.Context) (d *databases, err error) {
	d = &databases{made: map[string]instance{}}
	if d.drivers, err = servicesdoc.ReadDrivers(); err != nil {
		return nil, err
	}
	if d.dir, err = os.MkdirTemp("", "sdk-checks-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.stop(ctx))
		}
	}()
	if d.cloud, err = startEmulator(ctx, o.emulator, o.environment, []string{"--account", "today", "--engines", "real"}); err != nil {
		return d, err
	}
	if d.broker, err = startBroker(ctx, o.broker, d.dir, o.environment, d.cloud); err != nil {
		return d, err
	}
	var all sync.WaitGroup
	var lock sync.Mutex
	var problems []error
	for name, engine := range d.drivers.Engines {
		all.Go(func() {
			made, err := d.provision(ctx, name, engine)
			lock.Lock()
			defer lock.Unlock()
			d.made[name], problems = made, append(problems, err)
		})
	}
	all.Wait()
	return d, errors.Join(problems...)
}

func (d *databases) provision(ctx context.Context, name string, engine servicesdoc.Engine) (instance, error) {
	o, ids, err := d.broker.find(ctx, engine.Offering, engine.Plan)
	if err != nil {
		return instance{}, err
	}
	i := instance{offering: o, ids: ids, path: "/v2/service_instances/" + name}
	body := maps.Clone(ids)
	body["organization_guid"], body["space_guid"], body["parameters"] = "o", "s", engine.Parameters
	return i, d.broker.do(ctx, http.MethodPut, i.path, "", body)
}

// bind makes a binding and returns its credentials.
func (d *databases) bind(ctx context.Context, i instance, id, kind string) (map[string]string, error) {
	path, body := i.path+"/service_bindings/"+id, maps.Clone(i.ids)
	if kind == chosen {
		body["parameters"] = map[string]string{"Password": signs}
	}
	if err := d.broker.do(ctx, http.MethodPut, path, "", body); err != nil {
		return nil, err
	}
	_, answer, err := d.broker.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	var bound struct {
		Credentials map[string]string `json:"credentials"`
	}
	return bound.Credentials, json.Unmarshal(answer, &bound)
}

// stop deletes the instances and ends the programs. Its error names what is left.
func (d *databases) stop(ctx context.Context) error {
	var problems []error
	for _, i := range d.made {
		if i.path != "" {
			problems = append(problems, d.broker.do(ctx, http.MethodDelete, i.path, queryOf(i.ids), nil))
		}
	}
	if d.cloud != nil && d.broker != nil {
		left, err := d.cloud.resources(ctx)
		problems = append(problems, err)
		for _, resource := range left {
			problems = append(problems, errors.New("left behind: "+resource))
		}
	}
	if d.broker != nil {
		problems = append(problems, d.broker.stop())
	}
	if d.cloud != nil {
		problems = append(problems, d.cloud.stop())
	}
	return errors.Join(append(problems, os.RemoveAll(d.dir))...)
}

// scenarios are the attempts of a client on an engine, without their addresses.
func scenarios(drivers servicesdoc.Drivers, client string, kinds ...string) (all []string) {
	for _, driver := range drivers.Drivers {
		for _, engine := range driver.Engines {
			if _, there := drivers.Engines[engine]; !there || driver.Client != client {
				continue
			}
			for _, kind := range kinds {
				all = append(all, scenario(driver, engine, kind))
			}
		}
	}
	return all
}

// scenario names an attempt: "MySQL/SQLAlchemy-with-PyMySQL/drawn".
func scenario(d servicesdoc.Driver, engine, kind string) string {
	return engine + "/" + strings.ReplaceAll(d.Name, " ", "-") + "/" + kind
}

// logins has a client log in with bindings of its own, and after their end.
func (o options) logins(ctx context.Context, d *databases, c client, folder string, r *result, out *shared) {
	var bindings []binding
	for _, engine := range slices.Sorted(maps.Keys(d.made)) {
		for _, kind := range []string{drawn, chosen} {
			b := binding{engine: engine, kind: kind}
			var err error
			if b.credentials, err = d.bind(ctx, d.made[engine], c.Name+"-"+kind, kind); err != nil {
				r.fail(err.Error())
				return
			}
			bindings = append(bindings, b)
		}
	}
	dir, err := os.MkdirTemp(d.dir, c.Name)
	if err != nil {
		r.fail(err.Error())
		return
	}
	told, err := d.told(dir, bindings)
	if err != nil {
		r.fail(err.Error())
		return
	}
	o.attempts(ctx, d, c, folder, append(told, "SDK_CHECK_ADDRESS="+d.cloud.address), bindings, []string{drawn, chosen}, r, out)
	for _, b := range bindings {
		i := d.made[b.engine]
		if err := d.broker.do(ctx, http.MethodDelete, i.path+"/service_bindings/"+c.Name+"-"+b.kind, queryOf(i.ids), nil); err != nil {
			r.fail(err.Error())
			return
		}
	}
	o.attempts(ctx, d, c, folder, append(told, "SDK_CHECK_ADDRESS="+d.cloud.address), bindings, []string{unbound}, r, out)
}

// attempts runs a client's attempts of some kinds.
func (o options) attempts(ctx context.Context, d *databases, c client, folder string, told []string, bindings []binding, kinds []string, r *result, out *shared) {
	var all []attempt
	for _, driver := range d.drivers.Drivers {
		for _, b := range bindings {
			if driver.Client != c.Name || !slices.Contains(driver.Engines, b.engine) {
				continue
			}
			kind := b.kind
			if slices.Contains(kinds, unbound) {
				kind = unbound
			}
			if b.kind == chosen && kind == unbound || !slices.Contains(kinds, kind) {
				continue
			}
			address, err := driver.Address(b.credentials)
			if err != nil {
				r.fail(err.Error())
				return
			}
			refused := ""
			if kind == unbound || kind == chosen && !driver.Signs {
				refused = denied
			}
			all = append(all, attempt{
				Name: scenario(driver, b.engine, kind), Driver: driver.Driver, Address: address, Binding: b.name(),
				Table:   fmt.Sprintf("t%d_%s", len(all), strings.ReplaceAll(c.Language, "-", "_")),
				Refused: refused,
			})
		}
	}
	text, err := json.Marshal(all)
	file := filepath.Join(d.dir, c.Name+"-"+kinds[0]+".json")
	if err = errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
		r.fail(err.Error())
		return
	}
	run := c
	run.Scenarios, run.Variants, run.Once = scenarios(d.drivers, c.Name, kinds...), nil, nil
	o.client(ctx, run, folder, append(slices.Clone(told), "SDK_CHECK_DATABASES="+file), r, out)
}

// told returns the variables by which platforms hand bindings over: VCAP_SERVICES of
// Cloud Foundry, and SERVICE_BINDING_ROOT with the files of Secrets.
func (d *databases) told(dir string, bindings []binding) ([]string, error) {
	services := map[string][]any{}
	for _, b := range bindings {
		o := d.made[b.engine].offering
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
