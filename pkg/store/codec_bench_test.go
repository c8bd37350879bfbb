package store_test

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// BenchmarkDecode reads a record of about 3 KB that this version has written.
func BenchmarkDecode(b *testing.B) {
	r := golden()
	r.Unknown, r.Want.Unknown, r.Have.Unknown, r.Operation.Unknown, r.Results[0].Unknown = nil, nil, nil, nil, nil
	r.Call, r.Earlier, r.Frozen, r.Refused, r.Unsettled = nil, nil, nil, nil, nil
	r.Want.Plan = json.RawMessage(`{"id":"plan","name":"small","schemas":{"create":{"type":"object","properties":{"Class":{"type":"string"},"ZoneId":{"type":"string"}}}},"settings":{"engine":"MySQL","version":"8.0","class":"rds.mysql.t1.small","storage":20}}`)
	r.Have.Plan = r.Want.Plan
	e := r.History.Events()[0]
	e.Unknown = nil
	r.History = store.NewHistory(e, e, e, e, e, e, e, e)
	encoded, err := store.Encode(r)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(encoded)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Decode(encoded); err != nil {
			b.Fatal(err)
		}
	}
}
