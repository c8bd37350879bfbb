package rpc

import (
	"net/http"
	"net/url"
	"testing"
)

// values makes parameters of pairs.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// The vectors are the example of the page "Signature mechanism" of the RAM API
// and requests that real clients sent, each signed with the secret
// "testsecret" of the key "testid".
func TestSign_RealClients_SameSignature(t *testing.T) {
	common := []string{"AccessKeyId", "testid", "SignatureMethod", "HMAC-SHA1", "SignatureVersion", "1.0"}
	cases := map[string]struct {
		method string
		params []string
		want   string
	}{
		"documentation's example": {http.MethodGet, []string{
			"Action", "CreateUser", "UserName", "test", "Format", "JSON", "Version", "2015-05-01",
			"Timestamp", "2015-08-18T03:15:45Z", "SignatureNonce", "6a6e0ca6-4557-11e5-86a2-b8e8563dc8d2",
		}, "kRA2cnpJVacIhDMzXnoNZG9tDCI="},
		"Go SDK, an empty value takes part": {http.MethodPost, []string{
			"Action", "CreateDBInstance", "DBInstanceStorage", "20", "Engine", "MySQL", "Format", "JSON", "RegionId", "cn-hangzhou",
			"SignatureNonce", "44ccba9937678b77cd0bdb576c2e2ae8", "SignatureType", "", "Timestamp", "2026-11-20T15:29:11Z", "Version", "2014-08-15",
		}, "MqZieoVxtBmnooml/KIhgnx3qUY="},
		"Go SDK, CommonRequest with a form": {http.MethodPost, []string{
			"Action", "CreateStack", "Format", "JSON", "RegionId", "cn-hangzhou", "SignatureNonce", "52080308f33d554ab8fdaf716b71ef83",
			"SignatureType", "", "StackName", "s", "Timestamp", "2026-11-20T15:29:11Z", "Version", "2019-09-10", "TemplateBody", `{"a":"b c*~/"}`,
		}, "DotbF8jWweR1oVQUuTgcc3XRzRI="},
		"pop-core, everything in the form": {http.MethodPost, []string{
			"Action", "DescribeDBInstances", "Format", "JSON", "RegionId", "cn-hangzhou", "SignatureNonce", "d8e463285e632166bad59e3bec6a3fc7",
			"Timestamp", "2026-11-20T15:32:21Z", "Version", "2014-08-15",
		}, "gNPpILmy5oW5/83Pogc4LxceBsg="},
		"openapi-core with v2, lower-case format": {http.MethodPost, []string{
			"Action", "CreateDBInstance", "Format", "json", "Engine", "MySQL", "RegionId", "cn-hangzhou",
			"SignatureNonce", "2082bf282285a33a23efd159d380f5acbc3f3cad74881e0afbdb6ae60ef40a3e", "Timestamp", "2026-11-20T15:32:22Z", "Version", "2014-08-15",
		}, "tZmMSjGEZEamUHV0VhEwHils20U="},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			params := values(append(tc.params, common...)...)
			params.Set("Signature", "does not sign itself")
			if got := sign("testsecret", stringToSign(tc.method, params)); got != tc.want {
				t.Errorf("signature = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestStringToSign_Parameters_SortedByNameAlone(t *testing.T) {
	const want = "GET&%2F&Id.1%3Da%26Id.10%3Db%26Id.2%3Dc"
	if got := stringToSign(http.MethodGet, values("Id.10", "b", "Id.2", "c", "Id.1", "a")); got != want {
		t.Errorf("string to sign %s, want %s", got, want)
	}
}
