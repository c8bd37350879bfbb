package golden_test

import (
	"encoding/json"
	"net/http"
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
			if diff := cmp.Diff(parsed(t, a.Body), parsed(t, body)); diff != "" {
				t.Errorf("GET %s answers differently (-recorded +now):\n%s", a.Path, diff)
			}
		})
	}
}

func parsed(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return v
}
