package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const async = "?accepts_incomplete=true"

// A walk is one run of the demo.
type walk struct {
	platform *platform
	client   application
	control  string // URL of the emulator's control API; "" on the real cloud
	connect  bool   // databases have servers
	record   string // the file for the secrets; "" for none
	run      string // part of the names

	before string   // the emulator's state at the beginning
	left   []string // the paths, with queries, of instances to remove at the end
}

// A plan is a plan of the catalog with its offering.
type plan struct{ service, id string }

func (p plan) query() string { return async + "&service_id=" + p.service + "&plan_id=" + p.id }

// body is the body of a provision of the plan, with more members.
func (p plan) body(more string) string {
	return fmt.Sprintf(`{"service_id": %q, "plan_id": %q, "organization_guid": "demo", "space_guid": "demo"%s}`, p.service, p.id, more)
}

// plans are the plans that the walk uses.
type plans struct{ small, large, bucket plan }

func (w *walk) all(ctx context.Context) error {
	var err error
	if w.before, err = w.settledState(ctx); err != nil {
		return err
	}
	offered, err := w.catalog(ctx)
	if err != nil {
		return err
	}
	if !w.connect {
		fmt.Fprintln(w.platform.out, "\n*** DEMO_NO_ENGINES=1: THIS RUN CONNECTS TO NO DATABASE ***")
	}
	for _, part := range []func(context.Context, plans) error{w.database, w.buckets, w.wrongRequests} {
		if err := part(ctx, offered); err != nil {
			return err
		}
	}
	fmt.Fprintln(w.platform.out, "\nAll of it works.")
	return nil
}

// catalog reads the plans from the catalog.
func (w *walk) catalog(ctx context.Context) (plans, error) {
	w.platform.chapter("The offerings")
	a, err := w.platform.request(ctx, http.MethodGet, "/v2/catalog", "")
	if err == nil {
		err = a.is(http.StatusOK)
	}
	if err != nil {
		return plans{}, err
	}
	var document struct {
		Services []struct {
			ID, Name string
			Plans    []struct {
				ID, Name string
				Free     *bool
			}
		}
	}
	if err := json.Unmarshal([]byte(a.body), &document); err != nil {
		return plans{}, err
	}
	found := map[string]plan{}
	for _, s := range document.Services {
		for _, p := range s.Plans {
			name := s.Name + "/" + p.Name
			found[name] = plan{s.ID, p.ID}
			if name == "alibaba-cloud-rds-mysqldb/rds-mysql-t1-small" && (p.Free == nil || *p.Free) {
				return plans{}, errors.New("the catalog offers a database for free")
			}
		}
	}
	offered := plans{
		found["alibaba-cloud-rds-mysqldb/rds-mysql-t1-small"], found["alibaba-cloud-rds-mysqldb/rds-mysql-s2-large"],
		found["alibaba-cloud-oss/default"],
	}
	if slices.Contains([]plan{offered.small, offered.large, offered.bucket}, plan{}) {
		return plans{}, fmt.Errorf("the catalog lacks a plan of the demo: %v", found)
	}
	w.platform.successf("MySQL is %s, its small plan %s", offered.small.service, offered.small.id)
	w.platform.successf("OSS is %s, its default plan %s", offered.bucket.service, offered.bucket.id)
	return offered, nil
}

func instancePath(id string) string         { return "/v2/service_instances/" + id }
func bindingPath(id, binding string) string { return instancePath(id) + "/service_bindings/" + binding }

func (w *walk) provision(ctx context.Context, id string, p plan) error {
	path := instancePath(id)
	w.left = append(w.left, path+p.query())
	return w.platform.do(ctx, http.MethodPut, path, async, p.body(""), http.StatusCreated, http.StatusAccepted)
}

// deprovision deletes an instance, and checks that it stays gone.
func (w *walk) deprovision(ctx context.Context, id string, p plan) error {
	path := instancePath(id)
	if err := w.platform.do(ctx, http.MethodDelete, path, p.query(), "", http.StatusOK, http.StatusAccepted); err != nil {
		return err
	}
	w.left = slices.DeleteFunc(w.left, func(left string) bool { return strings.HasPrefix(left, path+"?") })
	a, err := w.platform.request(ctx, http.MethodDelete, path+p.query(), "")
	if err == nil {
		err = a.is(http.StatusGone)
	}
	if err != nil {
		return err
	}
	w.platform.successf("410: it is gone")
	return nil
}

// bind returns the credentials of a new binding.
func (w *walk) bind(ctx context.Context, id, binding string, p plan) (credentials, error) {
	path := bindingPath(id, binding)
	a, err := w.platform.request(ctx, http.MethodPut, path+async, fmt.Sprintf(`{"service_id": %q, "plan_id": %q}`, p.service, p.id))
	if err == nil {
		err = a.is(http.StatusCreated, http.StatusAccepted)
	}
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusAccepted {
		w.platform.printAnswer(a)
		if err := w.platform.finish(ctx, a, path, false); err != nil {
			return nil, err
		}
		if a, err = w.platform.request(ctx, http.MethodGet, path, ""); err == nil {
			err = a.is(http.StatusOK)
		}
		if err != nil {
			return nil, err
		}
	}
	found, err := readCredentials([]byte(a.body))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(w.platform.out, "   %d, with these credentials:\n", a.status)
	for line := range strings.Lines(found.masked()) {
		fmt.Fprint(w.platform.out, "     "+line)
	}
	if w.record != "" {
		err = appendLines(w.record, found.secrets())
	}
	return found, err
}

func (w *walk) unbind(ctx context.Context, id, binding string, p plan) error {
	return w.platform.do(ctx, http.MethodDelete, bindingPath(id, binding), p.query(), "", http.StatusOK, http.StatusAccepted)
}

// cleanUp asks for the deletion of every remaining instance, so that a failed
// walk costs no money.
func (w *walk) cleanUp() {
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	for _, path := range w.left {
		_, _ = w.platform.send(ctx, http.MethodDelete, path, "") // the failure of the walk is told
	}
}

// state returns the state of the emulator.
func (w *walk) state(ctx context.Context) (string, error) {
	if w.control == "" {
		return "", nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.control+"/state", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("no emulator at %s (set EMULATOR_CONTROL= for the real cloud): %w", w.control, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// settledState returns the state when every instance has been created or deleted.
func (w *walk) settledState(ctx context.Context) (string, error) {
	for end := time.Now().Add(requestTime); ; {
		now, err := w.state(ctx)
		busy := strings.Contains(now, `"status":"Deleting"`) || strings.Contains(now, `"status":"Creating"`)
		if err != nil || !busy || time.Now().After(end) {
			return now, err
		}
		if err := pause(ctx); err != nil {
			return "", err
		}
	}
}

// nothingLeft checks that the emulator is in its state from before the walk.
func (w *walk) nothingLeft(ctx context.Context) error {
	now, err := w.state(ctx)
	switch {
	case err != nil || w.control == "":
		return err
	case now != w.before:
		return fmt.Errorf("the emulator still holds a resource of the walk: %s", now)
	}
	w.platform.successf("the emulator holds nothing of it")
	return nil
}
