package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A route is an action and its subject.
type route struct {
	action string
	key    store.Key
	keyID  string // of a sealing key
	serve  func(*Handler, context.Context, *exchange) error
}

// findRoute returns the route of a request, or a 404 or 405. It splits the
// encoded path, since ids may contain slashes.
func findRoute(r *http.Request) (route, error) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), operator.Root)
	if !ok {
		return route{}, osb.ErrNotFound("This path")
	}
	methods, found := resource(strings.Split(rest, "/"))
	if methods == nil {
		return route{}, osb.ErrNotFound("This path")
	}
	action, ok := methods[r.Method]
	if !ok {
		return route{}, osb.ErrMethodNotAllowed(r.Method)
	}
	found.action, found.serve = action.name, action.serve
	for i, id := range []*string{&found.key.InstanceID, &found.key.BindingID} {
		if *id == "" {
			continue
		}
		var err error
		if *id, err = api.ReadID([]string{"instance id", "binding id"}[i], *id); err != nil {
			return route{action: found.action}, err
		}
	}
	return found, nil
}

// An action is one method of a resource.
type action struct {
	name  string
	serve func(*Handler, context.Context, *exchange) error
}

// resource is the table of the API: for the parts of a path it returns the
// action of each method, and a route with the ids.
func resource(part []string) (map[string]action, route) {
	switch {
	case matches(part, "counts"):
		return map[string]action{http.MethodGet: {"count", (*Handler).count}}, route{}
	case matches(part, "instances"):
		return map[string]action{http.MethodGet: {"list", (*Handler).list}}, route{}
	case matches(part, "instances", "*"):
		return map[string]action{
			http.MethodGet:    {"show", (*Handler).show},
			http.MethodDelete: {"purge", (*Handler).purge},
		}, route{key: store.Key{InstanceID: part[1]}}
	case matches(part, "instances", "*", "retry"):
		return map[string]action{http.MethodPost: {"retry", (*Handler).retry}}, route{key: store.Key{InstanceID: part[1]}}
	case matches(part, "instances", "*", "accept"):
		return map[string]action{
			http.MethodGet:  {"altered", (*Handler).altered},
			http.MethodPost: {"accept", (*Handler).accept},
		}, route{key: store.Key{InstanceID: part[1]}}
	case matches(part, "instances", "*", "bindings", "*"):
		return map[string]action{http.MethodDelete: {"purge", (*Handler).purge}}, route{key: store.Key{InstanceID: part[1], BindingID: part[3]}}
	case matches(part, "keys"):
		return map[string]action{
			http.MethodGet:  {"keys_list", (*Handler).listKeys},
			http.MethodPost: {"keys_add", (*Handler).addKey},
		}, route{}
	case matches(part, "keys", "*"):
		return map[string]action{http.MethodDelete: {"keys_drop", (*Handler).dropKey}}, route{keyID: part[1]}
	case matches(part, "keys", "*", "promote"):
		return map[string]action{http.MethodPost: {"keys_promote", (*Handler).promoteKey}}, route{keyID: part[1]}
	case matches(part, "reseal"):
		return map[string]action{http.MethodPost: {"reseal", (*Handler).reseal}}, route{}
	}
	return nil, route{}
}

// matches compares the parts of a path with a pattern. "*" stands for any part
// that has text.
func matches(part []string, pattern ...string) bool {
	if len(part) != len(pattern) {
		return false
	}
	for i, want := range pattern {
		if got := part[i]; got != want && (want != "*" || got == "") {
			return false
		}
	}
	return true
}
