package rampolicies_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// The placeholders in the files of contrib/ram-policies, which each account
// replaces.
const (
	account = "1234567890123456"
	self    = "servicebroker" // name of the broker's RAM user, and of its role
	roleARN = "acs:ram::" + account + ":role/" + self
)

// An administrator makes users, policies and roles as the account itself.
type administrator struct {
	*alicloud.Clients

	t     testing.TB
	cloud *emulator.Server
	url   *url.URL
}

func asAccount(t testing.TB, cloud *emulator.Server) administrator {
	t.Helper()
	return as(t, cloud, environment.AccountKey(cloud))
}

func as(t testing.TB, cloud *emulator.Server, source alicloud.CredentialsSource) administrator {
	t.Helper()
	at, err := url.Parse(cloud.URL())
	if err != nil {
		t.Fatal(err)
	}
	clients, err := environment.Clients(cloud, source)
	if err != nil {
		t.Fatal(err)
	}
	return administrator{clients, t, cloud, at}
}

func (a administrator) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// policies creates custom policies and returns their names.
func (a administrator) policies(prefix string, documents ...string) []string {
	a.t.Helper()
	var names []string
	for i, text := range documents {
		name := fmt.Sprintf("%s-%d", prefix, i)
		req := ram.CreateCreatePolicyRequest()
		req.PolicyName, req.PolicyDocument = name, text
		a.must(a.Do(a.t.Context(), alicloud.Write, req, ram.CreateCreatePolicyResponse()))
		names = append(names, name)
	}
	return names
}

// createUser makes a RAM user without rights.
func (a administrator) createUser(name string) {
	a.t.Helper()
	req := ram.CreateCreateUserRequest()
	req.UserName = name
	a.must(a.Do(a.t.Context(), alicloud.Write, req, ram.CreateCreateUserResponse()))
}

// user makes a RAM user that has these policies alone, and returns its key.
func (a administrator) user(name string, documents ...string) alicloud.CredentialsSource {
	a.t.Helper()
	a.createUser(name)
	for _, policy := range a.policies("user-"+name, documents...) {
		req := ram.CreateAttachPolicyToUserRequest()
		req.UserName, req.PolicyType, req.PolicyName = name, "Custom", policy
		a.must(a.Do(a.t.Context(), alicloud.Write, req, ram.CreateAttachPolicyToUserResponse()))
	}
	req, resp := ram.CreateCreateAccessKeyRequest(), ram.CreateCreateAccessKeyResponse()
	req.UserName = name
	a.must(a.Do(a.t.Context(), alicloud.Write, req, resp))
	return alicloud.Static(alicloud.Key{ID: resp.AccessKey.AccessKeyId, Secret: resp.AccessKey.AccessKeySecret})
}

// role makes a role that has these policies alone.
func (a administrator) role(name, trust string, documents ...string) {
	a.t.Helper()
	req := ram.CreateCreateRoleRequest()
	req.RoleName, req.AssumeRolePolicyDocument = name, trust
	a.must(a.Do(a.t.Context(), alicloud.Write, req, ram.CreateCreateRoleResponse()))
	for _, policy := range a.policies("role-"+name, documents...) {
		req := ram.CreateAttachPolicyToRoleRequest()
		req.RoleName, req.PolicyType, req.PolicyName = name, "Custom", policy
		a.must(a.Do(a.t.Context(), alicloud.Write, req, ram.CreateAttachPolicyToRoleResponse()))
	}
}

// An identity makes whom the broker works as, with these policies alone.
type identity func(t *testing.T, cloud *emulator.Server, documents ...string) alicloud.CredentialsSource

// aUser is the RAM user of a static key.
func aUser(t *testing.T, cloud *emulator.Server, documents ...string) alicloud.CredentialsSource {
	t.Helper()
	return asAccount(t, cloud).user(self, documents...)
}

// aRole is a role for a RAM user whose only right is to assume it.
func aRole(t *testing.T, cloud *emulator.Server, documents ...string) alicloud.CredentialsSource {
	t.Helper()
	a := asAccount(t, cloud)
	key := a.user(self, file(t, "assume-role.json"))
	a.role(self, file(t, "trust-user.json"), documents...)
	source, err := alicloud.AssumeRole(alicloud.Role{ARN: roleARN, Base: key, Region: cloud.Region(), Endpoint: a.url})
	a.must(err)
	return source
}

// isOurs reports whether the name is one that the broker gives.
func isOurs(name string) bool { return strings.HasPrefix(name, "osb-") }
