package assumptions_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestA230_BucketWithoutDocuments_CodesOrDefaults(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.GetBucketWebsite(e.Context(), &oss.GetBucketWebsiteRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchWebsiteConfiguration")
		_, err = c.GetBucketPolicy(e.Context(), &oss.GetBucketPolicyRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchBucketPolicy")
		_, err = c.GetBucketTransferAcceleration(e.Context(), &oss.GetBucketTransferAccelerationRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchTransferAccelerationConfiguration")
		_, err = c.GetBucketWorm(e.Context(), &oss.GetBucketWormRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchWORMConfiguration")
		_, err = c.GetBucketHttpsConfig(e.Context(), &oss.GetBucketHttpsConfigRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchHttpsConfig")
		if got, err := c.GetBucketLogging(e.Context(), &oss.GetBucketLoggingRequest{Bucket: oss.Ptr(name)}); err != nil || got.BucketLoggingStatus.LoggingEnabled != nil {
			t.Errorf("logging %+v, %v", got, err)
		}
		referer, err := c.GetBucketReferer(e.Context(), &oss.GetBucketRefererRequest{Bucket: oss.Ptr(name)})
		if err != nil || !*referer.RefererConfiguration.AllowEmptyReferer || !*referer.RefererConfiguration.AllowTruncateQueryString || referer.RefererConfiguration.RefererBlacklist != nil {
			t.Errorf("referer %+v, %v", referer, err)
		}
		if got, err := c.GetBucketResourceGroup(e.Context(), &oss.GetBucketResourceGroupRequest{Bucket: oss.Ptr(name)}); err != nil || *got.BucketResourceGroupConfiguration.ResourceGroupId == "" {
			t.Errorf("resource group %+v, %v", got, err)
		}
		if got, err := c.GetBucketAccessMonitor(e.Context(), &oss.GetBucketAccessMonitorRequest{Bucket: oss.Ptr(name)}); err != nil || got.AccessMonitorConfiguration.Status != oss.AccessMonitorStatusDisabled {
			t.Errorf("access monitor %+v, %v", got, err)
		}
		if got, err := c.GetBucketRequestPayment(e.Context(), &oss.GetBucketRequestPaymentRequest{Bucket: oss.Ptr(name)}); err != nil || *got.Payer != "BucketOwner" {
			t.Errorf("request payment %+v, %v", got, err)
		}
	})
}

func TestA231_LoggingToAbsentBucket_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.PutBucketLogging(e.Context(), &oss.PutBucketLoggingRequest{Bucket: oss.Ptr(name), BucketLoggingStatus: &oss.BucketLoggingStatus{
			LoggingEnabled: &oss.LoggingEnabled{TargetBucket: oss.Ptr(name + "-absent"), TargetPrefix: oss.Ptr("p")},
		}})
		e.refused(err, 400, "InvalidTargetBucketForLogging")
	})
}

func TestA232_BadOrPublicPolicy_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		put := func(policy string) error {
			_, err := c.PutBucketPolicy(e.Context(), &oss.PutBucketPolicyRequest{Bucket: oss.Ptr(name), Body: strings.NewReader(policy)})
			return err
		}
		e.refused(put(`{"Version":"1"}`), 400, "InvalidPolicyDocument")
		e.block(c, name, true)
		e.refused(put(`{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:`+name+`/*"]}]}`), 403, "AccessDenied")
	})
}

func TestA233_UnknownEncryption_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.PutBucketEncryption(e.Context(), &oss.PutBucketEncryptionRequest{Bucket: oss.Ptr(name), ServerSideEncryptionRule: &oss.ServerSideEncryptionRule{
			ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{SSEAlgorithm: oss.Ptr("ROT13")},
		}})
		e.refused(err, 400, "InvalidEncryptionAlgorithmError")
	})
}

func TestA234_PutBucketWithEncryption_ReadBack(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucketClient(), e.name()
		if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), RequestCommon: oss.RequestCommon{
			Headers: map[string]string{"x-oss-server-side-encryption": "AES256"},
		}}); err != nil {
			t.Fatal(err)
		}
		e.Cleanup(func() { e.emptied(c, name) })
		rule, err := c.GetBucketEncryption(e.Context(), &oss.GetBucketEncryptionRequest{Bucket: oss.Ptr(name)})
		if err != nil || *rule.ServerSideEncryptionRule.ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
			t.Errorf("encryption %+v, %v", rule, err)
		}
	})
}

func TestA235_BadResourceGroup_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.PutBucketResourceGroup(e.Context(), &oss.PutBucketResourceGroupRequest{Bucket: oss.Ptr(name), BucketResourceGroupConfiguration: &oss.BucketResourceGroupConfiguration{ResourceGroupId: oss.Ptr("absent")}})
		e.refused(err, 400, "ResourceGroupIdPreCheckError")
	})
}

func TestA236_RetentionPolicy_LockedForGood(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		initiate := func() (string, error) {
			r, err := c.InitiateBucketWorm(e.Context(), &oss.InitiateBucketWormRequest{Bucket: oss.Ptr(name), InitiateWormConfiguration: &oss.InitiateWormConfiguration{RetentionPeriodInDays: oss.Ptr(int32(1))}})
			if err != nil {
				return "", err
			}
			return *r.WormId, nil
		}
		extend := func(id string) error {
			_, err := c.ExtendBucketWorm(e.Context(), &oss.ExtendBucketWormRequest{Bucket: oss.Ptr(name), WormId: oss.Ptr(id), ExtendWormConfiguration: &oss.ExtendWormConfiguration{RetentionPeriodInDays: oss.Ptr(int32(2))}})
			return err
		}
		first, err := initiate()
		if err != nil {
			t.Fatal(err)
		}
		e.refused(extend(first), 400, "InvalidWORMConfiguration")
		id, err := initiate()
		if err != nil || id == first {
			t.Fatalf("second initiation: %s, %v", id, err)
		}
		if _, err := c.CompleteBucketWorm(e.Context(), &oss.CompleteBucketWormRequest{Bucket: oss.Ptr(name), WormId: oss.Ptr(id)}); err != nil {
			t.Fatal(err)
		}
		if err := extend(id); err != nil {
			t.Error(err)
		}
		_, err = c.AbortBucketWorm(e.Context(), &oss.AbortBucketWormRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 403, "WORMConfigurationLocked")
	})
}

func TestA237_CrossOrigin_ByRule(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		preflight := func(origin string) (status int, allowed string) {
			a := e.do("OPTIONS", e.link(name, "k"), "a preflight request", http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"PUT"}})
			return a.status, a.header.Get("Access-Control-Allow-Origin")
		}
		if status, _ := preflight("https://a.example"); status != 403 {
			t.Errorf("without rules: %d", status)
		}
		rule := func(origin string, methods ...string) oss.CORSRule {
			return oss.CORSRule{AllowedOrigins: []string{origin}, AllowedMethods: methods}
		}
		if _, err := c.PutBucketCors(e.Context(), &oss.PutBucketCorsRequest{Bucket: oss.Ptr(name), CORSConfiguration: &oss.CORSConfiguration{
			CORSRules: []oss.CORSRule{rule("https://a.example", "PUT"), rule("*", "GET")},
		}}); err != nil {
			t.Fatal(err)
		}
		if status, allowed := preflight("https://a.example"); status != 200 || allowed != "https://a.example" {
			t.Errorf("by the rule: %d, %q", status, allowed)
		}
		if status, allowed := preflight("https://b.example"); status != 403 || allowed != "" {
			t.Errorf("of another origin: %d, %q", status, allowed)
		}
		if a := e.do("GET", e.link(name, "absent"), "an object", http.Header{"Origin": {"https://b.example"}}); a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Vary") != "" {
			t.Errorf("the headers of an error: %v", a.header)
		}
	})
}

func TestA238_AppendElsewhere_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		add := func(key string, position int64) error {
			_, err := c.AppendObject(e.Context(), &oss.AppendObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr(key), Position: oss.Ptr(position), Body: strings.NewReader("abc")})
			return err
		}
		if err := add("k", 0); err != nil {
			t.Fatal(err)
		}
		err := add("k", 0)
		e.refused(err, 409, "PositionNotEqualToLength")
		var refused *oss.ServiceError
		if errors.As(err, &refused) && refused.Headers.Get("x-oss-next-append-position") != "3" {
			t.Errorf("the refusal has the headers %v", refused.Headers)
		}
		e.put(c, name, "normal", "abc")
		e.refused(add("normal", 3), 409, "ObjectNotAppendable")
	})
}

func TestA239_CopyOfAppendable_IsNormal(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.AppendObject(e.Context(), &oss.AppendObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("abc")}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CopyObject(e.Context(), &oss.CopyObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("k")}); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy")})
		if err != nil || *head.ObjectType != "Normal" || head.ContentLength != 3 {
			t.Errorf("head %+v, %v", head, err)
		}
	})
}

func TestA240_KMSWithoutKey_NamesOwnKey(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		made, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Body: strings.NewReader("x"), ServerSideEncryption: oss.Ptr("KMS")})
		if err != nil || made.Headers.Get("x-oss-server-side-encryption-key-id") == "" {
			t.Errorf("object %+v, %v", made, err)
		}
	})
}
