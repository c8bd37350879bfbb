package rampolicies_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// anECSRole is the role of the machine that the broker runs on.
func anECSRole(t *testing.T, cloud *emulator.Server, documents ...string) alicloud.CredentialsSource {
	t.Helper()
	a := asAccount(t, cloud)
	a.must(cloud.RAM().AddTrustedRole(emulator.InstanceRole, file(t, "trust-ecs.json"), documents...))
	return alicloud.ECSRole(alicloud.NewMetadata(a.url), "")
}

// The issuer and subject that trust-rrsa.json trusts, besides the account.
const (
	provider = "ack-rrsa-CLUSTER"
	issuer   = "https://oidc-ack-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com/CLUSTER"
	audience = "sts.aliyuncs.com"
	subject  = "system:serviceaccount:alibabacloud-servicebroker:alibabacloud-servicebroker"
)

// aPod is the broker's pod with RRSA.
func aPod(t *testing.T, cloud *emulator.Server, documents ...string) alicloud.CredentialsSource {
	t.Helper()
	return podOf(t, cloud, issuer, subject, documents...)
}

// podOf is a pod whose service account has this token.
func podOf(t *testing.T, cloud *emulator.Server, iss, sub string, documents ...string) alicloud.CredentialsSource {
	t.Helper()
	a := asAccount(t, cloud)
	a.role(self, file(t, "trust-rrsa.json"), documents...)
	cloud.STS().AddProvider(sts.Provider{Name: provider, Issuer: iss, ClientIDs: []string{audience}, TrustAny: true})
	token := filepath.Join(t.TempDir(), "token")
	now := time.Now()
	a.must(os.WriteFile(token, []byte(part(t, map[string]any{"alg": "RS256", "typ": "JWT"})+"."+part(t, map[string]any{
		"iss": iss, "sub": sub, "aud": []string{audience}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})+".c2lnbmVk"), 0o600))
	return alicloud.RRSA(alicloud.OIDC{
		TokenFile: token, ProviderARN: "acs:ram::" + account + ":oidc-provider/" + provider, RoleARN: roleARN, Endpoint: a.url,
	})
}

func part(t *testing.T, claims map[string]any) string {
	t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func TestTrustPolicy_OtherIdentities_AreRefused(t *testing.T) {
	for name, c := range map[string]struct{ issuer, subject string }{
		"another service account": {issuer, "system:serviceaccount:alibabacloud-servicebroker:default"},
		"another namespace":       {issuer, "system:serviceaccount:default:alibabacloud-servicebroker"},
		"another cluster":         {issuer + "2", subject},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newStack(t, aUser).Cloud()
			if _, err := podOf(t, cloud, c.issuer, c.subject).Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
				t.Errorf("RRSA gives %v, want ErrCredentials", err)
			}
		})
	}
	for name, trust := range map[string]string{"a user": "trust-ecs.json", "a user of RRSA": "trust-rrsa.json"} {
		t.Run(name, func(t *testing.T) {
			a := asAccount(t, newStack(t, aUser).Cloud())
			a.role(self, file(t, trust))
			source, err := alicloud.AssumeRole(alicloud.Role{
				ARN: roleARN, Base: a.user("other", file(t, "assume-role.json")), Region: a.cloud.Region(), Endpoint: a.url,
			})
			a.must(err)
			if _, err := source.Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
				t.Errorf("AssumeRole gives %v, want ErrCredentials", err)
			}
		})
	}
}
