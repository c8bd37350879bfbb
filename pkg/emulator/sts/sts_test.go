package sts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

const role = "acs:ram::1000000000000001:role/broker"

func newClient(t *testing.T, srv *emulator.Server, id, secret, token string) *sdk.Client {
	t.Helper()
	c, err := sdk.NewClientWithStsToken("cn-hangzhou", id, secret, token)
	if token == "" {
		c, err = sdk.NewClientWithAccessKey("cn-hangzhou", id, secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	return c
}

func accountClient(t *testing.T, srv *emulator.Server) *sdk.Client {
	t.Helper()
	return newClient(t, srv, srv.AccessKey().ID, srv.AccessKey().Secret, "")
}

// broker makes the role "broker", and a client of a user that may assume roles.
func broker(t *testing.T, srv *emulator.Server) *sdk.Client {
	t.Helper()
	if err := srv.RAM().AddRole("broker"); err != nil {
		t.Fatal(err)
	}
	id, secret, err := srv.RAM().AddUser("assumer", "AliyunSTSAssumeRoleAccess")
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, srv, id, secret, "")
}

func assume(change ...func(*sdk.AssumeRoleRequest)) *sdk.AssumeRoleRequest {
	r := sdk.CreateAssumeRoleRequest()
	r.Scheme = "HTTP"
	r.RoleArn, r.RoleSessionName = role, "session"
	for _, c := range change {
		c(r)
	}
	return r
}

func identity(c *sdk.Client) (*sdk.GetCallerIdentityResponse, error) {
	r := sdk.CreateGetCallerIdentityRequest()
	r.Scheme = "HTTP"
	return c.GetCallerIdentity(r)
}

func wantCode(t *testing.T, err error, status int, code string) {
	t.Helper()
	var server *sdkerrors.ServerError
	if !errors.As(err, &server) || server.ErrorCode() != code || server.HttpStatus() != status {
		t.Errorf("error = %v, want %d %s", err, status, code)
	}
}

func TestGetCallerIdentity_Account_Described(t *testing.T) {
	srv := emulatortest.New(t)
	got, err := identity(accountClient(t, srv))
	if err != nil {
		t.Fatal(err)
	}
	if got.AccountId != srv.AccountID() || got.IdentityType != "Account" || got.Arn != "acs:ram::"+srv.AccountID()+":root" || got.PrincipalId != srv.AccountID() {
		t.Errorf("identity %+v", got)
	}
}

func TestSDK_WrongSecret_ToldFromWrongCalculation(t *testing.T) {
	srv := emulatortest.New(t)
	_, err := identity(newClient(t, srv, srv.AccessKey().ID, "wrong", ""))
	var server *sdkerrors.ServerError
	if !errors.As(err, &server) {
		t.Fatalf("error = %v", err)
	}
	// The SDK finds its own string to sign in the answer.
	if server.ErrorCode() != "SignatureDoesNotMatch" || !strings.Contains(server.Recommend(), "InvalidAccessKeySecret") {
		t.Errorf("code %s, advice %q", server.ErrorCode(), server.Recommend())
	}
}

func TestAssumeRole_Session_SignsUntilExpiry(t *testing.T) {
	clock := cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	srv := emulatortest.New(t, emulatortest.WithClock(clock))
	response, err := broker(t, srv).AssumeRole(assume(func(r *sdk.AssumeRoleRequest) { r.DurationSeconds = "900" }))
	if err != nil {
		t.Fatal(err)
	}
	keys := response.Credentials
	if !strings.HasPrefix(keys.AccessKeyId, "STS.") || keys.Expiration != "2026-05-04T03:17:01Z" {
		t.Errorf("key %s until %s", keys.AccessKeyId, keys.Expiration)
	}
	c := newClient(t, srv, keys.AccessKeyId, keys.AccessKeySecret, keys.SecurityToken)
	got, err := identity(c)
	if err != nil {
		t.Fatal(err)
	}
	if got.IdentityType != "AssumedRoleUser" || got.Arn != "acs:ram::1000000000000001:assumed-role/broker/session" || got.Arn != response.AssumedRoleUser.Arn ||
		got.PrincipalId != response.AssumedRoleUser.AssumedRoleId || !strings.HasSuffix(got.PrincipalId, ":session") {
		t.Errorf("identity %+v of %+v", got, response.AssumedRoleUser)
	}
	_, err = identity(newClient(t, srv, keys.AccessKeyId, keys.AccessKeySecret, "other"))
	wantCode(t, err, 400, "InvalidSecurityToken.MismatchWithAccessKey")
	clock.Advance(900 * time.Second)
	_, err = identity(c)
	wantCode(t, err, 400, "InvalidSecurityToken.Expired")
}

func TestAssumeRole_AccountKey_Refused(t *testing.T) {
	srv := emulatortest.New(t)
	broker(t, srv)
	_, err := accountClient(t, srv).AssumeRole(assume())
	wantCode(t, err, 403, "NoPermission")
}

func TestGetCallerIdentity_User_Described(t *testing.T) {
	srv := emulatortest.New(t)
	got, err := identity(broker(t, srv))
	if err != nil {
		t.Fatal(err)
	}
	if got.IdentityType != "RAMUser" || got.Arn != "acs:ram::"+srv.AccountID()+":user/assumer" || got.UserId == "" || got.PrincipalId != got.UserId || got.RoleId != "" {
		t.Errorf("identity %+v", got)
	}
}

func TestAssumeRole_TrustPolicy_Decides(t *testing.T) {
	trust := func(principal, condition string) string {
		return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `,"Condition":{` + condition + `}}]}`
	}
	srv := emulatortest.New(t)
	c := broker(t, srv)
	for name, tc := range map[string]struct {
		trust, id string // id is the ExternalId and the SourceIdentity
		trusted   bool
	}{
		"the user":               {trust(`{"RAM":"acs:ram::1000000000000001:user/assumer"}`, ""), "", true},
		"another user":           {trust(`{"RAM":"acs:ram::1000000000000001:user/other"}`, ""), "", false},
		"a service":              {trust(`{"Service":"ecs.aliyuncs.com"}`, ""), "", false},
		"the external id":        {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"StringEquals":{"sts:ExternalId":"abc"}`), "abc", true},
		"another external id":    {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"StringEquals":{"sts:ExternalId":"abc"}`), "abd", false},
		"no external id":         {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"StringEquals":{"sts:ExternalId":"abc"}`), "", false},
		"the source identity":    {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"StringEquals":{"sts:SourceIdentity":"abc"}`), "abc", true},
		"another source":         {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"StringEquals":{"sts:SourceIdentity":"abc"}`), "abd", false},
		"the address":            {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}`), "", true},
		"another address":        {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}`), "", false},
		"TLS where there's none": {trust(`{"RAM":"acs:ram::1000000000000001:root"}`, `"Bool":{"acs:SecureTransport":"true"}`), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := srv.RAM().AddTrustedRole("broker", tc.trust); err != nil {
				t.Fatal(err)
			}
			_, err := c.AssumeRole(assume(func(r *sdk.AssumeRoleRequest) { r.ExternalId, r.QueryParams["SourceIdentity"] = tc.id, tc.id }))
			if tc.trusted && err != nil {
				t.Errorf("a trusted caller got %v", err)
			}
			if !tc.trusted {
				wantCode(t, err, 403, "NoPermission")
			}
		})
	}
}

func TestAssumeRole_SessionPolicy_Restricts(t *testing.T) {
	srv := emulatortest.New(t)
	c := broker(t, srv)
	const all = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	if err := srv.RAM().AddRole("broker", all); err != nil {
		t.Fatal(err)
	}
	for policy, permitted := range map[string]bool{"": true, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"rds:*","Resource":"*"}]}`: false} {
		response, err := c.AssumeRole(assume(func(r *sdk.AssumeRoleRequest) { r.Policy = policy }))
		if err != nil {
			t.Fatal(err)
		}
		keys := response.Credentials
		_, err = newClient(t, srv, keys.AccessKeyId, keys.AccessKeySecret, keys.SecurityToken).AssumeRole(assume())
		if permitted != (err == nil) {
			t.Errorf("a session with the policy %q got %v", policy, err)
		}
	}
}

func TestAssumeRole_BadRequest_Refused(t *testing.T) {
	type request = sdk.AssumeRoleRequest
	cases := map[string]struct {
		change func(*request)
		status int
		code   string
	}{
		"no role":               {func(r *request) { r.RoleArn = "" }, 400, "InvalidParameter.RoleArn"},
		"malformed role":        {func(r *request) { r.RoleArn = "acs:ram::1:role/x" }, 400, "InvalidParameter.RoleArn"},
		"role of another":       {func(r *request) { r.RoleArn = "acs:ram::2000000000000002:role/x" }, 403, "NoPermission"},
		"missing role":          {func(r *request) { r.RoleArn = "acs:ram::1000000000000001:role/missing" }, 404, "EntityNotExist.Role"},
		"no session":            {func(r *request) { r.RoleSessionName = "" }, 400, "InvalidParameter.RoleSessionName"},
		"malformed session":     {func(r *request) { r.RoleSessionName = "a b" }, 400, "InvalidParameter.RoleSessionName"},
		"too short":             {func(r *request) { r.DurationSeconds = "899" }, 400, "InvalidParameter.DurationSeconds"},
		"too long":              {func(r *request) { r.DurationSeconds = "3601" }, 400, "InvalidParameter.DurationSeconds"},
		"policy of no JSON":     {func(r *request) { r.Policy = "{" }, 400, "InvalidParameter.PolicyGrammar"},
		"other members":         {func(r *request) { r.Policy = `{"Statements":[],"Version":"1"}` }, 400, "InvalidParameter.PolicyGrammar"},
		"policy too long":       {func(r *request) { r.Policy = strings.Repeat(" ", 2049) }, 400, "InvalidParameter.PolicySize"},
		"malformed external id": {func(r *request) { r.ExternalId = "e" }, 400, "InvalidParameter.ExternalId"},
		"malformed source":      {func(r *request) { r.QueryParams["SourceIdentity"] = "a b" }, 400, "InvalidParameter.SourceIdentity"},
	}
	srv := emulatortest.New(t)
	c := broker(t, srv)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := c.AssumeRole(assume(tc.change))
			wantCode(t, err, tc.status, tc.code)
		})
	}
	if _, err := c.AssumeRole(assume()); err != nil {
		t.Errorf("the role that exists: %v", err)
	}
}

func TestAssumeRole_RoleWithoutPermissions_Refused(t *testing.T) {
	srv := emulatortest.New(t)
	response, err := broker(t, srv).AssumeRole(assume())
	if err != nil {
		t.Fatal(err)
	}
	keys := response.Credentials
	_, err = newClient(t, srv, keys.AccessKeyId, keys.AccessKeySecret, keys.SecurityToken).AssumeRole(assume())
	wantCode(t, err, 403, "NoPermission")
}
