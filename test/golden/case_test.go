package golden_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A goldenCall is one call of one step: the records as they were stored just
// before the call, and its HTTP exchanges.
type goldenCall struct {
	Name     string    `json:"name"` // scenario/operation/step
	Provider string    `json:"provider"`
	Now      time.Time `json:"now"`
	records

	Step    string          `json:"step"`
	Target  string          `json:"target,omitempty"`
	Token   string          `json:"token"`
	Request json.RawMessage `json:"request"` // the frozen one
	Wire    []exchange      `json:"wire"`
	Facts   providers.Facts `json:"facts"`
}

// A goldenAnswer is the answer to the fetch of an instance or binding after a
// successful operation.
type goldenAnswer struct {
	Name string `json:"name"`
	records

	Path   string          `json:"path"`
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

// records are stored bytes, with plain secrets in the place of sealed ones.
type records struct {
	Instance json.RawMessage `json:"instance"`
	Binding  json.RawMessage `json:"binding,omitempty"`
}

// readLines reads a file of one JSON value a line.
func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for placeholder, plan := range readPlans(t) {
		b = bytes.ReplaceAll(b, []byte(placeholder), plan)
	}
	var all []T
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, len(b)+1)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return all
}

// readPlans reads the catalog's plans as records keep them. The other files
// hold a placeholder for each, since they are long and often the same.
func readPlans(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "plans.json"))
	if err != nil {
		t.Fatal(err)
	}
	var plans map[string]json.RawMessage
	if err := json.Unmarshal(b, &plans); err != nil {
		t.Fatal(err)
	}
	quoted := map[string]json.RawMessage{}
	for name, plan := range plans {
		quoted[`"`+name+`"`] = plan
	}
	return quoted
}

// decode reads stored bytes with this version's code. The secrets are fresh
// ones, ready to be sealed.
func decode(t *testing.T, stored json.RawMessage) store.Record {
	t.Helper()
	r, err := store.Decode(stored)
	if err != nil {
		t.Fatalf("a record of before does not decode: %v", err)
	}
	err = r.EachSealed(func(_ string, s *store.Sealed) error {
		*s = store.Seal(s.Box())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decoded reads the records, the instance first.
func (r records) decoded(t *testing.T) []store.Record {
	t.Helper()
	all := []store.Record{decode(t, r.Instance)}
	if r.Binding != nil {
		all = append(all, decode(t, r.Binding))
	}
	return all
}
