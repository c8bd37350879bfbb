package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
)

// databases are the servers that the drivers of drivers.yaml log in to: one of each
// engine, made by a broker on an emulator with real servers.
type databases struct {
	drivers servicesdoc.Drivers
	dir     string
	cloud   *emulator
	broker  *broker
	made    []instance
}

// An instance is a server that the broker has made.
type instance struct {
	engine   string
	ssl      bool // clients log in with SSL
	offering offering
	path     string
	ids      map[string]any
}

// startDatabases starts the programs and makes an instance of each engine.
func (o options) startDatabases(ctx context.Context) (d *databases, err error) {
	d = &databases{}
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
		for _, ssl := range []bool{false, true} {
			if ssl && len(engine.SSL) == 0 {
				continue
			}
			all.Go(func() {
				made, err := d.provision(ctx, name, engine, ssl)
				lock.Lock()
				defer lock.Unlock()
				d.made, problems = append(d.made, made), append(problems, err)
			})
		}
	}
	all.Wait()
	return d, errors.Join(problems...)
}

func (d *databases) provision(ctx context.Context, name string, engine servicesdoc.Engine, ssl bool) (instance, error) {
	i := instance{engine: name, ssl: ssl, path: "/v2/service_instances/" + name}
	parameters := engine.Parameters
	if ssl {
		i.path, parameters = i.path+"-SSL", engine.SSL
	}
	var err error
	if i.offering, i.ids, err = d.broker.find(ctx, engine.Offering, engine.Plan); err != nil {
		return instance{}, err
	}
	body := maps.Clone(i.ids)
	body["organization_guid"], body["space_guid"], body["parameters"] = "o", "s", parameters
	return i, d.broker.do(ctx, http.MethodPut, i.path, "", body)
}

// bind makes a binding, with a password of the caller's where there is one, and returns
// its credentials.
func (d *databases) bind(ctx context.Context, i instance, id, password string) (map[string]string, error) {
	path, body := i.path+"/service_bindings/"+id, maps.Clone(i.ids)
	if password != "" {
		body["parameters"] = map[string]string{"Password": password}
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

func (d *databases) unbind(ctx context.Context, i instance, id string) error {
	return d.broker.do(ctx, http.MethodDelete, i.path+"/service_bindings/"+id, queryOf(i.ids), nil)
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
