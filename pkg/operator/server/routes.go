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

// A route is what a call does, and to what.
type route struct {
	action string
	key    store.Key
	keyID  string // of a key that seals
	serve  func(*Handler, context.Context, *exchange) error
}

// find returns the route of a request, or a 404 or 405. Ids are taken from the
// path as it was encoded, since they may hold slashes.
func find(r *http.Request) (route, error) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), operator.Root)
	if !ok {
		return route{}, osb.ErrNotFound("This path")
	}
	part := strings.Split(rest, "/")
	methods, found := paths(part)
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

// An action is one thing that an operator can do.
type action struct {
	name  string
	serve func(*Handler, context.Context, *exchange) error
}

// paths is the one table of what is served: by the parts of the path what each
// method does, and the ids in it.
func paths(part []string) (map[string]action, route) {
	switch {
	case is(part, "counts"):
		return map[string]action{http.MethodGet: {"count", (*Handler).count}}, route{}
	case is(part, "instances"):
		return map[string]action{http.MethodGet: {"list", (*Handler).list}}, route{}
	case is(part, "instances", "*"):
		return map[string]action{
			http.MethodGet:    {"show", (*Handler).show},
			http.MethodDelete: {"purge", (*Handler).purge},
		}, route{key: store.Key{InstanceID: part[1]}}
	case is(part, "instances", "*", "retry"):
		return map[string]action{http.MethodPost: {"retry", (*Handler).retry}}, route{key: store.Key{InstanceID: part[1]}}
	case is(part, "instances", "*", "bindings", "*"):
		return map[string]action{http.MethodDelete: {"purge", (*Handler).purge}}, route{key: store.Key{InstanceID: part[1], BindingID: part[3]}}
	case is(part, "keys"):
		return map[string]action{
			http.MethodGet:  {"keys_list", (*Handler).listKeys},
			http.MethodPost: {"keys_add", (*Handler).addKey},
		}, route{}
	case is(part, "keys", "*"):
		return map[string]action{http.MethodDelete: {"keys_drop", (*Handler).dropKey}}, route{keyID: part[1]}
	case is(part, "keys", "*", "promote"):
		return map[string]action{http.MethodPost: {"keys_promote", (*Handler).promoteKey}}, route{keyID: part[1]}
	case is(part, "reseal"):
		return map[string]action{http.MethodPost: {"reseal", (*Handler).reseal}}, route{}
	}
	return nil, route{}
}

// is compares the parts of a path; "*" is anything but nothing.
func is(part []string, want ...string) bool {
	if len(part) != len(want) {
		return false
	}
	for i, w := range want {
		if got := part[i]; got != w && (w != "*" || got == "") {
			return false
		}
	}
	return true
}
