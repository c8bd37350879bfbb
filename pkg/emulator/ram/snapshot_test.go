package ram

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// TestSnapshot_EachField_IsSaved fails when a record gets a field that
// snapshot.go lacks.
func TestSnapshot_EachField_IsSaved(t *testing.T) {
	for _, tc := range []struct {
		of   any
		want []string
	}{
		{user{}, []string{"comments", "created", "detached", "displayName", "email", "groups", "id", "joined", "keys", "login", "name", "phone", "policies", "updated"}},
		{accessKey{}, []string{"created", "id", "secret", "status", "user"}},
		{loginProfile{}, []string{"created", "mfaRequired", "resetRequired"}},
		{group{}, []string{"comments", "created", "detached", "id", "name", "policies", "updated"}},
		{policy{}, []string{"before", "created", "defaultID", "description", "detached", "kind", "lastVersion", "name", "switched", "tags", "updated", "versions"}},
		{policyVersion{}, []string{"created", "doc", "id", "text"}},
		{role{}, []string{"builtIn", "created", "description", "detached", "id", "inline", "maxSession", "name", "policies", "tags", "trust", "trustText", "updated"}},
		{attachment{}, []string{"at", "kind", "name"}},
		{detachment{}, []string{"at", "from"}},
		{revocation{}, []string{"at", "version"}},
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
	r := New(cloud.NewClock(), "1")
	for _, broken := range []string{
		"", "[]", `{"users":[{"name":"u","policies":[{"kind":"Custom","name":"none"}]}]}`, `{"users":[{"name":"u","groups":["none"]}]}`,
		`{"policies":[{"name":"p","default":"v1"}]}`, `{"policies":[{"name":"p","default":"v1","versions":[{"id":"v1","text":"{}"}]}]}`,
		`{"users":[{"name":"u"}],"roles":[{"name":"r","trust":"{}"}]}`,
	} {
		if err := r.Restore(json.RawMessage(broken)); err == nil {
			t.Errorf("%q is restored", broken)
		}
	}
	if users := r.Users(); len(users) != 0 {
		t.Errorf("users %+v", users)
	}
}

func TestRestore_BuiltInRole_KeepsChanges(t *testing.T) {
	allow := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	plant := func() *RAM {
		r := New(cloud.NewClock(), "1")
		if err := r.AddRole("builtIn", allow); err != nil {
			t.Fatal(err)
		}
		return r
	}
	before, after := plant(), plant()
	const trust = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["fc.aliyuncs.com"]}}]}`
	changed := before.roles["builtIn"]
	changed.policies = []attachment{{kind: typeSystem, name: "AdministratorAccess"}}
	changed.description, changed.maxSession, changed.trustText = "d", 2*time.Hour, trust
	saved, err := before.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Restore(saved); err != nil {
		t.Fatal(err)
	}
	o := after.roles["builtIn"]
	if len(o.inline) != 1 || len(o.policies) != 1 || o.description != "d" || o.maxSession != 2*time.Hour || o.trustText != trust || !o.created.Equal(changed.created) {
		t.Errorf("the role is %+v", o)
	}
}
