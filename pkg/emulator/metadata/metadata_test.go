package metadata_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// fetch sends a request with one header and returns status and body.
func fetch(t *testing.T, method, url, header, value string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		request.Header.Set(header, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

const (
	tokenHeader = "X-aliyun-ecs-metadata-token"
	ttlHeader   = "X-aliyun-ecs-metadata-token-ttl-seconds"
)

func token(t *testing.T, srv *emulator.Server) string {
	t.Helper()
	status, token := fetch(t, http.MethodPut, srv.URL()+"/latest/api/token", ttlHeader, "60")
	if status != http.StatusOK || token == "" {
		t.Fatalf("token: %d %q", status, token)
	}
	return token
}

func TestMetadata_Paths_DescribeInstance(t *testing.T) {
	srv := emulatortest.New(t)
	tok := token(t, srv)
	for name, want := range map[string]string{
		"region-id": "cn-hangzhou", "zone-id": "cn-hangzhou-h", "vpc-id": "vpc-cnhangzhou0default", "vswitch-id": "vsw-cnhangzhou0h",
		"owner-account-id": srv.AccountID(), "instance-id": "i-emulated", "ram/security-credentials/": emulator.InstanceRole,
	} {
		if status, got := fetch(t, http.MethodGet, srv.URL()+"/latest/meta-data/"+name, tokenHeader, tok); status != 200 || got != want {
			t.Errorf("%s = %d %q, want %q", name, status, got, want)
		}
	}
	for _, name := range []string{"kernel-id", "ram/security-credentials/other"} {
		if status, _ := fetch(t, http.MethodGet, srv.URL()+"/latest/meta-data/"+name, tokenHeader, tok); status != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", name, status)
		}
	}
}

func TestMetadata_ListAndDocument_DescribeInstance(t *testing.T) {
	srv := emulatortest.New(t)
	tok := token(t, srv)
	_, list := fetch(t, http.MethodGet, srv.URL()+"/latest/meta-data/", tokenHeader, tok)
	for _, name := range []string{"ram/", "region-id", "network/", "instance-id"} {
		if !slices.Contains(strings.Split(list, "\n"), name) {
			t.Errorf("%q is not in the list %q", name, list)
		}
	}
	var document struct {
		Region  string `json:"region-id"`
		Account string `json:"owner-account-id"`
	}
	_, body := fetch(t, http.MethodGet, srv.URL()+"/latest/dynamic/instance-identity/document", tokenHeader, tok)
	if err := json.Unmarshal([]byte(body), &document); err != nil || document.Region != "cn-hangzhou" || document.Account != srv.AccountID() {
		t.Errorf("document %s: %v", body, err)
	}
}

func TestMetadata_RoleKey_RenewedHalfAnHourBeforeExpiry(t *testing.T) {
	clock := cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	srv := emulatortest.New(t, emulatortest.WithClock(clock), emulatortest.WithConfig(func(c *emulator.Config) { c.MetadataV1 = true }))
	key := func() string {
		_, body := fetch(t, http.MethodGet, srv.URL()+"/latest/meta-data/ram/security-credentials/"+emulator.InstanceRole, "", "")
		var keys struct{ AccessKeyId, LastUpdated string }
		if err := json.Unmarshal([]byte(body), &keys); err != nil || keys.LastUpdated == "" {
			t.Fatalf("%s: %v", body, err)
		}
		return keys.AccessKeyId
	}
	first := key()
	clock.Advance(5*time.Hour + 30*time.Minute)
	if got := key(); got != first {
		t.Errorf("after 5.5 of 6 hours the key is %s, want the first, %s", got, first)
	}
	clock.Advance(time.Second)
	if got := key(); got == first {
		t.Error("the key is not replaced before its end")
	}
}

func TestMetadata_RoleWithoutTrustInECS_HasNoKeys(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.MetadataV1 = true }))
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"fc.aliyuncs.com"}}]}`
	if err := srv.RAM().AddTrustedRole(emulator.InstanceRole, trust); err != nil {
		t.Fatal(err)
	}
	if status, body := fetch(t, http.MethodGet, srv.URL()+"/latest/meta-data/ram/security-credentials/"+emulator.InstanceRole, "", ""); status != http.StatusNotFound {
		t.Errorf("%d %s, want 404", status, body)
	}
}

func TestMetadata_Token_RequiredAndExpires(t *testing.T) {
	clock := cloud.NewClock()
	srv := emulatortest.New(t, emulatortest.WithClock(clock))
	url := srv.URL() + "/latest/meta-data/region-id"
	for _, ttl := range []string{"", "0", "21601", "x"} {
		if status, _ := fetch(t, http.MethodPut, srv.URL()+"/latest/api/token", ttlHeader, ttl); status != http.StatusBadRequest {
			t.Errorf("a token for %q seconds: %d, want 400", ttl, status)
		}
	}
	if status, _ := fetch(t, http.MethodGet, url, "", ""); status != http.StatusForbidden {
		t.Errorf("without a token: %d, want 403", status)
	}
	if status, _ := fetch(t, http.MethodGet, url, tokenHeader, "x"); status != http.StatusUnauthorized {
		t.Errorf("with a wrong token: %d, want 401", status)
	}
	tok := token(t, srv)
	clock.Advance(61 * time.Second)
	if status, _ := fetch(t, http.MethodGet, url, tokenHeader, tok); status != http.StatusUnauthorized {
		t.Errorf("with an expired token: %d, want 401", status)
	}
	v1 := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.MetadataV1 = true }))
	if status, _ := fetch(t, http.MethodGet, v1.URL()+"/latest/meta-data/region-id", "", ""); status != http.StatusOK {
		t.Errorf("version 1 where it is allowed: %d, want 200", status)
	}
}

func TestMetadata_RoleKeys_SignCalls(t *testing.T) {
	srv := emulatortest.New(t)
	status, body := fetch(t, http.MethodGet, srv.URL()+"/latest/meta-data/ram/security-credentials/"+emulator.InstanceRole, tokenHeader, token(t, srv))
	var keys struct{ Code, AccessKeyId, AccessKeySecret, SecurityToken, Expiration, LastUpdated string }
	if err := json.Unmarshal([]byte(body), &keys); err != nil || status != 200 || keys.Code != "Success" {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	if end, err := time.Parse(time.RFC3339, keys.Expiration); err != nil || !end.After(time.Now()) {
		t.Errorf("Expiration = %q", keys.Expiration)
	}
	c, err := sdk.NewClientWithStsToken("cn-hangzhou", keys.AccessKeyId, keys.AccessKeySecret, keys.SecurityToken)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	r := sdk.CreateGetCallerIdentityRequest()
	r.Scheme = "HTTP"
	if got, err := c.GetCallerIdentity(r); err != nil || got.IdentityType != "AssumedRoleUser" {
		t.Errorf("identity %+v, %v", got, err)
	}
}
