package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

const (
	ofOneAccount = "acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1"
	ofAnother    = "acs:ram::2000000000000002:oidc-provider/c1"
)

func TestClustersFile_Entries_BecomeClusters(t *testing.T) {
	path := file(t, `
clusters:
  - id: c1
    issuer: https://oidc.example/c1
    providers: [`+ofOneAccount+`, `+ofAnother+`]
default:
  issuer: https://oidc.example/any
  providers: [`+ofOneAccount+`]
  audience: bank
`)
	c, err := readConfig([]string{"--broker-id", "b", "--clusters-file", path}, env("BROKER_USERNAME", "u", "BROKER_PASSWORD", "p"))
	if err != nil {
		t.Fatal(err)
	}
	want := descriptor.Clusters{
		ByID: map[string]descriptor.Cluster{
			"c1": {Issuer: "https://oidc.example/c1", Providers: []string{ofOneAccount, ofAnother}, Audience: "sts.aliyuncs.com"},
		},
		Default: &descriptor.Cluster{Issuer: "https://oidc.example/any", Providers: []string{ofOneAccount}, Audience: "bank"},
	}
	if diff := cmp.Diff(want, c.deps(nil).Clusters); diff != "" {
		t.Errorf("clusters (-want, +got):\n%s", diff)
	}
}

func TestClustersFile_Unusable_IsRefusedWithItsPlace(t *testing.T) {
	entry := func(change ...string) string {
		content := "clusters: [{id: c1, issuer: 'https://oidc.example/c1', providers: ['" + ofOneAccount + "']}]"
		return strings.NewReplacer(change...).Replace(content)
	}
	for name, c := range map[string]struct{ content, names string }{
		"empty":                 {"", "clusters"},
		"no YAML":               {"clusters: [", ""},
		"a list":                {"[]", ""},
		"an unknown member":     {entry("issuer:", "isuer:"), "isuer"},
		"no id":                 {entry("id: c1, ", ""), "id"},
		"an id twice":           {entry("]}]", "]}, {id: c1, issuer: 'https://oidc.example/c2', providers: ['"+ofAnother+"']}]"), "c1"},
		"no issuer":             {entry("issuer: 'https://oidc.example/c1', ", ""), "issuer"},
		"plain http":            {entry("https://", "http://"), "issuer"},
		"an issuer with query":  {entry("/c1'", "/c1?a'"), "issuer"},
		"no provider":           {entry("['"+ofOneAccount+"']", "[]"), "providers"},
		"a name as provider":    {entry("acs:ram::1000000000000001:oidc-provider/", ""), "provider"},
		"a role as provider":    {entry("oidc-provider", "role"), "provider"},
		"a wildcard provider":   {entry("ack-rrsa-c1", "*"), "provider"},
		"two of one account":    {entry("'"+ofOneAccount+"'", "'"+ofOneAccount+"', '"+ofOneAccount+"2'"), "1000000000000001"},
		"an audience of two":    {entry("c1'\",", "", "id: c1", "id: c1, audience: 'a,b'"), "audience"},
		"a default with an id":  {entry("clusters: [", "default: ", "}]", "}"), "default"},
		"a default that is bad": {"default: {issuer: x}", "default"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseClusters([]byte(c.content))
			if err == nil || !strings.Contains(err.Error(), c.names) {
				t.Errorf("%s: error %v, want one that names %q", c.content, err, c.names)
			}
		})
	}
	if _, err := readClusters(filepath.Join(t.TempDir(), "missing")); err == nil || !strings.Contains(err.Error(), "--clusters-file") {
		t.Errorf("a missing file: %v", err)
	}
}
