package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// wrongRequests checks that each wrong request is refused with a sentence for
// the user, and that the broker serves on.
func (w *walk) wrongRequests(ctx context.Context, offered plans) error {
	p := w.platform
	p.chapter("Wrong requests are answered with the change to make")
	path, right := instancePath("demo-bad-"+w.run), offered.small
	for _, wrong := range []struct {
		name   string
		query  string
		body   string
		status int
	}{
		{"an unknown service", async, plan{"no-such-service", right.id}.body(""), http.StatusBadRequest},
		{"an unknown plan", async, plan{right.service, "no-such-plan"}.body(""), http.StatusBadRequest},
		{"the plan of another service", async, plan{right.service, offered.bucket.id}.body(""), http.StatusBadRequest},
		{"malformed JSON", async, `{"service_id": `, http.StatusBadRequest},
		{"a number for a service id", async, strings.Replace(right.body(""), `"`+right.service+`"`, "5", 1), http.StatusBadRequest},
		{"a text for parameters", async, right.body(`, "parameters": "Class"`), http.StatusBadRequest},
		{"an unknown parameter", async, right.body(`, "parameters": {"NoSuchName": 1}`), http.StatusBadRequest},
		{"a platform that cannot wait", "", right.body(""), http.StatusUnprocessableEntity},
	} {
		a, err := p.request(ctx, http.MethodPut, path+wrong.query, wrong.body)
		if err != nil {
			return err
		}
		if err := w.refusal(a, wrong.status, wrong.name); err != nil {
			return err
		}
		if code := a.field("error"); wrong.status == http.StatusUnprocessableEntity && code != "AsyncRequired" {
			return fmt.Errorf("the error is %q, want AsyncRequired: %s", code, a.body)
		}
	}
	return w.servesOn(ctx, path)
}

func (w *walk) refusal(a answer, status int, name string) error {
	if err := a.is(status); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	description := a.field("description")
	if description == "" {
		return fmt.Errorf("%s: the answer has no description: %s", name, a.body)
	}
	w.platform.successf("%s is %d: %s", name, status, description)
	return nil
}

func (w *walk) servesOn(ctx context.Context, path string) error {
	stranger := *w.platform
	stranger.password = "wrong-" + w.run
	a, err := stranger.request(ctx, http.MethodGet, "/v2/catalog", "")
	if err == nil {
		err = w.refusal(a, http.StatusUnauthorized, "a wrong password")
	}
	if err != nil {
		return err
	}
	if a, err = w.platform.request(ctx, http.MethodGet, path, ""); err == nil {
		err = a.is(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	w.platform.successf("none of them made an instance")
	if err := w.nothingLeft(ctx); err != nil {
		return err
	}
	if a, err = w.platform.request(ctx, http.MethodGet, "/v2/catalog", ""); err == nil {
		err = a.is(http.StatusOK)
	}
	if err == nil {
		w.platform.successf("and the broker serves on")
	}
	return err
}
