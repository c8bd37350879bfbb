package golden_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

const (
	ossService = "oss-997b8372-8dac-40ac-ae65-758b4a502222"
	ossPlan    = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222"
	rdsService = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5"
	rdsPlan    = "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1e"
)

// TestGolden_OldInstances_LiveOn updates, binds, rotates and deletes instances
// of before, over HTTP, in a broker with a catalog that has lost their plans.
func TestGolden_OldInstances_LiveOn(t *testing.T) {
	for name, life := range map[string]struct {
		answer        string   // the records of a binding and its instance
		made          []string // the calls that made both in the cloud
		service, plan string
		update        string // parameters, in another spelling than the schema's
		impossible    string // parameters that the plan of before let pass to the provider
	}{
		"rds": {
			"rds/binding",
			[]string{"rds/provision/create", "rds/provision/whitelist", "rds/provision/database", "rds/bind/account", "rds/bind/grant"},
			rdsService, rdsPlan, `{"Storage":" 60.0 "}`, `{"Storage":"61"}`,
		},
		"oss": {
			"oss/binding",
			[]string{"oss/provision/bucket", "oss/provision/tags", "oss/bind/user", "oss/bind/policy", "oss/bind/attach", "oss/bind/key"},
			ossService, ossPlan, `{"Acl":"Public Read/Write"}`, `{"Acl":"everybody"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stack.New(t, stack.WithBrokerID(brokerID), stack.WithCloud(withKey()), stack.WithCatalog(otherPlans()...))
			path := "/v2/service_instances/" + restore(t, s, life.answer, life.made)
			ids := `"service_id":"` + life.service + `","plan_id":"` + life.plan + `"`
			query := "&service_id=" + life.service + "&plan_id=" + life.plan
			if status, _, answer := s.Do(http.MethodPatch, path+"?accepts_incomplete=true", `{`+ids+`,"parameters":`+life.impossible+`}`, nil); status != http.StatusBadRequest {
				t.Errorf("update to %s: %d %s", life.impossible, status, answer)
			}
			await(t, s, http.MethodPatch, path+"?accepts_incomplete=true", `{`+ids+`,"parameters":`+life.update+`}`)
			await(t, s, http.MethodPut, path+"/service_bindings/new?accepts_incomplete=true", `{`+ids+`}`)
			await(t, s, http.MethodPut, path+"/service_bindings/next?accepts_incomplete=true", `{`+ids+`,"predecessor_binding_id":"app-1"}`)
			await(t, s, http.MethodDelete, path+"/service_bindings/app-1?accepts_incomplete=true"+query, "")
			await(t, s, http.MethodDelete, path+"?accepts_incomplete=true"+query, "")
			if !s.Cloud().Empty() {
				t.Errorf("something is left in the cloud: %+v", s.Cloud().Dump())
			}
		})
	}
}

// restore makes a binding of before and its instance in the cloud, stores both
// records, and returns the id of the instance.
func restore(t *testing.T, s *stack.Stack, answer string, made []string) string {
	t.Helper()
	calls := map[string]goldenCall{}
	for _, c := range readLines[goldenCall](t, "calls.jsonl") {
		calls[c.Name] = c
	}
	ids := map[string]string{}
	for _, name := range made {
		c := calls[name]
		resumed := c.resume(t, renaming(ids))
		facts, err := providersOf(t, clientsAt(t, s.Cloud().URL(), accountKey()))[c.Provider].Do(t.Context(), resumed.task, resumed.step)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, fact := range []string{"instance_id", "access_key_id"} {
			if old := c.Facts.Open[fact]; old != "" {
				ids[old] = facts.Open[fact]
			}
		}
	}
	for _, a := range readLines[goldenAnswer](t, "answers.jsonl") {
		if a.Name != answer {
			continue
		}
		all := a.decoded(t)
		for _, r := range all {
			renaming(ids)(&r)
			seed(t, s.Store(), r)
		}
		return all[0].InstanceID
	}
	t.Fatalf("there is no recorded answer %s", answer)
	return ""
}

// otherPlans are the program's offerings with plans of other ids.
func otherPlans() [][]byte {
	var documents [][]byte
	for _, document := range [][]byte{rds.Plans, oss.Plans} {
		text := strings.NewReplacer("id: rds-427559f1", "id: new-427559f1", "id: rds-edc2badc", "id: new-edc2badc",
			"id: oss-edc2badc", "id: new-edc2badc").Replace(string(document))
		documents = append(documents, []byte(text))
	}
	return documents
}

// await sends a request and polls until its operation has succeeded.
func await(t *testing.T, s *stack.Stack, method, path, body string) {
	t.Helper()
	status, _, answer := s.Do(method, path, body, nil)
	resource, _, _ := strings.Cut(path, "?")
	for end := time.Now().Add(20 * time.Second); status == http.StatusAccepted || strings.Contains(string(answer), "in progress"); {
		if time.Now().After(end) {
			break
		}
		<-time.After(2 * time.Millisecond)
		status, _, answer = s.Do(http.MethodGet, resource+"/last_operation", "", nil)
	}
	gone := method == http.MethodDelete && status == http.StatusGone
	if !gone && status/100 != 2 || strings.Contains(string(answer), `"failed"`) || strings.Contains(string(answer), "in progress") {
		t.Fatalf("%s %s ends with %d %s", method, path, status, answer)
	}
}
