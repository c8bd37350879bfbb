package alicloud_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The emulated gateway verifies signatures, with secrets in the form included.

func emulated(t *testing.T) (*emulator.Server, *url.URL) {
	t.Helper()
	server := emulatortest.New(t)
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return server, u
}

func clientsFor(t *testing.T, u *url.URL, source alicloud.CredentialsSource) *alicloud.Clients {
	t.Helper()
	databases := alicloud.Product{
		Name: "rds", Host: alicloud.TableHost([]byte("host: rds.{region}.aliyuncs.com")),
		Codes: map[string]error{"InvalidDBInstanceId.NotFound": providers.ErrNotFound},
	}
	c, err := alicloud.New(alicloud.Config{
		Region: "cn-hangzhou", Credentials: source,
		Endpoints: alicloud.EndpointsAt(u, databases),
	}, databases)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSources_Emulated_SignAsTheirAccount(t *testing.T) {
	server, u := emulated(t)
	key := alicloud.Static(alicloud.Key{ID: server.AccessKey().ID, Secret: server.AccessKey().Secret})
	// The account's own key may not assume roles, in the cloud as here.
	id, secret, err := server.RAM().AddUser("assumer", "AliyunSTSAssumeRoleAccess")
	if err != nil {
		t.Fatal(err)
	}
	role, err := alicloud.AssumeRole(alicloud.Role{
		ARN: "acs:ram::" + server.AccountID() + ":role/" + emulator.InstanceRole, Base: alicloud.Static(alicloud.Key{ID: id, Secret: secret}), Region: "cn-hangzhou", Endpoint: u,
	})
	if err != nil {
		t.Fatal(err)
	}
	metadata := alicloud.NewMetadata(u)
	for name, source := range map[string]alicloud.CredentialsSource{
		"Static": key, "AssumeRole": role, "ECSRole": alicloud.ECSRole(metadata, ""),
		"Auto": alicloud.Auto(alicloud.AutoConfig{Dir: t.TempDir(), Metadata: metadata}),
	} {
		t.Run(name, func(t *testing.T) {
			c := clientsFor(t, u, source)
			if account, err := c.Caller(t.Context()); err != nil || account != server.AccountID() {
				t.Errorf("Caller = %s, %v", account, err)
			}
			// A secret in the form, signed by a temporary key: the instance is
			// not there, but the signature was good.
			req := rds.CreateCreateAccountRequest()
			req.DBInstanceId, req.AccountName, req.AccountPassword = "rm-none", "name", "Pass_w0rd+of%account"
			if err := c.Do(t.Context(), alicloud.Write, req, rds.CreateCreateAccountResponse()); !errors.Is(err, providers.ErrNotFound) {
				t.Errorf("CreateAccount: %v", err)
			}
		})
	}
}

func TestSources_WrongSecret_IsErrCredentials(t *testing.T) {
	server, u := emulated(t)
	for name, key := range map[string]alicloud.Key{
		"Secret": {ID: server.AccessKey().ID, Secret: "wrong"},
		"ID":     {ID: "LTAIwrongwrongwrong", Secret: server.AccessKey().Secret},
	} {
		if _, err := clientsFor(t, u, alicloud.Static(key)).Caller(t.Context()); !errors.Is(err, providers.ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
