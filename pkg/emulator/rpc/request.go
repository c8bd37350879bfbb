package rpc

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A Request is a verified request on its way to an action.
type Request struct {
	// Context outlives the client's connection: the cloud finishes accepted
	// work.
	Context context.Context //nolint:containedctx // a request carries its context, as in net/http
	Caller  cloud.Caller
	Action  string
	Region  string     // RegionId, or the gateway's default region
	Params  url.Values // query and form together, common parameters included
	Now     time.Time  // the emulator's time
	Host    string     // the gateway's host in the request
	// Protocol is "HTTP" or "HTTPS".
	Protocol string
	// Observe receives the name of each parameter that the action reads, for tests of
	// the action's contract; it may be nil.
	Observe func(parameter string)
}

// Get returns the first value of a parameter, empty if it is absent.
func (r *Request) Get(name string) string {
	v, _ := r.lookup(name)
	return v
}

// Has reports whether the request has a parameter, be it empty.
func (r *Request) Has(name string) bool {
	_, ok := r.lookup(name)
	return ok
}

// lookup returns the first value of a parameter.
func (r *Request) lookup(name string) (string, bool) {
	if r.Observe != nil {
		r.Observe(name)
	}
	values, ok := r.Params[name]
	if len(values) == 0 {
		return "", ok
	}
	return values[0], ok
}

// Require returns the value of a required parameter.
func (r *Request) Require(name string) (string, *Error) {
	if v := r.Get(name); v != "" {
		return v, nil
	}
	return "", Missing(name)
}

// Int returns an integer parameter, or def if it is absent.
func (r *Request) Int(name string, def int) (int, *Error) {
	v := r.Get(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, Errorf(http.StatusBadRequest, "InvalidParameter", "The parameter %s must be an integer.", name)
	}
	return n, nil
}

// Bool returns a boolean parameter ("true" or "false" in any case), or def if
// it is absent.
func (r *Request) Bool(name string, def bool) (bool, *Error) {
	v := r.Get(name)
	if v == "" {
		return def, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil || len(v) < len("true") {
		return false, Errorf(http.StatusBadRequest, "InvalidParameter", "The parameter %s must be true or false.", name)
	}
	return b, nil
}

// List returns the values of a repeated parameter: NAME.1, NAME.2, ... up to
// the first that is absent.
func (r *Request) List(name string) []string {
	var list []string
	for i := 1; ; i++ {
		v, ok := r.lookup(name + "." + strconv.Itoa(i))
		if !ok {
			return list
		}
		list = append(list, v)
	}
}

// A Tag is a key and a value as parameters carry them.
type Tag struct {
	Key, Value string
	HasValue   bool // whether a value was sent at all, be it empty
}

// Tags returns the tags of the parameters Tag.1.Key, Tag.1.Value, ...
func (r *Request) Tags() []Tag { return r.tags(false) }

// TagsOfEitherCase is Tags for actions of RDS that take the lower-case spelling
// too (Tag.1.key).
func (r *Request) TagsOfEitherCase() []Tag { return r.tags(true) }

func (r *Request) tags(lower bool) []Tag {
	var tags []Tag
	for i := 1; ; i++ {
		prefix := "Tag." + strconv.Itoa(i) + "."
		key, okKey := r.lookup(prefix + "Key")
		value, okValue := r.lookup(prefix + "Value")
		if lower && !okKey {
			key, okKey = r.lookup(prefix + "key")
		}
		if lower && !okValue {
			value, okValue = r.lookup(prefix + "value")
		}
		if !okKey && !okValue {
			return tags
		}
		tags = append(tags, Tag{Key: key, Value: value, HasValue: okValue})
	}
}
