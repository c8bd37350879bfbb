package assumptions_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	emulatedoss "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

// putPolicy puts statements as the policy of a bucket. BUCKET in them is its name.
func (e *environment) putPolicy(c *oss.Client, bucket, statements string) error {
	_, err := c.PutBucketPolicy(e.Context(), &oss.PutBucketPolicyRequest{
		Bucket: &bucket, Body: strings.NewReader(`{"Version":"1","Statement":[` + strings.ReplaceAll(statements, "BUCKET", bucket) + `]}`),
	})
	return err
}

// policed puts statements as the policy of a bucket, which must succeed.
func (e *environment) policed(c *oss.Client, bucket, statements string) {
	e.Helper()
	if err := e.putPolicy(c, bucket, statements); err != nil {
		e.Fatal(err)
	}
}

// userID returns the number of a RAM user.
func (e *environment) userID(name string) string {
	e.Helper()
	return into[struct{ User struct{ UserId string } }](e.ram("GetUser", "UserName", name)).User.UserId
}

// session makes a role, which may do actions on everything if they are not empty,
// and returns its name and the key of a session of it.
func (e *environment) session(actions string) (role string, k key) {
	e.Helper()
	role = e.name()
	var policies []string
	if actions != "" {
		policies = append(policies, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"`+actions+`","Resource":"*"}]}`)
	}
	if err := e.srv.RAM().AddRole(role, policies...); err != nil {
		e.Fatal(err)
	}
	c, exists := e.srv.STS().IssueFor("i-check", role, time.Hour)
	if !exists {
		e.Fatalf("the role %s has no session", role)
	}
	return role, key{c.AccessKeyID, c.AccessKeySecret, c.SecurityToken}
}

// gets reads the object k of a bucket.
func (e *environment) gets(bucket string) error {
	answer, err := e.bucketClient().GetObject(e.Context(), &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("k")})
	if err == nil {
		err = answer.Body.Close()
	}
	return err
}

func TestA404_BucketPolicy_AllowsAndDenies(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		plain, plainKey := e.user("")
		reader, readerKey := e.user("oss:GetObject")
		denied, deniedKey := e.user("")
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:GetObject","Resource":"*"}]}`), denied)
		reads := func(what string, k key, want bool) {
			t.Helper()
			e.eventually(what, func() bool {
				err := e.as(k).gets(name)
				return want && err == nil || !want && e.is(err, "AccessDenied")
			})
		}
		statement := func(effect, user string) string {
			return `{"Effect":"` + effect + `","Principal":["` + e.userID(user) + `"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:BUCKET/*"]}`
		}
		e.policed(c, name, statement("Allow", plain)+","+statement("Deny", reader)+","+statement("Allow", denied))
		reads("the bucket's policy allows", plainKey, true)
		reads("it denies, RAM allows", readerKey, false)
		reads("it allows, RAM denies", deniedKey, false)
		if e.srv != nil {
			e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.IgnoreBucketPolicies = true })
			reads("the policy is ignored", plainKey, false)
			reads("the policy is ignored, RAM allows", readerKey, true)
		}
		e.policed(c, name, statement("Allow", reader)) // takes the place of the first
		reads("the policy that allowed is gone", plainKey, false)
	})
}

func TestA405_PrincipalsOfBucketPolicy_OwnerByConditionAlone(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		_, k := e.user("oss:GetObject")
		deny := `{"Effect":"Deny","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:BUCKET/*"]`
		e.policed(c, name, deny+`}`)
		e.refused(e.as(k).gets(name), 403, "AccessDenied")
		if err := e.gets(name); err != nil {
			t.Errorf("the owner: %v", err)
		}
		e.policed(c, name, deny+`,"Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}}`)
		e.refused(e.gets(name), 403, "AccessDenied")
		e.policed(c, name, deny+`,"Condition":{"NotIpAddress":{"acs:SourceIp":["127.0.0.0/8"]}}}`)
		if err := e.gets(name); err != nil {
			t.Errorf("the owner at an address that the condition spares: %v", err)
		}
		// Sessions are named by role, with wildcards.
		role, session := e.session("")
		e.refused(e.as(session).gets(name), 403, "AccessDenied")
		e.policed(c, name, `{"Effect":"Allow","Principal":["arn:sts::`+e.srv.AccountID()+`:assumed-role/`+role+`/*"],"Action":["oss:Get*"],"Resource":["acs:oss:*:*:BUCKET/*"]}`)
		if err := e.as(session).gets(name); err != nil {
			t.Errorf("a session of the role: %v", err)
		}
	})
}

func TestA406_PublicPolicyOfBlockedBucket_CountsForNothing(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.openBucket()
		e.put(c, name, "k", "x")
		e.answers(e.link(name, "k"), "before the policy", 403)
		public := `{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:BUCKET/*"]}`
		e.policed(c, name, public)
		e.answers(e.link(name, "k"), "with a public policy", 200)
		e.block(c, name, true)
		if a := e.do("GET", e.link(name, "k"), "a read while it is blocked", nil); a.status != 403 || !strings.Contains(a.body, "<EC>0003-00000001</EC>") {
			t.Errorf("while it is blocked: %d %s", a.status, a.body)
		}
		if err := e.putPolicy(c, name, public); !e.is(err, "AccessDenied") {
			t.Errorf("putting it while it is blocked: %v", err)
		}
		e.block(c, name, false)
		e.answers(e.link(name, "k"), "after the block", 200)
		e.srv.OSS().BlockAccount(e.srv.AccountID(), true)
		e.answers(e.link(name, "k"), "while the account is blocked", 403)
	})
}

func TestA407_UserDisable_RefusesEachCall(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		user, k := e.user("oss:GetObject")
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.UserDisable = user })
		if text := e.refused(e.as(k).gets(name), 403, "UserDisable"); !strings.Contains(text, "<EC>0003-00000801</EC>") {
			t.Errorf("the error is %s", text)
		}
		if err := e.gets(name); err != nil {
			t.Errorf("another caller: %v", err)
		}
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.UserDisable = "*" })
		e.refused(e.gets(name), 403, "UserDisable")
		e.refused(e.reads(name), 403, "UserDisable")
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.UserDisable = "" })
	})
}

func TestA408_NameOfDeletedBucket_IsBlocked(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.NameLag = 48 * time.Hour })
		c, name := e.bucket()
		if _, err := c.DeleteBucket(e.Context(), &oss.DeleteBucketRequest{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		again := func() error {
			_, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: &name})
			return err
		}
		if text := e.refused(again(), 409, "BucketAlreadyExists"); !strings.Contains(text, "<EC>0015-00000103</EC>") {
			t.Errorf("the error is %s", text)
		}
		e.refused(e.reads(name), 404, "NoSuchBucket")
		e.srv.Clock().Advance(48 * time.Hour)
		if err := again(); err != nil {
			t.Errorf("after two days: %v", err)
		}
	})
}

func TestA409_KeyOutsideItsNetworks_IsDisabled(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, name := e.bucket()
		user, k := e.user("oss:*")
		_, session := e.session("oss:*")
		from := func(network string) {
			e.srv.RAM().Behave(func(b *ram.Behaviour) { b.KeySources = []netip.Prefix{netip.MustParsePrefix(network)} })
		}
		from("10.0.0.0/8")
		if text := e.refused(e.as(k).reads(name), 403, "InvalidAccessKeyId"); !strings.Contains(text, "<EC>0002-00000904</EC>") {
			t.Errorf("the error is %s", text)
		}
		e.as(k).ram("GetUser", "UserName", user).want(400, "InvalidAccessKeyId.Inactive")
		if err := e.as(session).reads(name); err != nil {
			t.Errorf("a session: %v", err)
		}
		from("127.0.0.0/8")
		if err := e.as(k).reads(name); err != nil {
			t.Errorf("from a network of the policy: %v", err)
		}
	})
}

func TestA410_Referer_DecidesOnUnsignedRequests(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.openBucket()
		if _, err := c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: &name, Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		e.put(c, name, "k", "x")
		protect := func(empty bool, allowed, denied []string) {
			t.Helper()
			if _, err := c.PutBucketReferer(e.Context(), &oss.PutBucketRefererRequest{Bucket: &name, RefererConfiguration: &oss.RefererConfiguration{
				AllowEmptyReferer: &empty, RefererList: &oss.RefererList{Referers: allowed}, RefererBlacklist: &oss.RefererBlacklist{Referers: denied},
			}}); err != nil {
				t.Fatal(err)
			}
		}
		reads := func(referer string, want int) {
			t.Helper()
			if a := e.do("GET", e.link(name, "k"), "a read from "+referer, http.Header{"Referer": {referer}}); a.status != want {
				t.Errorf("%q is answered %d, want %d", referer, a.status, want)
			}
		}
		protect(false, []string{"https://*.example.com", "http://www.aliyun?.com"}, []string{"https://bad.example.com"})
		for referer, want := range map[string]int{
			"": 403, "https://www.example.com": 200, "https://www.example.com/page?q=1": 200, "http://www.example.com": 403,
			"http://www.aliyunc.com": 200, "https://bad.example.com/page": 403, "https://other.com/?https://www.example.com": 403,
		} {
			reads(referer, want)
		}
		if err := e.gets(name); err != nil {
			t.Errorf("a signature in a header: %v", err)
		}
		url, err := c.Presign(e.Context(), &oss.GetObjectRequest{Bucket: &name, Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		e.answers(url.URL, "a signed URL without a Referer", 403)
		protect(true, []string{"https://*.example.com"}, nil)
		reads("", 200)
		protect(false, nil, nil)
		reads("", 200)
		reads("http://www.example.com", 200)
		protect(false, []string{"https://none"}, nil)
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.IgnoreReferers = true })
		reads("", 200)
	})
}
