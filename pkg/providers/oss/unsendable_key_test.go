package oss_test

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A key that no request can carry, in a record of an earlier version, is the
// user's failure at the first look: its operation ends, and no call is made.
func TestInstance_UnsendableUsersKey_IsTheUsersFailure(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"AccessKeyId":"LTAIunknownkeyunknown","AccessKeySecret":"wrong-secret"}`)
	task.Plan = providers.Plan(strings.Replace(string(task.Plan), "LTAIunknownkeyunknown", `a\r\nb`, 1))
	before := len(w.cloud.Calls(""))
	_, err := w.provider.Observe(t.Context(), *task)
	if providers.ClassOf(err) != providers.User || !strings.Contains(providers.Sentence(err), "AccessKeyId") {
		t.Errorf("Observe with a key that cannot be sent = %v, told as %q", err, providers.Sentence(err))
	}
	if n := len(w.cloud.Calls("")) - before; n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
