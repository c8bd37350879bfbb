package main

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// sourceOf returns the source of credentials of the default profile.
func sourceOf(c *config) (alicloud.CredentialsSource, error) {
	return (&profileSources{config: c, made: map[string]alicloud.CredentialsSource{}}).of(c.flagsProfile())
}

const finance = `# the accounts of the bank
profiles:
  finance:
    credentials: static
    credentials-dir: /run/finance
    region: cn-beijing
    vpc-id: vpc-f
    vswitch-ids: [vsw-1, vsw-2]
    zone-id: cn-beijing-h
    allowed-vpcs: [vpc-f, vpc-g]
    whitelist: [10.0.0.0/8, 192.168.1.1]
    broker-addresses: [10.9.0.0/24]
    endpoints: {rds: https://rds.example.com}
  retail:
    base: finance
    role-arn: acs:ram::1234567890123456:role/retail
    role-external-id: bank-1
    role-session-name: broker
  hr:
    credentials: rrsa
    oidc-role-arn: acs:ram::1234567890123456:role/hr
    oidc-provider-arn: acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1
`

func TestProfileFile_EveryMember_IsRead(t *testing.T) {
	c, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou", "--whitelist", "172.16.0.0/12", "--endpoint", "ram=https://ram.example.com", "--profile-file", file(t, finance)}, env())
	if err != nil {
		t.Fatal(err)
	}
	profiles, err := c.cloudProfiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := profiles.Of(providers.Task{Profile: "finance"})
	if err != nil {
		t.Fatal(err)
	}
	network := got.Network
	if got.Clients.Region() != "cn-beijing" || network.VpcID != "vpc-f" || strings.Join(network.VSwitchIDs, " ") != "vsw-1 vsw-2" || network.ZoneID != "cn-beijing-h" ||
		strings.Join(network.AllowedVPCs, " ") != "vpc-f vpc-g" || strings.Join(network.Whitelist, " ") != "10.0.0.0/8 192.168.1.1" || strings.Join(network.BrokerAddresses, " ") != "10.9.0.0/24" || !got.Elsewhere {
		t.Errorf("the profile is %+v in %s", network, got.Clients.Region())
	}
	if u := got.Clients.Override("rds"); u == nil || u.Host != "rds.example.com" || got.Clients.Override("ram") == nil {
		t.Errorf("the endpoints of RDS and RAM are %v, %v: want the profile's and the flags'", u, got.Clients.Override("ram"))
	}
	retail, err := profiles.Of(providers.Task{Profile: "retail"})
	if err != nil || retail.Clients.Region() != "cn-hangzhou" || retail.Network.VpcID != "" || retail.Network.Whitelist != nil {
		t.Errorf("a profile without a place: %+v, %v: want the region of the flags, and none of their network", retail.Network, err)
	}
	if own := profiles[descriptor.DefaultProfile]; own.Elsewhere || own.Clients.Override("rds") != nil || len(own.Network.Whitelist) != 1 {
		t.Errorf("the default profile has the network %+v", own.Network)
	}
	// Each error says which profile and source failed.
	for name, want := range map[string][]string{
		"finance": {"finance", "/run/finance"}, "retail": {"finance", "/run/finance"}, "hr": {"hr", "RRSA"},
	} {
		_, err := profiles[name].Clients.Caller(t.Context())
		if providers.ClassOf(err) != providers.Operator {
			t.Errorf("%s: %v, want an operator's error", name, err)
			continue
		}
		for _, word := range want {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v does not name %s", name, err, word)
			}
		}
	}
}

func TestProfileFile_BadContent_IsRefusedWithItsLine(t *testing.T) {
	const static = "credentials: static, credentials-dir: /d"
	for name, tc := range map[string]struct{ content, want string }{
		"empty":                  {"", "empty"},
		"comments alone":         {"# nothing\n", "empty"},
		"no profile":             {"profiles: {}", "0 profiles"},
		"no YAML":                {"profiles: [", "line 1"},
		"two documents":          {"profiles: {a: {}}\n---\nprofiles: {b: {}}", "second document"},
		"a list":                 {"profiles:\n- a", "line 1"},
		"null profile":           {"profiles:\n  a:", "line 2"},
		"unknown top member":     {"profiles: {a: {}}\ndefault: {}", "line 2"},
		"unknown member":         {"profiles:\n  a:\n    regoin: cn-beijing", "line 3"},
		"member twice":           {"profiles:\n  a:\n    region: cn-beijing\n    region: cn-hangzhou", "line 4"},
		"profile twice":          {"profiles:\n  a: {}\n  a: {}", "line 3"},
		"the default's name":     {"profiles:\n  default: {region: cn-beijing}", "--region"},
		"empty name":             {"profiles:\n  \"\": {}", "line 2"},
		"slash in the name":      {"profiles:\n  ../a: {}", "line 2"},
		"capitals in the name":   {"profiles:\n  Finance: {}", "line 2"},
		"other letters":          {"profiles:\n  finänz: {}", "line 2"},
		"newline in the name":    {"profiles:\n  \"a\\nb\": {}", "line 2"},
		"long name":              {"profiles:\n  " + strings.Repeat("a", 64) + ": {}", "line 2"},
		"empty value":            {"profiles:\n  a:\n    region:", "line 3"},
		"object as a text":       {"profiles:\n  a:\n    region: {b: c}", "line 3"},
		"text as a list":         {"profiles:\n  a:\n    whitelist: 10.0.0.0/8", "list"},
		"empty list":             {"profiles:\n  a:\n    allowed-vpcs: []", "line 3"},
		"control character":      {"profiles:\n  a:\n    vpc-id: \"vpc\\u0007\"", "line 3"},
		"unknown source":         {"profiles:\n  a: {credentials: magic}", "rrsa"},
		"static without a dir":   {"profiles:\n  a: {credentials: static}", "credentials-dir"},
		"dir with ecs":           {"profiles:\n  a: {credentials: ecs, credentials-dir: /d}", "credentials-dir"},
		"dir alone":              {"profiles:\n  a: {credentials-dir: /d}", "credentials-dir"},
		"OIDC role with static":  {"profiles:\n  a: {" + static + ", oidc-role-arn: 'acs:ram::1234567890123456:role/r'}", "rrsa"},
		"base with credentials":  {"profiles:\n  a: {" + static + ", base: default}", "exclude"},
		"unknown base":           {"profiles:\n  a: {base: b}", "base"},
		"base of itself":         {"profiles:\n  a: {base: a}", "itself"},
		"bases in a circle":      {"profiles:\n  a: {base: b}\n  b: {base: c}\n  c: {base: b}", "itself"},
		"external id, no role":   {"profiles:\n  a: {role-external-id: abc}", "role-arn"},
		"session name, no role":  {"profiles:\n  a: {role-session-name: abc}", "role-arn"},
		"malformed role":         {"profiles:\n  a: {role-arn: retail}", "ARN"},
		"malformed external id":  {"profiles:\n  a: {role-arn: 'acs:ram::1234567890123456:role/r', role-external-id: 'a b'}", "role-external-id"},
		"malformed session name": {"profiles:\n  a: {role-arn: 'acs:ram::1234567890123456:role/r', role-session-name: a}", "role-session-name"},
		"malformed region":       {"profiles:\n  a: {region: Beijing}", "cn-hangzhou"},
		"VPC not allowed":        {"profiles:\n  a: {vpc-id: vpc-1, allowed-vpcs: [vpc-2]}", "allowed-vpcs"},
		"malformed network":      {"profiles:\n  a: {whitelist: [everyone]}", "10.0.0.0/8"},
		"unknown product":        {"profiles:\n  a: {endpoints: {s3: https://s3.example.com}}", "oss"},
		"metadata":               {"profiles:\n  a: {endpoints: {metadata: http://100.100.100.200}}", "--endpoint metadata"},
		"plain http":             {"profiles:\n  a: {endpoints: {rds: http://rds.example.com}}", "--insecure-endpoints"},
	} {
		_, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou", "--profile-file", file(t, tc.content)}, env())
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "--profile-file") {
			t.Errorf("%s: %v, want an error that says %s", name, err, tc.want)
		}
	}
	if _, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou", "--profile-file", t.TempDir() + "/none"}, env()); err == nil {
		t.Error("a missing file is accepted")
	}
	if _, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou", "--role-external-id", "abc"}, env()); err == nil {
		t.Error("an external id without a role is accepted")
	}
}

func TestProfileFile_TooManyProfiles_AreRefused(t *testing.T) {
	var content strings.Builder
	content.WriteString("profiles:\n")
	for range maxProfiles + 1 {
		content.WriteString("  p" + strings.Repeat("a", content.Len()%60) + "x: {}\n")
	}
	if _, err := parseProfiles([]byte(content.String())); err == nil {
		t.Error("they are accepted")
	}
}
