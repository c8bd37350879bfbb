package parameters_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// Access and prefix of a binding have several spellings and one meaning, a rotation
// keeps them, and nonsense is a 400 that leaves nothing.
func TestParameters_OfBucketBindings_MeanOneValue(t *testing.T) {
	offering, plans := buckets(t)
	s := stack.New(t)
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: plans["default"]}
	i.make(nil)
	type given = map[string]any
	for _, c := range []struct {
		id, predecessor string
		parameters      any
		want            int
	}{
		{"plain", "", nil, http.StatusCreated},
		{"plain", "", given{"Access": "readwrite"}, http.StatusOK},
		{"plain", "", given{"access": "Read-Write", "prefix": nil}, http.StatusOK},
		{"plain", "", given{"Access": "readonly"}, http.StatusConflict},
		{"plain", "", given{"Prefix": "in/"}, http.StatusConflict},
		{"plain", "", given{"Prefix": " "}, http.StatusConflict}, // a blank is no absent value: it would open the whole bucket
		{"reader", "", given{"access": "READ_ONLY", "prefix": "in/"}, http.StatusCreated},
		{"reader", "", given{"Access": "readonly", "Prefix": "in/"}, http.StatusOK},
		{"reader", "", given{"Access": "readonly"}, http.StatusConflict},
		{"next", "reader", nil, http.StatusCreated},
		{"next", "reader", given{"Access": "readonly", "Prefix": "in/"}, http.StatusOK},
		{"bad", "", given{"Access": "all"}, http.StatusBadRequest},
		{"bad", "", given{"Access": true}, http.StatusBadRequest},
		{"bad", "", given{"Access": "readonly", "access": "writeonly"}, http.StatusBadRequest},
		{"bad", "", given{"Prefix": "in/*"}, http.StatusBadRequest},
		{"bad", "", given{"Prefix": "/in"}, http.StatusBadRequest},
		{"bad", "", given{"Prefix": "${acs:AccessId}"}, http.StatusBadRequest},
		{"bad", "", given{"Prefix": strings.Repeat("a", 257)}, http.StatusBadRequest},
		{"bad", "", given{"Prefix": 7}, http.StatusBadRequest},
		{"bad", "", given{"Prefixes": "in/"}, http.StatusBadRequest},
	} {
		if got := i.bind(c.id, c.predecessor, c.parameters); got != c.want {
			t.Errorf("bind %s of %q with %v: %d, want %d", c.id, c.predecessor, c.parameters, got, c.want)
		}
	}
	for id, prefix := range map[string]string{"plain": "", "reader": "in/", "next": "in/"} {
		_, _, raw := s.Do(http.MethodGet, "/v2/service_instances/i/service_bindings/"+id, "", nil)
		credentials, _ := i.decoded(raw)["credentials"].(map[string]any)
		if got, _ := credentials["prefix"].(string); got != prefix {
			t.Errorf("the credentials of %s name the prefix %q, want %q", id, got, prefix)
		}
	}
	if users := len(s.Cloud().RAM().Users()); users != 3 {
		t.Errorf("the account has %d users, want one for each of three bindings", users)
	}
}
