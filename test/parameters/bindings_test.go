package parameters_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// bind sends a bind, or the rotation of a binding.
func (i instance) bind(id, predecessor string, parameters any) int {
	i.Helper()
	body := map[string]any{"service_id": i.offering.ID, "plan_id": i.plan.ID, "parameters": parameters}
	if predecessor != "" {
		body = map[string]any{"predecessor_binding_id": predecessor, "parameters": parameters}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		i.Fatal(err)
	}
	status, _, _ := i.stack.Do(http.MethodPut, "/v2/service_instances/"+i.id+"/service_bindings/"+id, string(raw), nil)
	return status
}

// Parameters of binds and rotations are compared by meaning too, and null is
// absent.
func TestParameters_OfBindings_MeanOneValue(t *testing.T) {
	osbtest.Proves(t, "BIND-09", "BIND-11", "ROT-06")
	offering, plans := database(t)
	s := stack.New(t)
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: plans["rds-mysql-t1-small"]}
	i.make(nil)
	named := map[string]any{"Username": "app_user", "Password": "Secret_12"}
	for id, first := range map[string]any{"named": map[string]any{"Username": " app_user", "Password": "Secret_12\n"}, "drawn": map[string]any{"Username": "", "Password": nil}} {
		if status := i.bind(id, "", first); status != http.StatusCreated {
			t.Fatalf("bind %s: %d", id, status)
		}
	}
	for _, c := range []struct {
		id, predecessor string
		parameters      any
		want            int
	}{
		{"named", "", named, http.StatusOK},
		{"named", "", map[string]any{"Username": "app_user ", "Password": " Secret_12"}, http.StatusOK},
		{"named", "", map[string]any{"Username": "other", "Password": "Secret_12"}, http.StatusConflict},
		{"named", "", map[string]any{"Username": "app_user", "Password": nil}, http.StatusConflict},
		{"drawn", "", nil, http.StatusOK},
		{"drawn", "", map[string]any{"Username": nil, "Password": " "}, http.StatusOK},
		{"drawn", "", map[string]any{"Username": "other"}, http.StatusConflict},
		{"next", "named", nil, http.StatusCreated}, // a successor draws both
		{"next", "named", map[string]any{"Username": " "}, http.StatusOK},
		{"next", "named", map[string]any{"Username": "ignored"}, http.StatusOK},
	} {
		if got := i.bind(c.id, c.predecessor, c.parameters); got != c.want {
			t.Errorf("bind %s of %q with %v: %d, want %d", c.id, c.predecessor, c.parameters, got, c.want)
		}
	}
	for id, want := range map[string]string{"named": "app_user", "drawn": "", "next": ""} {
		_, _, raw := s.Do(http.MethodGet, "/v2/service_instances/i/service_bindings/"+id, "", nil)
		shown, _ := i.decoded(raw)["parameters"].(map[string]any)
		if got, _ := shown["Username"].(string); got != want || shown["Password"] != nil {
			t.Errorf("the binding %s shows %v, want the user name %q alone", id, shown, want)
		}
	}
}
