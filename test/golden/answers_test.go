package golden_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// TestGolden_StoredRecords_GiveSameAnswers stores records of
// before and fetches them over HTTP.
func TestGolden_StoredRecords_GiveSameAnswers(t *testing.T) {
	for _, a := range readLines[goldenAnswer](t, "answers.jsonl") {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			s := stack.New(t, stack.WithBrokerID(brokerID))
			for _, r := range a.decoded(t) {
				seed(t, s.Store(), r)
			}
			status, _, body := s.Do(http.MethodGet, a.Path, "", nil)
			if status != a.Status {
				t.Fatalf("GET %s answers %d %s, want %d", a.Path, status, body, a.Status)
			}
			now := parsed(t, body)
			if !strings.Contains(a.Path, "/service_bindings/") && status == http.StatusOK {
				takeDashboard(t, now)
			}
			if diff := cmp.Diff(parsed(t, a.Body), now); diff != "" {
				t.Errorf("GET %s answers differently (-recorded +now):\n%s", a.Path, diff)
			}
		})
	}
}

// takeDashboard takes the address of the dashboard out of an instance. Earlier versions
// had none; it is made from the record, and names the resource of that time.
func takeDashboard(t *testing.T, instance any) {
	t.Helper()
	members, ok := instance.(map[string]any)
	if !ok {
		t.Fatalf("the answer is %v", instance)
	}
	address, _ := members["dashboard_url"].(string)
	delete(members, "dashboard_url")
	metadata, _ := members["metadata"].(map[string]any)
	attributes, _ := metadata["attributes"].(map[string]any)
	for _, name := range []string{"bucket", "instance_id"} {
		if id, _ := attributes[name].(string); id != "" && strings.Contains(address, "/"+id+"/") {
			return
		}
	}
	t.Errorf("the dashboard %q names no resource of %v", address, attributes)
}

func parsed(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return v
}
