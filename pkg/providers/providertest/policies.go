package providertest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// Policies runs a whole life as a RAM user that has the policies of the
// descriptor alone: RAM must allow every call, and the life must call every
// action of the policies. rare names actions that other lives call. open makes
// the harness; change gives the provider the clients of the user.
func Policies(t *testing.T, server *emulator.Server, d descriptor.Descriptor, open func(change func(*descriptor.Deps)) Harness, rare ...string) {
	t.Helper()
	user := clientsOfUser(t, server, d)
	before := len(server.Calls(""))
	defer func() { // a refused call ends the test
		reported := map[string]bool{}
		for _, call := range server.Calls("")[before:] {
			if action := actionOf(call); call.Status == http.StatusForbidden && !reported[action] {
				reported[action] = true
				t.Errorf("%s ended with 403 %s", action, call.Code)
			}
		}
	}()
	w := newScenario(t, func(*testing.T) Harness {
		return open(func(deps *descriptor.Deps) { deps.Profiles[descriptor.DefaultProfile].Clients = user })
	})
	w.process(broker).live(func(string) {})
	called := map[string]bool{}
	for _, call := range server.Calls("")[before:] {
		called[actionOf(call)] = true
	}
	for _, action := range actions(t, d) {
		if isRare := slices.Contains(rare, action); called[action] == isRare {
			t.Errorf("the policies of %s name %s: called %v, rare %v", d.Name, action, called[action], isRare)
		}
	}
}

// actionOf returns RAM's name of a call.
func actionOf(call cloud.Call) string {
	if strings.Contains(call.Action, ":") {
		return call.Action
	}
	return strings.ToLower(call.Product) + ":" + call.Action
}

// actions returns the actions of the descriptor's policies.
func actions(t *testing.T, d descriptor.Descriptor) []string {
	t.Helper()
	var all []string
	for _, policy := range d.Policies {
		var document struct{ Statement []struct{ Action []string } }
		if err := json.Unmarshal(policy.Document, &document); err != nil {
			t.Fatalf("policy %s: %v", policy.Name, err)
		}
		for _, s := range document.Statement {
			all = append(all, s.Action...)
		}
	}
	if len(all) == 0 {
		t.Fatalf("the service %s has no policy", d.Name)
	}
	return all
}

// clientsOfUser makes a RAM user that has the policies of the descriptor alone,
// and returns clients that sign as that user.
func clientsOfUser(t *testing.T, server *emulator.Server, d descriptor.Descriptor) *alicloud.Clients {
	t.Helper()
	const name = "broker-of-providertest"
	account := Clients(t, server, alicloud.Product{Name: "ram", Version: "2015-05-01", Host: alicloud.CentralHost("ram")})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	user := ram.CreateCreateUserRequest()
	user.UserName = name
	must(account.Do(t.Context(), alicloud.Write, user, ram.CreateCreateUserResponse()))
	for _, p := range d.Policies {
		policy, attach := ram.CreateCreatePolicyRequest(), ram.CreateAttachPolicyToUserRequest()
		policy.PolicyName, policy.PolicyDocument = p.Name, string(p.Document)
		must(account.Do(t.Context(), alicloud.Write, policy, ram.CreateCreatePolicyResponse()))
		attach.UserName, attach.PolicyType, attach.PolicyName = name, "Custom", p.Name
		must(account.Do(t.Context(), alicloud.Write, attach, ram.CreateAttachPolicyToUserResponse()))
	}
	key, made := ram.CreateCreateAccessKeyRequest(), ram.CreateCreateAccessKeyResponse()
	key.UserName = name
	must(account.Do(t.Context(), alicloud.Write, key, made))
	return Clients(t, server, d.Products...).With(alicloud.Static(alicloud.Key{ID: made.AccessKey.AccessKeyId, Secret: made.AccessKey.AccessKeySecret}))
}
