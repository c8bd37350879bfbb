package rds

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// TestSnapshot_EachField_IsSaved fails when a record gets a field that
// snapshot.go lacks.
func TestSnapshot_EachField_IsSaved(t *testing.T) {
	for _, tc := range []struct {
		of   any
		want []string
	}{
		{instance{}, []string{"accounts", "barred", "busy", "busyFrom", "busyUntil", "category", "change", "choices", "class", "created", "databases", "description", "engine", "expires", "id", "ipArrays", "leaving", "leavingAt", "locking", "payType", "private", "protected", "public", "readOnly", "readyAt", "region", "serial", "server", "serverless", "settings", "standbys", "starting", "stopped", "stopping", "storage", "storageType", "tags", "version", "vpcID", "vswitchID", "work", "working", "zone"}},
		{account{}, []string{"description", "grants", "kind", "leaving", "locked", "name", "password", "since", "until"}},
		{grant{}, []string{"database", "privilege", "since"}},
		{database{}, []string{"charset", "description", "leaving", "name", "until"}},
		{ipArray{}, []string{"attribute", "entries", "name"}},
		{endpoint{}, []string{"ip", "port", "prefix"}},
		{change{}, []string{"choices", "class", "serverless", "standbys", "storage", "storageType", "version"}},
		{standby{}, []string{"vswitch", "zone"}},
		{tag{}, []string{"key", "value"}},
		{tokenUse{}, []string{"at", "busy", "params", "response"}},
	} {
		var fields []string
		for field := range reflect.TypeOf(tc.of).Fields() {
			fields = append(fields, field.Name)
		}
		slices.Sort(fields)
		if !slices.Equal(fields, tc.want) {
			t.Errorf("%T has the fields %q: bring snapshot.go and this list up to them", tc.of, fields)
		}
	}
}

func TestRestore_BrokenSnapshot_ChangesNothing(t *testing.T) {
	s := New(Options{Clock: cloud.NewClock(), Network: vpc.New("1", nil)})
	defer s.Close()
	for _, broken := range []string{"", "[]", `{"instances":[{"id":"rm-1","class":"none"}]}`, `{"tokens":[{"key":"00","params":"00"}]}`} {
		if err := s.Restore(json.RawMessage(broken)); err == nil {
			t.Errorf("%q is restored", broken)
		}
	}
	if n := s.Count(); n != 0 {
		t.Errorf("%d instances", n)
	}
}
