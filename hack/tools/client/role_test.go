package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

const (
	issuer  = "https://oidc.example/c1"
	subject = "system:serviceaccount:team-a:app"
)

// roleOf makes a role that one service account assumes, and returns the credentials
// and variables of its pods.
func roleOf(t *testing.T) (secret map[string]string, key *rsa.PrivateKey) {
	t.Helper()
	cloud := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.TLSListen = "127.0.0.1:0" }))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	cloud.STS().AddProvider(sts.Provider{Name: "c1", Issuer: issuer, ClientIDs: []string{"sts.aliyuncs.com"}, Keys: sts.JWKS{Keys: []sts.JWK{{
		KeyType: "RSA", Modulus: encode(key.N.Bytes()), Exponent: encode(big.NewInt(int64(key.E)).Bytes()),
	}}}})
	provider := "acs:ram::" + cloud.AccountID() + ":oidc-provider/c1"
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":["` + provider + `"]},` +
		`"Condition":{"StringEquals":{"oidc:iss":"` + issuer + `","oidc:aud":"sts.aliyuncs.com","oidc:sub":"` + subject + `"}}}]}`
	if err := cloud.RAM().AddTrustedRole("app", trust, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	transport, ok := http.DefaultTransport.(*http.Transport) // the official library clones it
	if !pool.AppendCertsFromPEM(cloud.CA()) || !ok {
		t.Fatal("no authority")
	}
	before := transport.TLSClientConfig
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	t.Cleanup(func() { transport.TLSClientConfig = before })

	account := cloud.AccessKey()
	secret = map[string]string{
		"type": "oss", "bucket": "osb-bucket", "region": cloud.Region(), "endpoint": cloud.URL(), "host": cloud.Addr(),
		"access_key_id": account.ID, "secret_access_key": account.Secret,
	}
	makeBucket(t.Context(), t, secret)
	delete(secret, "access_key_id")
	delete(secret, "secret_access_key")
	secret["role_arn"], secret["oidc_provider_arn"] = "acs:ram::"+cloud.AccountID()+":role/app", provider
	secret[envSTSEndpoint] = strings.TrimPrefix(cloud.TLSURL(), "https://")
	return secret, key
}

// withToken returns the variables of a pod with a token of a subject.
func withToken(t *testing.T, secret map[string]string, key *rsa.PrivateKey, subject string) map[string]string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": issuer, "sub": subject, "aud": "sts.aliyuncs.com", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	pod := maps.Clone(secret)
	pod[envTokenFile] = file
	return pod
}

func TestBinding_Role_IsAssumedByItsAccountAlone(t *testing.T) {
	secret, key := roleOf(t)
	pod := withToken(t, secret, key, subject)
	for _, do := range []string{doLogin, doWrite, doRead, doClean} {
		if r, err := bound(t, pod, "--do="+do); err != nil {
			t.Errorf("%s: %+v, %v", do, r, err)
		}
	}
	if r, err := bound(t, withToken(t, secret, key, "system:serviceaccount:team-b:app"), "--do=login"); exitCode(err) != exitDenied {
		t.Errorf("another namespace: %+v, %v", r, err)
	}
	if r, err := bound(t, secret, "--do=login"); exitCode(err) != exitUsage {
		t.Errorf("no token: %+v, %v", r, err)
	}
}
