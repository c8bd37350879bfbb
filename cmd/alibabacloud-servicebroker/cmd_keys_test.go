package main

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestKeysCommands_Sequence_RotateTheKey(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	w.put(store.Key{InstanceID: "i"})
	ids := func() (ids []string) {
		out, _ := w.run("keys", "list", "--json")
		var list operator.KeyList
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
		for _, key := range list.Keys {
			id, err := json.Marshal(key.ID)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, string(id))
		}
		return ids
	}
	w.run("keys", "add")
	before := ids()
	if len(before) != 2 {
		t.Fatalf("keys: %v", before)
	}
	for _, step := range []struct {
		args []string
		code int
	}{
		{[]string{"keys", "drop", before[0]}, 1},
		{[]string{"keys", "promote", "x"}, 2},
		{[]string{"keys", "promote", before[1]}, 0},
		{[]string{"keys", "drop", before[0]}, 1},
		{[]string{"reseal"}, 0},
		{[]string{"keys", "drop", before[0]}, 0},
	} {
		if out, code := w.run(step.args...); code != step.code {
			t.Errorf("%q: exit code %d, want %d\n%s", step.args, code, step.code, out)
		}
	}
	if after := ids(); len(after) != 1 || after[0] != before[1] {
		t.Errorf("keys: %v, before %v", after, before)
	}
}
