package oss_test

import (
	"strconv"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// The codes are the ones that the integration tests of the official SDKs expect.
func TestDocuments_BadInput_CodeOfCloud(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	const expire = "<Expiration><Days>3</Days></Expiration>"
	rule := func(inner string) string {
		return "<LifecycleConfiguration><Rule><Status>Enabled</Status>" + inner + "</Rule></LifecycleConfiguration>"
	}
	move := func(element, days, class string) string {
		return "<" + element + "><" + days + "</" + strings.Split(days, ">")[0] + "><StorageClass>" + class + "</StorageClass></" + element + ">"
	}
	long := strings.Repeat("k", 129)
	before := e.state(t)
	for name, tc := range map[string]struct{ subresource, body, code string }{
		"versioning disabled":                    {"versioning", "<VersioningConfiguration><Status>Disabled</Status></VersioningConfiguration>", "MalformedXML"},
		"versioning without state":               {"versioning", "<VersioningConfiguration/>", "MalformedXML"},
		"unknown encryption":                     {"encryption", "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>x</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>", "InvalidEncryptionAlgorithmError"},
		"expiration by date, transition by days": {"lifecycle", rule("<Expiration><CreatedBeforeDate>2016-12-25T00:00:00.000Z</CreatedBeforeDate></Expiration>" + move("Transition", "Days>356", "IA")), "InvalidRequest"},
		"expiration by days, transition by date": {"lifecycle", rule(expire + move("Transition", "CreatedBeforeDate>2016-12-25T00:00:00.000Z", "IA")), "InvalidRequest"},
		"old versions archived before IA":        {"lifecycle", rule(move("NoncurrentVersionTransition", "NoncurrentDays>20", "IA") + move("NoncurrentVersionTransition", "NoncurrentDays>12", "Archive")), "InvalidArgument"},
		"old versions expire before transition":  {"lifecycle", rule("<NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration>" + move("NoncurrentVersionTransition", "NoncurrentDays>10", "IA")), "InvalidArgument"},
		"old versions to Standard":               {"lifecycle", rule(move("NoncurrentVersionTransition", "NoncurrentDays>10", "Standard")), "InvalidArgument"},
		"expiration before transition":           {"lifecycle", rule(expire + move("Transition", "Days>4", "IA")), "InvalidArgument"},
		"a tag of other characters":              {"lifecycle", rule("<Tag><Key>%&amp;</Key><Value>v</Value></Tag>" + expire), "InvalidTag"},
		"a negative age of CORS":                 {"cors", "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule></CORSConfiguration>", "InvalidArgument"},
		"a mirror for 403":                       {"website", "<WebsiteConfiguration><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition><HttpErrorCodeReturnedEquals>403</HttpErrorCodeReturnedEquals></Condition><Redirect><RedirectType>Mirror</RedirectType><MirrorURL>http://a.example/</MirrorURL></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>", "InvalidArgument"},
		"TLS without versions":                   {"httpsConfig", "<HttpsConfiguration><TLS><Enable>true</Enable></TLS></HttpsConfiguration>", "MalformedXML"},
	} {
		_, _, err := send(t, c, call{method: "PUT", bucket: "bucket-a", query: map[string]string{tc.subresource: ""}, body: tc.body})
		t.Run(name, func(t *testing.T) { wantCode(t, err, tc.code) })
	}
	if diff := cmp.Diff(before, e.state(t)); diff != "" {
		t.Errorf("the state has changed (-before, +after):\n%s", diff)
	}
	for name, body := range map[string]string{
		"a long tag":      rule("<Tag><Key>" + long + "</Key><Value>" + strings.Repeat("v", 257) + "</Value></Tag>" + expire),
		"many tags":       rule(manyTags() + expire),
		"the old date":    rule("<Expiration><Date>2026-12-25T00:00:00.000Z</Date></Expiration>"),
		"a date and date": rule("<Expiration><CreatedBeforeDate>2026-12-25T00:00:00Z</CreatedBeforeDate></Expiration>" + move("Transition", "CreatedBeforeDate>2026-11-25T00:00:00.000Z", "IA")),
	} {
		at := call{method: "PUT", bucket: "bucket-a", query: map[string]string{"lifecycle": ""}, body: body}
		if _, _, err := send(t, c, at); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		at.method, at.body = "GET", ""
		if _, got, err := send(t, c, at); err != nil || !strings.Contains(name, "tag") && !strings.Contains(got, "2026-12-25T00:00:00.000Z") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	_, _, err := send(t, c, call{method: "PUT", bucket: "bucket-b", header: map[string]string{"x-oss-resource-group-id": "invalid id"}})
	wantCode(t, err, "InvalidArgument")
}

func TestLists_LongOrBadMembers_InvalidArgument(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "v")
	long := strings.Repeat("a", 1025)
	for _, query := range []map[string]string{
		{"versions": "", "prefix": long}, {"versions": "", "key-marker": long}, {"versions": "", "key-marker": "k", "version-id-marker": long},
		{"versions": "", "delimiter": long}, {"prefix": long}, {"marker": long}, {"delimiter": long}, {"list-type": "2", "prefix": long},
		{"list-type": "2", "start-after": long}, {"uploads": "", "prefix": long}, {"uploads": "", "key-marker": long},
	} {
		_, _, err := send(t, c, call{method: "GET", bucket: "bucket-a", query: query})
		wantCode(t, err, "InvalidArgument")
	}
	if _, _, err := send(t, c, call{method: "GET", bucket: "bucket-a", query: map[string]string{"prefix": long[1:]}}); err != nil {
		t.Errorf("a prefix of 1,024 bytes: %v", err)
	}
	_, err := c.DeleteMultipleObjects(t.Context(), &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a"), Objects: []sdk.DeleteObject{{Key: new("k")}, {Key: new("k"), VersionId: new("234")}}})
	wantCode(t, err, "InvalidArgument")
	_, err = c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: new("bucket-a"), Key: new("k"), VersionId: new("234")})
	wantCode(t, err, "InvalidArgument")
	if got := e.Buckets()[0].Objects; got != 1 {
		t.Errorf("%d objects are left, want 1", got)
	}
}

// Bodies of objects are no documents of the table.
func TestPutObject_XMLAsContent_Stored(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	const content = "<a><b>1</b></a>"
	mustPut(t, c, "bucket-a", "k", content)
	if _, err := appendTo(t, c, "log", content, 0, nil); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"k", "log"} {
		if got, err := get(t.Context(), c, "bucket-a", key); err != nil || got != content {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
}

func TestObjectTags_LettersOfAllScripts_Taken(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	want := map[string]string{"a +/ b": "中文", "中文": "test++/", "é": strings.Repeat("ß", 256), strings.Repeat("k", 128): ""}
	set := &sdk.TagSet{}
	for key, value := range want {
		set.Tags = append(set.Tags, sdk.Tag{Key: new(key), Value: new(value)})
	}
	mustPut(t, c, "bucket-a", "k", "v")
	if _, err := c.PutObjectTagging(t.Context(), &sdk.PutObjectTaggingRequest{Bucket: new("bucket-a"), Key: new("k"), Tagging: &sdk.Tagging{TagSet: set}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("l"), Tagging: new("%E4%B8%AD%E6%96%87=%E6%96%87")}); err != nil {
		t.Errorf("by the header: %v", err)
	}
	got, err := c.GetObjectTagging(t.Context(), &sdk.GetObjectTaggingRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]string{}
	for _, tag := range got.Tags {
		read[*tag.Key] = *tag.Value
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("tags (-want, +got):\n%s", diff)
	}
	for _, key := range []string{"a%b", "a&b", "a,b", "a😀", "a\u0007"} {
		_, err := c.PutObjectTagging(t.Context(), &sdk.PutObjectTaggingRequest{Bucket: new("bucket-a"), Key: new("k"), Tagging: tags(key, "v")})
		wantCode(t, err, "InvalidTag")
	}
}

func manyTags() string {
	var b strings.Builder
	for i := range 19 {
		b.WriteString("<Tag><Key>k" + strconv.Itoa(i) + "</Key><Value>v</Value></Tag>")
	}
	return b.String()
}
