package emulator_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
)

// sameAfterRestore repeats a call that changes nothing on an emulator that has loaded
// the saved state: what clients have written is answered as before.
func (a *answers) sameAfterRestore(t *testing.T, action string, values map[string]string, want map[string]any) {
	t.Helper()
	if a.api.Name == "Location" {
		return // it answers the emulator's own address
	}
	if a.restored == nil {
		a.restored = emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) {
			c.AccessKey, c.Clock = a.srv.AccessKey(), cloud.NewFrozenClock(a.srv.Clock().Now())
		}))
		if err := a.restored.Load(bytes.NewReader(savedState(t, a.srv))); err != nil {
			t.Fatal(err)
		}
		var keys kms.Keys // a switch, which saved states leave out
		a.srv.KMS().Behave(func(b *kms.Behaviour) { keys = b.Keys })
		a.restored.KMS().Behave(func(b *kms.Behaviour) { b.Keys = keys })
	}
	body, code := caller{a.restored, a.client}.call(t, a.api, action, values)
	if code != "" {
		t.Errorf("%s %v after a restart: %s", action, values, code)
		return
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	for _, member := range slices.Sorted(maps.Keys(want)) {
		if member != "RequestId" && !reflect.DeepEqual(got[member], want[member]) {
			t.Errorf("%s: %s is %v, and after a restart %v", action, member, want[member], got[member])
		}
	}
}
