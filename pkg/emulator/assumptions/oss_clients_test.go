package assumptions_test

import (
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// begin begins an upload of "k".
func (e *environment) begin(c *oss.Client, name string) *string {
	begun, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
	if err != nil {
		e.Fatal(err)
	}
	return begun.UploadId
}

func (e *environment) addPart(c *oss.Client, name string, id *string, number int32, text string) {
	if _, err := c.UploadPart(e.Context(), &oss.UploadPartRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: id, PartNumber: number, Body: strings.NewReader(text)}); err != nil {
		e.Fatal(err)
	}
}

func TestA260_LiveChannels_NoneListed(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		input := &oss.OperationInput{OpName: "ListLiveChannel", Method: "GET", Bucket: oss.Ptr(name), Parameters: map[string]string{"live": ""}}
		input.OpMetadata.Set("sub-resource", []string{"live"})
		if _, err := c.InvokeOperation(e.Context(), input); err != nil {
			t.Error(err)
		}
	})
}

func TestA261_ETagOfParts_SumOfTheirHexadecimals(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		id := e.begin(c, name)
		first := strings.Repeat("x", 102400)
		e.addPart(c, name, id, 1, first)
		e.addPart(c, name, id, 2, "y")
		done, err := c.CompleteMultipartUpload(e.Context(), &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: id, CompleteAll: oss.Ptr("yes")})
		sums := fmt.Sprintf("%X%X", md5.Sum([]byte(first)), md5.Sum([]byte("y")))
		want := fmt.Sprintf(`"%X-2"`, md5.Sum([]byte(sums)))
		if err != nil || *done.ETag != want {
			t.Errorf("ETag %+v, %v, want %s", done, err, want)
		}
	})
}

func TestA262_AppendAfterDeleteMarker_BeginsAnew(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketVersioning(e.Context(), &oss.PutBucketVersioningRequest{Bucket: oss.Ptr(name), VersioningConfiguration: &oss.VersioningConfiguration{Status: "Enabled"}}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := c.AppendObject(e.Context(), &oss.AppendObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("x")}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.DeleteObject(e.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestA263_UnmetConditionOfCopy_NamedAsOfGet(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		request := &oss.CopyObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("k"), IfMatch: oss.Ptr("other")}
		request.Headers = map[string]string{"If-Match": "other"}
		_, err := c.CopyObject(e.Context(), request)
		e.refused(err, 412, "PreconditionFailed")
		var refused *oss.ServiceError
		if errors.As(err, &refused) && !strings.Contains(string(refused.Snapshot), "<Condition>If-Match</Condition>") {
			t.Errorf("the error is %s", refused.Snapshot)
		}
	})
}

func TestA264_PutACLOfMissingBucket_MakesIt(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		other := name + "-new"
		defer func() { _, _ = c.DeleteBucket(e.Context(), &oss.DeleteBucketRequest{Bucket: oss.Ptr(other)}) }()
		done, err := c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(other), Acl: oss.BucketACLPrivate})
		if err != nil || done.Headers.Get("Location") != "/"+other {
			t.Fatalf("the answer is %+v, %v", done, err)
		}
		if _, err := c.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr(other)}); err != nil {
			t.Error(err)
		}
	})
}

func TestA265_DaysOfRule_AreAnExpiration(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		input := &oss.OperationInput{
			OpName: "PutBucketLifecycle", Method: "PUT", Bucket: oss.Ptr(name), Parameters: map[string]string{"lifecycle": ""},
			Body: strings.NewReader("<LifecycleConfiguration><Rule><ID>a</ID><Prefix>p/</Prefix><Status>Enabled</Status><Days>1</Days></Rule></LifecycleConfiguration>"),
		}
		input.OpMetadata.Set("sub-resource", []string{"lifecycle"})
		if _, err := c.InvokeOperation(e.Context(), input); err != nil {
			t.Fatal(err)
		}
		got, err := c.GetBucketLifecycle(e.Context(), &oss.GetBucketLifecycleRequest{Bucket: oss.Ptr(name)})
		if err != nil || len(got.LifecycleConfiguration.Rules) != 1 || *got.LifecycleConfiguration.Rules[0].Expiration.Days != 1 {
			t.Errorf("the rules are %+v, %v", got, err)
		}
	})
}

func TestA266_AppendWithACL_ChangesIt(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		var position int64
		for _, acl := range []oss.ObjectACLType{"", oss.ObjectACLPrivate} {
			done, err := c.AppendObject(e.Context(), &oss.AppendObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Position: oss.Ptr(position), Acl: acl, Body: strings.NewReader("x")})
			if err != nil {
				t.Fatal(err)
			}
			position = done.NextPosition
		}
		acl, err := c.GetObjectAcl(e.Context(), &oss.GetObjectAclRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || *acl.ACL != "private" {
			t.Errorf("the ACL is %+v, %v", acl, err)
		}
	})
}

func TestA267_StatOfEmptyBucket_WithoutTime(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		stat, err := c.GetBucketStat(e.Context(), &oss.GetBucketStatRequest{Bucket: oss.Ptr(name)})
		if err != nil || stat.LastModifiedTime != 0 {
			t.Errorf("the figures are %+v, %v", stat, err)
		}
	})
}

func TestA268_ReplacingCopyWithoutType_KeepsType(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), ContentType: oss.Ptr("text/plain"), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CopyObject(e.Context(), &oss.CopyObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("k"), MetadataDirective: oss.Ptr("replace")}); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy")})
		if err != nil || *head.ContentType != "text/plain" {
			t.Errorf("head %+v, %v", head, err)
		}
	})
}

func TestA269_PolicyWithoutPrincipal_IsPublic(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.openBucket()
		policy := fmt.Sprintf(`{"Version":"1","Statement":[{"Action":["oss:PutObject"],"Effect":"Allow","Resource":["acs:oss:*:*:%s"]}]}`, name)
		if _, err := c.PutBucketPolicy(e.Context(), &oss.PutBucketPolicyRequest{Bucket: oss.Ptr(name), Body: strings.NewReader(policy)}); err != nil {
			t.Fatal(err)
		}
		status, err := c.GetBucketPolicyStatus(e.Context(), &oss.GetBucketPolicyStatusRequest{Bucket: oss.Ptr(name)})
		if err != nil || !*status.PolicyStatus.IsPublic {
			t.Errorf("the status is %+v, %v", status, err)
		}
	})
}

func TestA270_OtherLocationConstraint_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		input := &oss.OperationInput{
			OpName: "PutBucket", Method: "PUT", Bucket: oss.Ptr(name),
			Body: strings.NewReader("<CreateBucketConfiguration><LocationConstraint>oss-nowhere</LocationConstraint></CreateBucketConfiguration>"),
		}
		_, err := c.InvokeOperation(e.Context(), input)
		e.refused(err, 400, "InvalidLocationConstraint")
	})
}

func TestA271_AllowedHeader_InLowerCase(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketCors(e.Context(), &oss.PutBucketCorsRequest{Bucket: oss.Ptr(name), CORSConfiguration: &oss.CORSConfiguration{CORSRules: []oss.CORSRule{
			{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"Authorization"}},
		}}}); err != nil {
			t.Fatal(err)
		}
		got, err := c.GetBucketCors(e.Context(), &oss.GetBucketCorsRequest{Bucket: oss.Ptr(name)})
		if err != nil || got.CORSConfiguration.CORSRules[0].AllowedHeaders[0] != "authorization" {
			t.Errorf("the rules are %+v, %v", got, err)
		}
	})
}

func TestA272_UploadWithoutParts_MakesEmptyObject(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		id := e.begin(c, name)
		if _, err := c.CompleteMultipartUpload(e.Context(), &oss.CompleteMultipartUploadRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: id, CompleteMultipartUpload: &oss.CompleteMultipartUpload{},
		}); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || head.ContentLength != 0 || *head.ObjectType != "Multipart" {
			t.Errorf("head %+v, %v", head, err)
		}
	})
}

func TestA273_WebsiteRedirect_HasDefaults(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		input := &oss.OperationInput{
			OpName: "PutBucketWebsite", Method: "PUT", Bucket: oss.Ptr(name), Parameters: map[string]string{"website": ""},
			Body: strings.NewReader("<WebsiteConfiguration><IndexDocument><Suffix></Suffix></IndexDocument><RoutingRules>" +
				"<RoutingRule><RuleNumber>1</RuleNumber><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition>" +
				"<Redirect><RedirectType>Mirror</RedirectType><MirrorURL>http://www.example.com/</MirrorURL></Redirect></RoutingRule>" +
				"<RoutingRule><RuleNumber>2</RuleNumber><Condition><HttpErrorCodeReturnedEquals>403</HttpErrorCodeReturnedEquals></Condition>" +
				"<Redirect><HostName>www.example.com</HostName><HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>"),
		}
		input.OpMetadata.Set("sub-resource", []string{"website"})
		if _, err := c.InvokeOperation(e.Context(), input); err != nil {
			t.Fatal(err)
		}
		got, err := c.GetBucketWebsite(e.Context(), &oss.GetBucketWebsiteRequest{Bucket: oss.Ptr(name)})
		if err != nil {
			t.Fatal(err)
		}
		rules := got.WebsiteConfiguration.RoutingRules.RoutingRules
		mirror, external := rules[0].Redirect, rules[1].Redirect
		if mirror.PassQueryString == nil || *mirror.PassQueryString || mirror.MirrorFollowRedirect == nil || !*mirror.MirrorFollowRedirect || *external.RedirectType != "External" || external.MirrorFollowRedirect != nil {
			t.Errorf("the redirects are %+v and %+v", mirror, external)
		}
	})
}

func TestA274_Preflight_NamesAllMethodsOfRule(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketCors(e.Context(), &oss.PutBucketCorsRequest{Bucket: oss.Ptr(name), CORSConfiguration: &oss.CORSConfiguration{CORSRules: []oss.CORSRule{
			{AllowedOrigins: []string{"http://www.example.com"}, AllowedMethods: []string{"PUT", "POST"}},
		}}}); err != nil {
			t.Fatal(err)
		}
		done, err := c.OptionObject(e.Context(), &oss.OptionObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Origin: oss.Ptr("http://www.example.com"), AccessControlRequestMethod: oss.Ptr("PUT")})
		if err != nil || *done.AccessControlAllowMethods != "PUT, POST" {
			t.Errorf("the answer is %+v, %v", done, err)
		}
	})
}

func TestA275_StatusWithoutPolicy_NotPublic(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		status, err := c.GetBucketPolicyStatus(e.Context(), &oss.GetBucketPolicyStatusRequest{Bucket: oss.Ptr(name)})
		if err != nil || *status.PolicyStatus.IsPublic {
			t.Errorf("the status is %+v, %v", status, err)
		}
	})
}

func TestA276_ReplacingCopy_KeepsClientEncryption(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Metadata: map[string]string{"client-side-encryption-key": "secret", "other": "1"}, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CopyObject(e.Context(), &oss.CopyObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("k"), MetadataDirective: oss.Ptr("REPLACE")}); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy")})
		if err != nil || head.Metadata["client-side-encryption-key"] != "secret" || head.Metadata["other"] != "" {
			t.Errorf("head %+v, %v", head, err)
		}
	})
}
