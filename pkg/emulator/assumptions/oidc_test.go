package assumptions_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

const (
	issuer   = "https://oidc.example/c1"
	audience = "sts.aliyuncs.com"
	subject  = "system:serviceaccount:team-a:app"
)

// A cluster issues tokens, and has an OIDC provider in the account.
type cluster struct {
	*environment
	key           *rsa.PrivateKey
	provider      string // ARN
	role, roleARN string
	policy        string
}

// cluster makes the provider, and a role with a policy that trusts one service
// account.
func (e *environment) cluster(actions string) *cluster {
	e.Helper()
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		e.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	e.srv.STS().AddProvider(sts.Provider{Name: "c1", Issuer: issuer, ClientIDs: []string{audience}, Keys: sts.JWKS{Keys: []sts.JWK{{
		KeyType: "RSA", ID: "k1", Modulus: encode(signing.N.Bytes()), Exponent: encode(big.NewInt(int64(signing.E)).Bytes()),
	}}}})
	c := &cluster{environment: e, key: signing, provider: "acs:ram::" + e.srv.AccountID() + ":oidc-provider/c1", role: e.name()}
	c.roleARN = c.makeRole()
	c.policy = e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"` + actions + `","Resource":"*"}]}`)
	e.ram("AttachPolicyToRole", "PolicyType", "Custom", "PolicyName", c.policy, "RoleName", c.role).ok()
	return c
}

func (c *cluster) makeRole() (arn string) {
	c.Helper()
	return into[struct{ Role struct{ Arn string } }](c.ram("CreateRole", "RoleName", c.role, "AssumeRolePolicyDocument", c.trust())).Role.Arn
}

// trust is the trust policy that ack-ram-tool writes for one service account.
func (c *cluster) trust() string {
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":["` + c.provider + `"]},` +
		`"Condition":{"StringEquals":{"oidc:aud":"` + audience + `","oidc:iss":"` + issuer + `","oidc:sub":"` + subject + `"}}}]}`
}

// token is one of the service account's, with changed claims.
func (c *cluster) token(change func(jwt.MapClaims)) string {
	c.Helper()
	claims := jwt.MapClaims{"iss": issuer, "sub": subject, "aud": []string{audience}, "exp": time.Now().Add(time.Hour).Unix()}
	change(claims)
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = "k1"
	signed, err := t.SignedString(c.key)
	if err != nil {
		c.Fatal(err)
	}
	return signed
}

func unchanged(jwt.MapClaims) {}

// assume exchanges a token, as pods do.
func (c *cluster) assume(token string, pairs ...string) answer {
	c.Helper()
	form := url.Values{
		"Action": {"AssumeRoleWithOIDC"}, "Version": {"2015-04-01"}, "Format": {"JSON"}, "Timestamp": {time.Now().UTC().Format(time.RFC3339)}, "SignatureNonce": {rand.Text()},
		"RoleArn": {c.roleARN}, "OIDCProviderArn": {c.provider}, "OIDCToken": {token}, "RoleSessionName": {"pod"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return c.do(http.MethodPost, c.endpoint("sts")+"/?"+form.Encode(), "AssumeRoleWithOIDC", nil)
}

// session is the role with the credentials of a token.
func (c *cluster) session() *environment {
	c.Helper()
	k := into[struct {
		Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken string }
	}](c.assume(c.token(unchanged))).Credentials
	return c.as(key{id: k.AccessKeyId, secret: k.AccessKeySecret, token: k.SecurityToken})
}

func TestA430_RoleThatDoesNotTrust_Unauthorized(t *testing.T) {
	verify(t, never, func(e *environment) {
		c := e.cluster("oss:*")
		const code = "AuthenticationFail.NoPermission"
		c.assume(c.token(func(m jwt.MapClaims) { m["sub"] = "system:serviceaccount:team-b:app" })).want(401, code)
		c.assume(c.token(func(m jwt.MapClaims) { m["sub"] = "system:serviceaccount:team-a:other" })).want(401, code)
		c.assume(c.token(unchanged), "OIDCProviderArn", c.provider+"-2").want(401, code)
		c.assume(c.token(unchanged), "OIDCProviderArn", "c1").want(401, code)
		c.assume(c.token(unchanged)).ok()
	})
}

func TestA431_BadToken_UnauthorizedWithItsReason(t *testing.T) {
	verify(t, never, func(e *environment) {
		c := e.cluster("oss:*")
		const invalid = "AuthenticationFail.OIDCToken.Invalid"
		c.assume(c.token(func(m jwt.MapClaims) { m["aud"] = "kubernetes" })).want(401, "AuthenticationFail.OIDCToken.AudienceNotMatch")
		c.assume(c.token(func(m jwt.MapClaims) { m["exp"] = 1 })).want(401, "AuthenticationFail.OIDCToken.Expired")
		c.assume(c.token(func(m jwt.MapClaims) { m["iss"] = issuer + "/2" })).want(401, invalid)
		c.assume("").want(401, invalid)
		c.assume("a.token").want(401, invalid)
		good := strings.Split(c.token(unchanged), ".")
		c.assume(good[0]+"."+good[1]+"."+base64.RawURLEncoding.EncodeToString(make([]byte, 256))).want(401, "AuthenticationFail.OIDCToken.InvalidSignature")
		byHand, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": issuer}).SignedString([]byte("k"))
		if err != nil {
			t.Fatal(err)
		}
		c.assume(byHand).want(401, invalid)
	})
}

func TestA432_DetachedFromRole_EndsIssuedCredentials(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, bucket := e.bucket()
		c := e.cluster("oss:GetBucketInfo")
		session := c.session()
		if err := session.reads(bucket); err != nil {
			t.Fatalf("with the policy: %v", err)
		}
		e.ram("DeleteRole", "RoleName", c.role).want(409, "DeleteConflict.Role.Policy")
		e.ram("DetachPolicyFromRole", "PolicyType", "Custom", "PolicyName", c.policy, "RoleName", c.role).ok()
		e.refused(session.reads(bucket), 403, "AccessDenied")
	})
}

func TestA433_CreateRoleWithTags_NeedsOneAction(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, k := e.user("ram:CreateRole")
		e.as(k).ram("CreateRole", "RoleName", e.name(), "Tag", `[{"Key":"a","Value":"b"}]`,
			"AssumeRolePolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}`).ok()
	})
}

func TestA434_DeletedRole_RefusesIssuedCredentials(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, bucket := e.bucket()
		c := e.cluster("oss:GetBucketInfo")
		session := c.session()
		e.ram("DetachPolicyFromRole", "PolicyType", "Custom", "PolicyName", c.policy, "RoleName", c.role).ok()
		e.ram("DeleteRole", "RoleName", c.role).ok()
		e.refused(session.reads(bucket), 403, "AccessDenied")
		c.assume(c.token(unchanged)).want(404, "EntityNotExist.Role")
		// A role of the name that comes later has other sessions.
		c.makeRole()
		e.ram("AttachPolicyToRole", "PolicyType", "Custom", "PolicyName", c.policy, "RoleName", c.role).ok()
		e.refused(session.reads(bucket), 403, "AccessDenied")
		if err := c.session().reads(bucket); err != nil {
			t.Errorf("a session of the later role: %v", err)
		}
	})
}

func TestA435_TrustOfMissingProvider_IsTaken(t *testing.T) {
	verify(t, never, func(e *environment) {
		c := e.cluster("oss:*")
		c.provider += "-later"
		e.ram("UpdateRole", "RoleName", c.role, "NewAssumeRolePolicyDocument", c.trust()).ok()
		c.assume(c.token(unchanged)).want(401, "AuthenticationFail.NoPermission")
	})
}
