package stack_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// TestRecord_AnothersIDs_HarmNobody: the ids and addresses in the record of one
// database are replaced by another's, as by an attacker who writes to the store.
func TestRecord_AnothersIDs_HarmNobody(t *testing.T) {
	const attacker, victim = "/v2/service_instances/attacker", "/v2/service_instances/victim"
	s := stack.New(t, stack.WithSpeed(200))
	ids := map[string]any{"service_id": rdsService, "plan_id": rdsPlan, "organization_guid": "o", "space_guid": "s"}
	query := "service_id=" + rdsService + "&plan_id=" + rdsPlan
	finished(t, s, http.MethodPut, attacker, ids)
	own := s.Cloud().RDS().Instances()[0].ID
	finished(t, s, http.MethodPut, victim, ids)
	taken := facts(t, s, "victim", nil)
	was := facts(t, s, "attacker", taken)

	before := len(s.Cloud().Calls(""))
	for _, request := range []struct{ method, path, body, operation string }{
		{http.MethodPut, attacker + "/service_bindings/b", `{"service_id":"` + rdsService + `","plan_id":"` + rdsPlan + `"}`, attacker + "/service_bindings/b"},
		{http.MethodDelete, attacker, "", attacker},
	} {
		path := request.path + "?accepts_incomplete=true"
		if request.method == http.MethodDelete {
			path += "&" + query
		}
		if status, _, answer := s.Do(request.method, path, request.body, nil); status != http.StatusAccepted {
			t.Fatalf("%s %s answers %d %s, want 202", request.method, request.path, status, answer)
		}
		sentence := providers.Sentence(providers.ErrForeign)
		if request.method == http.MethodDelete { // the clean-up of the binding comes first
			sentence = `"in progress"`
		}
		for answer := []byte(nil); !strings.Contains(string(answer), sentence); {
			var status int
			if status, _, answer = s.Do(http.MethodGet, request.operation+"/last_operation", "", nil); status != http.StatusOK || !strings.Contains(string(answer), "in progress") {
				t.Fatalf("%s %s polls as %d %s, want in progress", request.method, request.path, status, answer)
			}
		}
	}
	for _, call := range s.Cloud().Calls("")[before:] {
		if !strings.HasPrefix(call.Action, "Describe") && call.Action != "GetCallerIdentity" {
			t.Errorf("%s was called", call.Action)
		}
	}

	facts(t, s, "attacker", was)
	finished(t, s, http.MethodDelete, attacker+"?"+query, nil)
	left := s.Cloud().RDS().Instances()
	if len(left) != 1 || left[0].ID == own || len(left[0].Accounts) != 0 {
		t.Fatalf("after the repair and the deletion there is %+v, want the victim's database as it was", left)
	}
	finished(t, s, http.MethodDelete, victim+"?"+query, nil)
	if !s.Cloud().Empty() {
		t.Errorf("left: %q", s.Cloud().Leftovers())
	}
}

// facts returns the open facts of an instance, and replaces them unless to is nil.
func facts(t *testing.T, s *stack.Stack, id string, to map[string]string) (was map[string]string) {
	t.Helper()
	_, err := s.Store().Update(t.Context(), store.Key{InstanceID: id}, func(r *store.Record) error {
		was = maps.Clone(r.Facts)
		if to != nil {
			r.Facts = maps.Clone(to)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return was
}
