package emulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
)

// changesUnseen reports whether a call changes what GET /state leaves out: keys of
// sessions, comments of groups, which it names alone, and the networks of the start.
func (a *answers) changesUnseen(action string, values map[string]string) bool {
	return a.api.Name == "Sts" || action == "UpdateGroup" || strings.Contains(values["VpcId"]+values["VSwitchId"], "-cnhangzhou0")
}

// shownState returns the resources that GET /state shows.
func shownState(t *testing.T, srv *emulator.Server) []byte {
	t.Helper()
	state := map[string]any{}
	for _, r := range srv.Resources() {
		state[r.Kind] = r.List
	}
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
