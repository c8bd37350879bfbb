package sts_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

const (
	issuer   = "https://oidc.example/c1"
	provider = "acs:ram::1000000000000001:oidc-provider/cluster"
	subject  = "system:serviceaccount:catalog:broker"
	podTrust = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"` + provider + `"},` +
		`"Condition":{"StringEquals":{"oidc:iss":"` + issuer + `","oidc:aud":"sts.aliyuncs.com","oidc:sub":"` + subject + `"}}}]}`
)

type claims struct {
	Iss string `json:"iss"`
	Sub string `json:"sub"`
	Aud any    `json:"aud"`
	Exp int64  `json:"exp"`
	Nbf int64  `json:"nbf"`
}

func good() claims {
	return claims{Iss: issuer, Sub: subject, Aud: []string{"other", "sts.aliyuncs.com"}, Exp: time.Now().Add(time.Hour).Unix()}
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// token signs claims with RS256 as the API server of a cluster does.
func token(t *testing.T, key *rsa.PrivateKey, c claims) string {
	t.Helper()
	text := encode(map[string]string{"alg": "RS256", "kid": "k1"}) + "." + encode(c)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func cluster(t *testing.T, p sts.Provider) *emulator.Server {
	t.Helper()
	p.Name, p.Issuer, p.ClientIDs = "cluster", issuer, []string{"sts.aliyuncs.com"}
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.OIDC = []sts.Provider{p} }))
	if err := srv.RAM().AddTrustedRole("broker", podTrust); err != nil {
		t.Fatal(err)
	}
	return srv
}

func jwks(key *rsa.PrivateKey) sts.JWKS {
	return sts.JWKS{Keys: []sts.JWK{{KeyType: "EC", ID: "k1"}, {
		KeyType: "RSA", ID: "k1", Modulus: base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}}
}

type oidcAnswer struct {
	Status        int
	Code          string
	Credentials   struct{ AccessKeyId, AccessKeySecret, SecurityToken string }
	OIDCTokenInfo struct{ Subject string }
}

// exchange sends an unsigned AssumeRoleWithOIDC, as pods do.
func exchange(t *testing.T, srv *emulator.Server, token string, pairs ...string) oidcAnswer {
	t.Helper()
	form := url.Values{
		"Action": {"AssumeRoleWithOIDC"}, "Version": {"2015-04-01"}, "Format": {"JSON"}, "Timestamp": {time.Now().UTC().Format(time.RFC3339)}, "SignatureNonce": {"n"},
		"RoleArn": {role}, "OIDCProviderArn": {provider}, "OIDCToken": {token}, "RoleSessionName": {"pod"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	response, err := http.Post(srv.URL()+"/", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	answer := oidcAnswer{Status: response.StatusCode}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.Body.Close() != nil {
		t.Fatal(err)
	}
	return answer
}

func TestAssumeRoleWithOIDC_ClusterToken_IssuesKey(t *testing.T) {
	key := newKey(t)
	srv := cluster(t, sts.Provider{Keys: jwks(key)})
	got := exchange(t, srv, token(t, key, good()))
	if got.Status != 200 || got.OIDCTokenInfo.Subject != subject {
		t.Fatalf("answer %+v", got)
	}
	caller, err := identity(newClient(t, srv, got.Credentials.AccessKeyId, got.Credentials.AccessKeySecret, got.Credentials.SecurityToken))
	if err != nil || caller.Arn != "acs:ram::1000000000000001:assumed-role/broker/pod" {
		t.Errorf("identity %+v, %v", caller, err)
	}
	for _, call := range srv.Calls("AssumeRoleWithOIDC") {
		if call.Params["OIDCToken"] != "***" {
			t.Errorf("the journal shows the token: %v", call.Params)
		}
	}
}

func TestAssumeRoleWithOIDC_BadToken_Refused(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	srv := cluster(t, sts.Provider{Keys: jwks(key)})
	changed := func(change func(*claims)) string {
		c := good()
		change(&c)
		return token(t, key, c)
	}
	parts := strings.Split(token(t, key, good()), ".")
	for name, tc := range map[string]struct {
		token  string
		pairs  []string
		status int
		code   string
	}{
		"expired":           {changed(func(c *claims) { c.Exp = time.Now().Unix() - 1 }), nil, 401, "AuthenticationFail.OIDCToken.Expired"},
		"not valid yet":     {changed(func(c *claims) { c.Nbf = time.Now().Add(time.Hour).Unix() }), nil, 401, "AuthenticationFail.OIDCToken.Invalid"},
		"another issuer":    {changed(func(c *claims) { c.Iss = "https://evil.example" }), nil, 401, "AuthenticationFail.OIDCToken.Invalid"},
		"another audience":  {changed(func(c *claims) { c.Aud = "kubernetes" }), nil, 401, "AuthenticationFail.OIDCToken.AudienceNotMatch"},
		"another pod":       {changed(func(c *claims) { c.Sub = "system:serviceaccount:default:thief" }), nil, 401, "AuthenticationFail.NoPermission"},
		"a stranger's":      {token(t, stranger, good()), nil, 401, "AuthenticationFail.OIDCToken.InvalidSignature"},
		"changed claims":    {parts[0] + "." + encode(good()) + "x." + parts[2], nil, 401, "AuthenticationFail.OIDCToken.Invalid"},
		"unsigned":          {encode(map[string]string{"alg": "none"}) + "." + parts[1] + ".", nil, 401, "AuthenticationFail.OIDCToken.Invalid"},
		"no token":          {"", nil, 401, "AuthenticationFail.OIDCToken.Invalid"},
		"no JWT":            {"a.b", nil, 401, "AuthenticationFail.OIDCToken.Invalid"},
		"malformed ARN":     {token(t, key, good()), []string{"OIDCProviderArn", "cluster"}, 401, "AuthenticationFail.NoPermission"},
		"unknown provider":  {token(t, key, good()), []string{"OIDCProviderArn", provider + "2"}, 401, "AuthenticationFail.NoPermission"},
		"unknown role":      {token(t, key, good()), []string{"RoleArn", role + "2"}, 404, "EntityNotExist.Role"},
		"too long a life":   {token(t, key, good()), []string{"DurationSeconds", "3601"}, 400, "InvalidParameter.DurationSeconds"},
		"malformed session": {token(t, key, good()), []string{"RoleSessionName", "a b"}, 400, "InvalidParameter.RoleSessionName"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exchange(t, srv, tc.token, tc.pairs...); got.Status != tc.status || got.Code != tc.code || got.Credentials.AccessKeyId != "" {
				t.Errorf("answer %+v, want %d %s", got, tc.status, tc.code)
			}
		})
	}
}

func TestAssumeRoleWithOIDC_TrustAny_StillChecksClaims(t *testing.T) {
	srv := cluster(t, sts.Provider{TrustAny: true})
	key := newKey(t)
	if got := exchange(t, srv, token(t, key, good())); got.Status != 200 {
		t.Errorf("answer %+v", got)
	}
	old := good()
	old.Exp = 1
	if got := exchange(t, srv, token(t, key, old)); got.Code != "AuthenticationFail.OIDCToken.Expired" {
		t.Errorf("answer %+v", got)
	}
	srv.STS().AddProvider(sts.Provider{Name: "cluster", Issuer: issuer, ClientIDs: []string{"sts.aliyuncs.com"}})
	if got := exchange(t, srv, token(t, key, good())); got.Code != "AuthenticationFail.OIDCToken.InvalidSignature" {
		t.Errorf("a provider that was replaced by one without keys answered %s", fmt.Sprint(got))
	}
}

// A key set of a Kubernetes API server has more members than RSA needs.
func TestProvider_KeySetOfAnAPIServer_IsReadStrictly(t *testing.T) {
	decoder := json.NewDecoder(strings.NewReader(`{"name":"c1","jwks":{"keys":[{"use":"sig","kty":"RSA","kid":"k1","alg":"RS256","n":"AQ","e":"AQAB"}]}}`))
	decoder.DisallowUnknownFields()
	var p sts.Provider
	if err := decoder.Decode(&p); err != nil || len(p.Keys.Keys) != 1 || p.Keys.Keys[0].ID != "k1" || p.Keys.Keys[0].Modulus != "AQ" {
		t.Errorf("provider %+v, %v", p, err)
	}
}
