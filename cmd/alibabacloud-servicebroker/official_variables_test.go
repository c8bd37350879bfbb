package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

func TestConfig_OfficialVariables_ChooseSTS(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		env  []string
		want string // of the endpoint; empty: the default
	}{
		"None":     {nil, nil, ""},
		"Region":   {nil, []string{"ALIBABA_CLOUD_STS_REGION", "cn-beijing"}, "https://sts.cn-beijing.aliyuncs.com"},
		"VPC":      {nil, []string{"ALIBABA_CLOUD_STS_REGION", "cn-beijing", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "True"}, "https://sts-vpc.cn-beijing.aliyuncs.com"},
		"NotTrue":  {nil, []string{"ALIBABA_CLOUD_STS_REGION", "cn-beijing", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "1"}, "https://sts.cn-beijing.aliyuncs.com"},
		"VPCAlone": {nil, []string{"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true"}, ""},
		"Host":     {nil, []string{"ALIBABA_CLOUD_STS_ENDPOINT", "sts-vpc.cn-hangzhou.aliyuncs.com", "ALIBABA_CLOUD_STS_REGION", "cn-beijing"}, "https://sts-vpc.cn-hangzhou.aliyuncs.com"},
		"URL":      {nil, []string{"ALIBABA_CLOUD_STS_ENDPOINT", "https://sts.cn-hangzhou.aliyuncs.com/"}, "https://sts.cn-hangzhou.aliyuncs.com"},
		"Flag":     {[]string{"--endpoint", "sts=https://sts.example.com"}, []string{"ALIBABA_CLOUD_STS_ENDPOINT", "sts-vpc.cn-hangzhou.aliyuncs.com"}, "https://sts.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := readConfig(append([]string{"--broker-id", "b", "--region", "cn-hangzhou"}, tc.args...), env(tc.env...))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if u := c.endpoints["sts"]; u != nil {
				got = u.String()
			}
			if got != tc.want {
				t.Errorf("STS is at %q, want %q", got, tc.want)
			}
		})
	}
}

func TestConfig_BadOfficialVariables_AreRefused(t *testing.T) {
	for _, pair := range [][]string{
		{"ALIBABA_CLOUD_STS_ENDPOINT", "http://sts.cn-hangzhou.aliyuncs.com"}, // passwords and keys could be read
		{"ALIBABA_CLOUD_STS_ENDPOINT", "https://"},
		{"ALIBABA_CLOUD_STS_ENDPOINT", "ftp://sts.example.com"},
		{"ALIBABA_CLOUD_STS_ENDPOINT", "user:secret@sts.example.com"},
		{"ALIBABA_CLOUD_STS_REGION", "cn-hangzhou.evil.example/"},
	} {
		if _, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou"}, env(pair...)); err == nil {
			t.Errorf("%s is accepted", pair)
		}
	}
}

func TestConfig_MetadataDisabled_ForbidsTheRole(t *testing.T) {
	c, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou", "--credentials", "ecs"}, env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "TRUE"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sourceOf(c); err == nil {
		t.Error("the role of the machine is a source")
	}
	c.credentials = "auto"
	source, err := sourceOf(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Credentials(t.Context()); err == nil {
		t.Error("the role of the machine gives a key")
	}
	c, err = readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou"}, env("ALIBABA_CLOUD_ECS_METADATA", "named"))
	if err != nil || c.ecsRole != "named" {
		t.Errorf("the role is %q (%v)", c.ecsRole, err)
	}
}

// AssumeRole, AssumeRoleWithOIDC and GetCallerIdentity are calls to STS.
func TestConfig_STSVariable_HoldsForEveryCall(t *testing.T) {
	cloud := emulatortest.New(t)
	id, secret, err := cloud.RAM().AddUser("assumer", "AliyunSTSAssumeRoleAccess")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"access_key_id": id, "access_key_secret": secret, "token": "a.b.c"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		args    []string
		fails   string // part of the error
		actions []string
	}{
		"Role": {
			[]string{"--credentials", "static", "--credentials-dir", dir, "--role-arn", "acs:ram::" + cloud.AccountID() + ":role/" + emulator.InstanceRole},
			"", []string{"AssumeRole", "GetCallerIdentity"},
		},
		"OIDC": {[]string{"--credentials", "rrsa"}, "AuthenticationFail", []string{"AssumeRoleWithOIDC"}},
	} {
		c, err := readConfig(append([]string{"--broker-id", "b", "--region", "cn-hangzhou", "--insecure-endpoints"}, tc.args...), env(
			"ALIBABA_CLOUD_STS_ENDPOINT", cloud.URL(), "ALIBABA_CLOUD_OIDC_TOKEN_FILE", filepath.Join(dir, "token"),
			"ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p", "ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r"))
		if err != nil {
			t.Fatal(err)
		}
		profiles, err := c.cloudProfiles(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = profiles[descriptor.DefaultProfile].Clients.Caller(t.Context())
		if (err != nil) != (tc.fails != "") || err != nil && !strings.Contains(err.Error(), tc.fails) {
			t.Errorf("%s: %v", name, err)
		}
		for _, action := range tc.actions {
			if len(cloud.Calls(action)) == 0 {
				t.Errorf("%s: %s went elsewhere", name, action)
			}
		}
	}
}
