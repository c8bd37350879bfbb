package ram_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const (
	account  = "1234567890123456"
	readOnly = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:bucket-a/*"}]}`
	resource = "acs:oss:*:1234567890123456:bucket-a/key"
)

// A environment is an emulated RAM behind the RPC gateway, on a real port.
type environment struct {
	*ram.RAM

	clock *cloud.Clock
	host  string
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	e := &environment{clock: cloud.NewFrozenClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))}
	e.RAM = ram.New(e.clock, account)
	e.AddAccountKey("testid", "testsecret")
	server := httptest.NewServer(rpc.NewGateway(rpc.Options{Keys: e, Authorizer: e, Clock: e.clock, Region: "cn-hangzhou"}, e.API()))
	t.Cleanup(server.Close)
	e.host = strings.TrimPrefix(server.URL, "http://")
	return e
}

// client returns the real SDK's client.
func (e *environment) client(t *testing.T, id, secret string) *sdk.Client {
	t.Helper()
	client, err := sdk.NewClientWithAccessKey("cn-hangzhou", id, secret)
	if err != nil {
		t.Fatal(err)
	}
	client.Domain = e.host
	return client
}

func (e *environment) root(t *testing.T) *sdk.Client {
	t.Helper()
	return e.client(t, "testid", "testsecret")
}

// plain fills in a request of the SDK, which must go over plain HTTP here.
func plain[T requests.AcsRequest](request T, fill func(T)) T {
	request.SetScheme("HTTP")
	if fill != nil {
		fill(request)
	}
	return request
}

// must returns the answer of a call that must succeed.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// wantCode checks that err is the service's answer with this code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var answer *sdkerrors.ServerError
	if !errors.As(err, &answer) {
		t.Errorf("error = %v, want %s", err, code)
		return
	}
	if answer.ErrorCode() != code {
		t.Errorf("code = %s, want %s", answer.ErrorCode(), code)
	}
}

func createUser(c *sdk.Client, name string) (*sdk.CreateUserResponse, error) {
	return c.CreateUser(plain(sdk.CreateCreateUserRequest(), func(r *sdk.CreateUserRequest) { r.UserName = name }))
}

func createKey(c *sdk.Client, user string) (*sdk.CreateAccessKeyResponse, error) {
	return c.CreateAccessKey(plain(sdk.CreateCreateAccessKeyRequest(), func(r *sdk.CreateAccessKeyRequest) { r.UserName = user }))
}

func deleteKey(c *sdk.Client, user, id string) (*sdk.DeleteAccessKeyResponse, error) {
	return c.DeleteAccessKey(plain(sdk.CreateDeleteAccessKeyRequest(), func(r *sdk.DeleteAccessKeyRequest) { r.UserName, r.UserAccessKeyId = user, id }))
}

func createPolicy(c *sdk.Client, name, text string) (*sdk.CreatePolicyResponse, error) {
	return c.CreatePolicy(plain(sdk.CreateCreatePolicyRequest(), func(r *sdk.CreatePolicyRequest) { r.PolicyName, r.PolicyDocument = name, text }))
}

func attach(c *sdk.Client, user, kind, name string) (*sdk.AttachPolicyToUserResponse, error) {
	return c.AttachPolicyToUser(plain(sdk.CreateAttachPolicyToUserRequest(), func(r *sdk.AttachPolicyToUserRequest) {
		r.UserName, r.PolicyType, r.PolicyName = user, kind, name
	}))
}

func detachFromU(c *sdk.Client, name string) (*sdk.DetachPolicyFromUserResponse, error) {
	return c.DetachPolicyFromUser(plain(sdk.CreateDetachPolicyFromUserRequest(), func(r *sdk.DetachPolicyFromUserRequest) {
		r.UserName, r.PolicyType, r.PolicyName = "u", "Custom", name
	}))
}

func deleteU(c *sdk.Client) (*sdk.DeleteUserResponse, error) {
	return c.DeleteUser(plain(sdk.CreateDeleteUserRequest(), func(r *sdk.DeleteUserRequest) { r.UserName = "u" }))
}

func deleteP(c *sdk.Client) (*sdk.DeletePolicyResponse, error) {
	return c.DeletePolicy(plain(sdk.CreateDeletePolicyRequest(), func(r *sdk.DeletePolicyRequest) { r.PolicyName = "p" }))
}
