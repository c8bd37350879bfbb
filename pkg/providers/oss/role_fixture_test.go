package oss_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	official "github.com/aliyun/credentials-go/credentials"
	"github.com/golang-jwt/jwt/v5"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// A cluster is a Kubernetes cluster with an OIDC provider in the emulated account.
type cluster struct {
	*fixture

	key *rsa.PrivateKey
}

const (
	clusterID = "c1"
	issuer    = "https://oidc.example/c1"
	audience  = "sts.aliyuncs.com"
)

// clustersOf are the clusters that the broker knows.
func clustersOf(server *emulator.Server) descriptor.Clusters {
	return descriptor.Clusters{ByID: map[string]descriptor.Cluster{
		clusterID: {Issuer: issuer, Audience: audience, Providers: []string{"acs:ram::" + server.AccountID() + ":oidc-provider/" + clusterID}},
	}}
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	server := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.TLSListen = "127.0.0.1:0" }))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	server.STS().AddProvider(sts.Provider{Name: clusterID, Issuer: issuer, ClientIDs: []string{audience, "another.client"}, Keys: sts.JWKS{Keys: []sts.JWK{{
		KeyType: "RSA", ID: "k1", Modulus: encode(key.N.Bytes()), Exponent: encode(big.NewInt(int64(key.E)).Bytes()),
	}}}})
	trustCA(t, server.CA())
	provider := providertest.NewProvider(t, server, oss.Descriptor(), func(d *descriptor.Deps) { d.Clusters = clustersOf(server) })
	return &cluster{fixture: &fixture{T: t, cloud: server, provider: provider}, key: key}
}

// trustCA makes the default transport, which the official library clones, trust an
// authority.
func trustCA(t *testing.T, ca []byte) {
	t.Helper()
	pool := x509.NewCertPool()
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !pool.AppendCertsFromPEM(ca) || !ok {
		t.Fatal("no authority")
	}
	before := transport.TLSClientConfig
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	t.Cleanup(func() { transport.TLSClientConfig = before })
}

// bound returns the unprepared task of a binding for the service account app of the
// namespace team-a.
func (c *cluster) bound(of *providers.Task, parameters string) *providers.Task {
	c.Helper()
	t := c.life(providers.Binding)
	plan := recordedPlan(c.T)
	normal, err := plan.NormalBinding(json.RawMessage(parameters))
	c.must(err)
	t.Of, t.Settings, t.Parameters = of, plan.Settings, normal
	t.Labels.Platform, t.Labels.ClusterID = "kubernetes", clusterID
	return t
}

// token returns a token as the cluster projects it into a pod.
func (c *cluster) token(subject, audience string) string {
	c.Helper()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": issuer, "sub": subject, "aud": []string{audience}, "exp": time.Now().Add(time.Hour).Unix(),
	})
	t.Header["kid"] = "k1"
	signed, err := t.SignedString(c.key)
	c.must(err)
	return signed
}

// assume exchanges a token by the official library, as a pod with the credentials of
// a binding does.
func (c *cluster) assume(credential map[string]string, token string) (app, error) {
	c.Helper()
	file := filepath.Join(c.TempDir(), "token")
	c.must(os.WriteFile(file, []byte(token), 0o600))
	config := new(official.Config).SetType("oidc_role_arn").SetRoleArn(credential["role_arn"]).
		SetOIDCProviderArn(credential["oidc_provider_arn"]).SetRoleSessionName("pod").
		SetSTSEndpoint(strings.TrimPrefix(c.cloud.TLSURL(), "https://"))
	config.SetOIDCTokenFilePath(file)
	role, err := official.NewCredential(config)
	c.must(err)
	session, err := role.GetCredential()
	if err != nil {
		return app{}, err
	}
	return app{
		bucket: credential["bucket"],
		Client: sdk.NewClient(sdk.NewConfig().WithRegion(credential["region"]).WithEndpoint(credential["endpoint"]).WithRetryMaxAttempts(1).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(*session.AccessKeyId, *session.AccessKeySecret, *session.SecurityToken))),
	}, nil
}
