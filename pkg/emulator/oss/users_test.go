package oss_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

type key struct{ ID, Secret string }

// call runs an action of RAM as the account.
func (e *environment) call(t *testing.T, action string, params ...string) any {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(params); i += 2 {
		values.Set(params[i], params[i+1])
	}
	answer, err := e.ram.API().Actions[action].Do(&rpc.Request{
		Context: t.Context(), Caller: cloud.Caller{AccountID: account}, Action: action, Params: values, Now: e.clock.Now(),
	})
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return answer
}

// addUser makes a RAM user with a key, and with a policy unless that is empty.
func (e *environment) addUser(t *testing.T, name, policy string) key {
	t.Helper()
	e.call(t, "CreateUser", "UserName", name)
	if policy != "" {
		e.call(t, "CreatePolicy", "PolicyName", name, "PolicyDocument", policy)
		e.call(t, "AttachPolicyToUser", "UserName", name, "PolicyType", "Custom", "PolicyName", name)
	}
	made, err := json.Marshal(e.call(t, "CreateAccessKey", "UserName", name))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		AccessKey struct {
			ID     string `json:"AccessKeyId"`
			Secret string `json:"AccessKeySecret"`
		} `json:"AccessKey"`
	}
	if err := json.Unmarshal(made, &answer); err != nil {
		t.Fatal(err)
	}
	return key{answer.AccessKey.ID, answer.AccessKey.Secret}
}

func (e *environment) setKeyStatus(t *testing.T, user, id, status string) {
	t.Helper()
	e.call(t, "UpdateAccessKey", "UserName", user, "UserAccessKeyId", id, "Status", status)
}

func (e *environment) deleteKey(t *testing.T, user, id string) {
	t.Helper()
	e.call(t, "DeleteAccessKey", "UserName", user, "UserAccessKeyId", id)
}
