package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// A tlsCheck runs the packages of RPC products and the OSS SDK of the second
// generation over TLS. SSL_CERT_FILE names the authority, as Go documents it.
type tlsCheck struct {
	*checks

	call    caller // with the account's key
	assumer key    // of a user that may assume the role
	role    string // its ARN
	session key
}

func overTLS(c *checks) {
	t := &tlsCheck{checks: c, call: c.packages(key{id: c.keyID, secret: c.keySecret})}
	c.run("plain-http", t.plainHTTP)
	l := &life{call: t.call, refused: refusedByTea, name: c.name}
	l.scenarios(c, "")
	c.run("oss", func() { t.objects(key{id: c.keyID, secret: c.keySecret}) })
	c.run("session", t.assume)
	c.run("oss-session", t.ossSession)
	c.run("expired", t.expired)
	c.run("session-end", t.end)
}

// plainHTTP: RAM and STS are served over TLS alone.
func (t *tlsCheck) plainHTTP() {
	plain := *t.checks
	plain.address, plain.protocol = t.plain, "HTTP"
	call := plain.packages(key{id: t.keyID, secret: t.keySecret})
	_, err := call("ram", "GetUser", map[string]any{"UserName": "any"})
	refusedByTea(err, 404, "InvalidProtocol.NeedSsl")
	_, err = call("sts", "GetCallerIdentity", nil)
	refusedByTea(err, 404, "InvalidProtocol.NeedSsl")
	got(call("rds", "DescribeRegions", nil))
}

func (t *tlsCheck) must(product, action string, parameters map[string]any) map[string]any {
	return got(t.call(product, action, parameters))
}

// connect is a client of OSS by its quick start.
func (t *tlsCheck) connect(k key) *oss.Client {
	return oss.NewClient(oss.LoadDefaultConfig().WithCredentialsProvider(credentials.NewStaticCredentialsProvider(k.id, k.secret, k.token)).
		WithRegion(region).WithEndpoint("https://" + t.address).WithRetryMaxAttempts(1))
}

// objects puts, reads, lists and presigns in a bucket of its own.
func (t *tlsCheck) objects(k key) {
	client, ctx, b := t.connect(k), context.Background(), oss.Ptr(t.name+"-tls")
	got(client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: b}))
	got(client.PutObject(ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("a b/é"), Body: strings.NewReader("body")}))
	result := got(client.GetObject(ctx, &oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a b/é")}))
	equal("body", string(got(io.ReadAll(result.Body))), "body")
	must(result.Body.Close())
	equal("list", *got(client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: b})).Contents[0].Key, "a b/é")
	signed := got(client.Presign(ctx, &oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a b/é")}, oss.PresignExpires(time.Minute)))
	response := got(http.Get(signed.URL))
	defer response.Body.Close()
	equal("presigned", []any{response.StatusCode, string(got(io.ReadAll(response.Body)))}, []any{200, "body"})
	got(client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: b, Key: oss.Ptr("a b/é")}))
	got(client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: b}))
}

// assume makes a role and a user that may assume it, and uses the session.
func (t *tlsCheck) assume() {
	account := at(t.must("sts", "GetCallerIdentity", nil), "AccountId")
	trust := fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::%v:root"]}}]}`, account)
	t.role = fmt.Sprint(at(t.must("ram", "CreateRole", map[string]any{"RoleName": t.name + "-assumed", "AssumeRolePolicyDocument": trust}), "Role", "Arn"))
	t.must("ram", "AttachPolicyToRole", map[string]any{"PolicyType": "System", "PolicyName": "AliyunOSSFullAccess", "RoleName": t.name + "-assumed"})
	t.must("ram", "CreateUser", map[string]any{"UserName": t.name + ".assumer"})
	t.must("ram", "AttachPolicyToUser", map[string]any{"PolicyType": "System", "PolicyName": "AliyunSTSAssumeRoleAccess", "UserName": t.name + ".assumer"})
	its := at(t.must("ram", "CreateAccessKey", map[string]any{"UserName": t.name + ".assumer"}), "AccessKey")
	t.assumer = key{id: fmt.Sprint(at(its, "AccessKeyId")), secret: fmt.Sprint(at(its, "AccessKeySecret"))}

	assumed := at(got(t.packages(t.assumer)("sts", "AssumeRole", map[string]any{"RoleArn": t.role, "RoleSessionName": "check", "DurationSeconds": 900})), "Credentials")
	t.session = key{id: fmt.Sprint(at(assumed, "AccessKeyId")), secret: fmt.Sprint(at(assumed, "AccessKeySecret")), token: fmt.Sprint(at(assumed, "SecurityToken"))}
	holds("a session's key", strings.HasPrefix(t.session.id, "STS."))
	equal("identity", at(got(t.packages(t.session)("sts", "GetCallerIdentity", nil)), "IdentityType"), any("AssumedRoleUser"))
	_, err := t.packages(t.session)("ram", "ListUsers", nil)
	refusedByTea(err, 403, "NoPermission")
	forged := t.session
	forged.token += "x"
	_, err = t.packages(forged)("sts", "GetCallerIdentity", nil)
	holds("a forged token is refused", err != nil && strings.Contains(err.Error(), "InvalidSecurityToken"))
}

func (t *tlsCheck) refused(k key, status int, code string) {
	_, err := t.connect(k).ListBuckets(context.Background(), &oss.ListBucketsRequest{})
	var service *oss.ServiceError
	holds(fmt.Sprintf("%d %s is due: %v", status, code, err), errors.As(err, &service) && service.StatusCode == status && service.Code == code)
}

func (t *tlsCheck) ossSession() {
	t.objects(t.session)
	t.refused(key{id: t.session.id, secret: t.session.secret, token: t.session.token + "x"}, 403, "InvalidSecurityToken")
	t.refused(key{id: t.session.id, secret: t.session.secret}, 403, "InvalidAccessKeyId") // without its token
	t.refused(key{id: t.session.id, secret: "wrong", token: t.session.token}, 403, "SignatureDoesNotMatch")
}

// expired moves the emulator's clock past the end of the session.
func (t *tlsCheck) expired() {
	response := got(http.Post(t.control+"/advance?d=16m", "", nil))
	must(response.Body.Close())
	equal("the clock", response.StatusCode, 200)
	t.refused(t.session, 403, "SecurityTokenExpired")
	_, err := t.packages(t.session)("sts", "GetCallerIdentity", nil)
	refusedByTea(err, 400, "InvalidSecurityToken.Expired")
}

func (t *tlsCheck) end() {
	user := t.name + ".assumer"
	t.must("ram", "DeleteAccessKey", map[string]any{"UserName": user, "UserAccessKeyId": t.assumer.id})
	t.must("ram", "DetachPolicyFromUser", map[string]any{"PolicyType": "System", "PolicyName": "AliyunSTSAssumeRoleAccess", "UserName": user})
	t.must("ram", "DeleteUser", map[string]any{"UserName": user})
	t.must("ram", "DetachPolicyFromRole", map[string]any{"PolicyType": "System", "PolicyName": "AliyunOSSFullAccess", "RoleName": t.name + "-assumed"})
	t.must("ram", "DeleteRole", map[string]any{"RoleName": t.name + "-assumed"})
}
