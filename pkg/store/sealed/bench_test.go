package sealed_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// BenchmarkRecord reads a record of about 3 KB as a poll does, and as a decision
// does, which checks its box.
func BenchmarkRecord(b *testing.B) {
	inner, err := bolt.Open(b.TempDir()+"/broker.db", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = inner.Close() })
	source := sealed.File(b.TempDir() + "/keyset.json")
	keys, err := sealed.Ensure(b.Context(), source, inner, nil)
	if err != nil {
		b.Fatal(err)
	}
	s, k := sealed.New(inner, keys), store.Key{InstanceID: "i"}
	_, err = s.Update(b.Context(), k, func(r *store.Record) error {
		plan := json.RawMessage(`{"settings":"` + strings.Repeat("x", 1200) + `"}`)
		r.Incarnation, r.Want = "life", &store.Spec{Plan: plan, Parameters: store.Seal([]byte("{}"))}
		r.Have = r.Want
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for name, check := range map[string]bool{"poll": false, "decision": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Get(b.Context(), k)
				if err != nil {
					b.Fatal(err)
				}
				if check && r.Authenticate() != nil {
					b.Fatal(r.Authenticate())
				}
			}
		})
	}
}
