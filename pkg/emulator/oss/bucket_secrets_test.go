package oss_test

import (
	"strings"
	"testing"
)

// The website of a bucket can name the keys of a mirror. Its owner reads them back;
// the state, which scripts print, has the rest of the document.
func TestBucketState_SecretOfMirror_IsMasked(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	const website = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber>" +
		"<Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><RedirectType>Mirror</RedirectType><MirrorURL>http://a.example/</MirrorURL>" +
		"<MirrorAuth><AuthType>S3V4</AuthType><Region>r</Region><AccessKeyId>shown</AccessKeyId><AccessKeySecret>sesame&amp;1</AccessKeySecret></MirrorAuth></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>"
	if _, _, err := send(t, c, call{method: "PUT", bucket: "bucket-a", query: map[string]string{"website": ""}, body: website}); err != nil {
		t.Fatal(err)
	}
	if _, body, err := send(t, c, call{method: "GET", bucket: "bucket-a", query: map[string]string{"website": ""}}); err != nil || !strings.Contains(body, "sesame") {
		t.Errorf("the owner reads %s, %v", body, err)
	}
	state := e.Buckets()[0].Options["website"]
	if strings.Contains(state, "sesame") || !strings.Contains(state, "<AccessKeyId>shown</AccessKeyId>") {
		t.Errorf("the state has %s", state)
	}
}
