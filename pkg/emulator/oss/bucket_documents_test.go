package oss_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// A call is a request by the SDK's generic operation.
type call struct {
	method, bucket, key string
	query, header       map[string]string
	body                string
}

// send sends a call and returns the answer's headers and body.
func send(t *testing.T, c *sdk.Client, given call) (http.Header, string, error) {
	t.Helper()
	input := &sdk.OperationInput{OpName: "Test", Method: given.method, Headers: given.header, Parameters: given.query}
	if given.bucket != "" {
		input.Bucket = new(given.bucket)
	}
	if given.key != "" {
		input.Key = new(given.key)
	}
	if given.body != "" {
		input.Body = strings.NewReader(given.body)
	}
	output, err := c.InvokeOperation(t.Context(), input)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = output.Body.Close() }()
	body, err := io.ReadAll(output.Body)
	return output.Headers, string(body), err
}

// squeezed removes the declaration and the space between elements.
func squeezed(document string) string {
	_, document, _ = strings.Cut(document, "?>\n")
	var b strings.Builder
	for line := range strings.SplitSeq(document, "\n") {
		b.WriteString(strings.TrimSpace(line))
	}
	return b.String()
}

func TestBucketDocuments_PutGetDelete_KeptAsPut(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	const (
		routing = "<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><RedirectType>Mirror</RedirectType><MirrorURL>http://a.example/?x=1&amp;y=2</MirrorURL></Redirect></RoutingRule></RoutingRules>"
		secure  = "<HttpsConfiguration><TLS><Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion><TLSVersion>TLSv1.3</TLSVersion></TLS><CipherSuite><Enable>true</Enable><StrongCipherSuite>false</StrongCipherSuite><CustomCipherSuite>ECDHE-ECDSA-AES128-SHA256</CustomCipherSuite></CipherSuite></HttpsConfiguration>"
	)
	for subresource, tc := range map[string]struct {
		absent string // the answer without the document: a code or a document
		put    string
		want   string // empty: as put
		remove string // the answer to DELETE if there is none
		codes  map[string]string
	}{
		"website": {
			absent: "NoSuchWebsiteConfiguration",
			want: "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>a&amp;中文</Key></ErrorDocument>" +
				strings.Replace(routing, "<MirrorURL>http://a.example/?x=1&amp;y=2</MirrorURL>", "<PassQueryString>false</PassQueryString><MirrorURL>http://a.example/?x=1&amp;y=2</MirrorURL>"+
					"<MirrorFollowRedirect>true</MirrorFollowRedirect><MirrorCheckMd5>false</MirrorCheckMd5><MirrorPassOriginalSlashes>false</MirrorPassOriginalSlashes><MirrorPassQueryString>false</MirrorPassQueryString>", 1) + "</WebsiteConfiguration>",
			put: "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>a&amp;中文</Key></ErrorDocument>" + routing + "</WebsiteConfiguration>",
			codes: map[string]string{
				"<WebsiteConfiguration/>": "MalformedXML",
				"<WebsiteConfiguration><IndexDocument/></WebsiteConfiguration>":                                          "MalformedXML",
				"<WebsiteConfiguration><Other>1</Other></WebsiteConfiguration>":                                          "NotImplemented",
				"<WebsiteConfiguration><ErrorDocument><HttpStatus>x</HttpStatus></ErrorDocument></WebsiteConfiguration>": "MalformedXML",
			},
		},
		"logging": {
			absent: "<BucketLoggingStatus></BucketLoggingStatus>",
			put:    "<BucketLoggingStatus><LoggingEnabled><TargetBucket>bucket-a</TargetBucket></LoggingEnabled></BucketLoggingStatus>",
			want:   "<BucketLoggingStatus><LoggingEnabled><TargetBucket>bucket-a</TargetBucket><TargetPrefix></TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
			codes: map[string]string{
				"<BucketLoggingStatus><LoggingEnabled><TargetBucket>absent</TargetBucket></LoggingEnabled></BucketLoggingStatus>": "InvalidTargetBucketForLogging",
			},
		},
		"referer": {
			absent: "<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><AllowTruncateQueryString>true</AllowTruncateQueryString><TruncatePath>false</TruncatePath><RefererList></RefererList></RefererConfiguration>",
			put:    "<RefererConfiguration><RefererList><Referer>http://a.example</Referer><Referer></Referer></RefererList><AllowEmptyReferer>false</AllowEmptyReferer></RefererConfiguration>",
			want:   "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><AllowTruncateQueryString>true</AllowTruncateQueryString><TruncatePath>false</TruncatePath><RefererList><Referer>http://a.example</Referer></RefererList></RefererConfiguration>",
			remove: "NotImplemented",
			codes: map[string]string{
				"<RefererConfiguration><AllowEmptyReferer>yes</AllowEmptyReferer></RefererConfiguration>": "MalformedXML",
				"<RefererConfiguration/>": "MalformedXML",
			},
		},
		"transferAcceleration": {
			absent: "NoSuchTransferAccelerationConfiguration",
			put:    "<TransferAccelerationConfiguration><Enabled>True</Enabled></TransferAccelerationConfiguration>",
			want:   "<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>",
		},
		"resourceGroup": {
			absent: "<BucketResourceGroupConfiguration><ResourceGroupId>rg-default</ResourceGroupId></BucketResourceGroupConfiguration>",
			put:    "<BucketResourceGroupConfiguration><ResourceGroupId>rg-acfmx</ResourceGroupId></BucketResourceGroupConfiguration>",
			remove: "NotImplemented",
			codes: map[string]string{
				"<BucketResourceGroupConfiguration><ResourceGroupId>x</ResourceGroupId></BucketResourceGroupConfiguration>": "ResourceGroupIdPreCheckError",
			},
		},
		"accessmonitor": {
			absent: "<AccessMonitorConfiguration><Status>Disabled</Status></AccessMonitorConfiguration>",
			put:    "<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>",
			remove: "NotImplemented",
			codes:  map[string]string{"<AccessMonitorConfiguration><Status>On</Status></AccessMonitorConfiguration>": "MalformedXML"},
		},
		"requestPayment": {
			absent: "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
			put:    "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
			remove: "NotImplemented",
			codes:  map[string]string{"<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>": "MalformedXML"},
		},
		"httpsConfig": {
			absent: "NoSuchHttpsConfig", put: secure, remove: "NotImplemented",
			codes: map[string]string{"<HttpsConfiguration><TLS><Enable>true</Enable><TLSVersion>SSLv3</TLSVersion></TLS></HttpsConfiguration>": "MalformedXML"},
		},
	} {
		t.Run(subresource, func(t *testing.T) {
			at := call{bucket: "bucket-a", query: map[string]string{subresource: ""}}
			do := func(method, body string) (string, error) {
				at.method, at.body = method, body
				_, answer, err := send(t, c, at)
				return squeezed(answer), err
			}
			wantDocument(t, do, tc.absent)
			for body, code := range tc.codes {
				_, err := do("PUT", body)
				wantCode(t, err, code)
			}
			_, err := do("PUT", "no XML")
			wantCode(t, err, "MalformedXML")
			_, err = do("PUT", "<Other/>")
			wantCode(t, err, "MalformedXML")
			wantDocument(t, do, tc.absent)
			if _, err := do("PUT", tc.put); err != nil {
				t.Fatal(err)
			}
			want := tc.want
			if want == "" {
				want = tc.put
			}
			wantDocument(t, do, want)
			if kept := squeezed(e.Buckets()[0].Options[subresource]); kept != want {
				t.Errorf("the state has %s", kept)
			}
			_, err = do("DELETE", "")
			if tc.remove != "" {
				wantCode(t, err, tc.remove)
				wantDocument(t, do, want)
				return
			}
			if err != nil {
				t.Error(err)
			}
			wantDocument(t, do, tc.absent)
		})
	}
}

// wantDocument checks that GET answers a document, or an error of this code.
func wantDocument(t *testing.T, do func(method, body string) (string, error), want string) {
	t.Helper()
	got, err := do("GET", "")
	if !strings.HasPrefix(want, "<") {
		wantCode(t, err, want)
		return
	}
	if err != nil || got != want {
		t.Errorf("GET: %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestBucketInfo_OptionsOfCreation_Shown(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	for algorithm, code := range map[string]string{"ROT13": "InvalidEncryptionAlgorithmError", "AES256": "InvalidArgument"} {
		_, _, err := send(t, c, call{method: "PUT", bucket: "bucket-a", header: map[string]string{
			"x-oss-server-side-encryption": algorithm, "x-oss-server-side-encryption-key-id": "key",
		}})
		wantCode(t, err, code)
	}
	if _, _, err := send(t, c, call{method: "PUT", bucket: "bucket-a", header: map[string]string{
		"x-oss-server-side-encryption": "KMS", "x-oss-server-side-encryption-key-id": "key", "x-oss-server-side-data-encryption": "SM4",
		"x-oss-resource-group-id": "rg-acfmx",
	}}); err != nil {
		t.Fatal(err)
	}
	mustPutBucket(t, c, "bucket-b")
	for _, option := range []call{
		{query: map[string]string{"accessmonitor": ""}, body: "<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>"},
		{query: map[string]string{"transferAcceleration": ""}, body: "<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>"},
	} {
		option.method, option.bucket = "PUT", "bucket-a"
		if _, _, err := send(t, c, option); err != nil {
			t.Fatal(err)
		}
	}
	restored := newEnvironment(t)
	state, err := e.Snapshot()
	if err != nil || restored.Restore(state) != nil {
		t.Fatal("the state is not restored", err)
	}
	info, err := restored.root().GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: new("bucket-a")})
	if err != nil {
		t.Fatal(err)
	}
	got := info.BucketInfo
	shown := []string{*got.SseRule.SSEAlgorithm, *got.SseRule.KMSMasterKeyID, *got.SseRule.KMSDataEncryption, *got.ResourceGroupId, *got.AccessMonitor, *got.TransferAcceleration}
	if diff := cmp.Diff([]string{"KMS", "key", "SM4", "rg-acfmx", "Enabled", "Enabled"}, shown); diff != "" {
		t.Errorf("GetBucketInfo (-want, +got):\n%s", diff)
	}
	for group, want := range map[string]int{"rg-acfmx": 1, "rg-default": 1, "rg-other": 0} {
		list, err := restored.root().ListBuckets(t.Context(), &sdk.ListBucketsRequest{ResourceGroupId: new(group)})
		if err != nil || len(list.Buckets) != want {
			t.Errorf("buckets of the group %s: %+v, %v", group, list, err)
		}
	}
	made, err := put(t.Context(), restored.root(), "bucket-a", "k", "v")
	if err != nil || made.Headers.Get("x-oss-server-side-encryption-key-id") != "key" || made.Headers.Get("x-oss-server-side-data-encryption") != "SM4" {
		t.Errorf("object: %+v, %v", made, err)
	}
}

// A state saved before the options existed is loaded.
func TestRestore_StateOfBefore_Loaded(t *testing.T) {
	s := oss.New(oss.Config{})
	if err := s.Restore(json.RawMessage(`{"buckets":[{"name":"bucket-a","owner":"1","region":"cn-hangzhou","acl":"private","storageClass":"Standard","redundancy":"LRS","created":"2026-01-01T00:00:00Z"}]}`)); err != nil {
		t.Fatal(err)
	}
	if got := s.Buckets(); len(got) != 1 || got[0].Options != nil {
		t.Errorf("buckets %+v", got)
	}
}

func TestBucketPolicy_Documents_CheckedAndKept(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	at := func(method, subresource, body string) (http.Header, string, error) {
		return send(t, c, call{method: method, bucket: "bucket-a", query: map[string]string{subresource: ""}, body: body})
	}
	policy := func(members string) string {
		return `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":"acs:oss:*:*:bucket-a/*"` + members + `}]}`
	}
	_, _, err := at("GET", "policy", "")
	wantCode(t, err, "NoSuchBucketPolicy")
	for _, bad := range []string{
		"no JSON", "{}", policy("")[:40], `{"Version":"2","Statement":[]}`, policy(`,"Unknown":1`), strings.Replace(policy(""), "Allow", "Maybe", 1),
		strings.Replace(policy(""), "oss:GetObject", "rds:X", 1), policy("") + "{}", policy(`,"Sid":"` + strings.Repeat("x", 16<<10) + `"`),
	} {
		_, _, err := at("PUT", "policy", bad)
		wantCode(t, err, "InvalidPolicyDocument")
	}
	for members, public := range map[string]string{
		`,"Principal":["123"]`: "false", `,"Principal":"*"`: "true",
		`,"Principal":["*"],"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}`:    "false",
		`,"Principal":["*"],"Condition":{"IpAddress":{"acs:SourceIp":["0.0.0.0/0"]}}`:     "true",
		`,"Principal":["*"],"Condition":{"StringEquals":{"acs:SourceVpc":["vpc-1"]}}`:     "false",
		`,"Principal":["*"],"Condition":{"StringNotEquals":{"acs:SourceVpc":["vpc-1"]}}`:  "true",
		`,"Principal":["*"],"Condition":{"IpAddress":{"acs:SourceIp":["2001:db8::/16"]}}`: "true",
		`,"Principal":["*"],"Condition":{"StringLike":{"acs:AccessId":["LTAI*"]}}`:        "true",
	} {
		if _, _, err := at("PUT", "policy", policy(members)); err != nil {
			t.Fatal(err)
		}
		header, got, err := at("GET", "policy", "")
		if err != nil || got != policy(members) || header.Get("Content-Type") != "application/json" {
			t.Errorf("policy %s, %v", got, err)
		}
		if _, status, err := at("GET", "policyStatus", ""); err != nil || squeezed(status) != "<PolicyStatus><IsPublic>"+public+"</IsPublic></PolicyStatus>" {
			t.Errorf("%s: %s, %v", members, status, err)
		}
	}
	if _, _, err := at("DELETE", "policy", ""); err != nil {
		t.Error(err)
	}
	if _, err := c.PutBucketPublicAccessBlock(t.Context(), &sdk.PutBucketPublicAccessBlockRequest{
		Bucket: new("bucket-a"), PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(true)},
	}); err != nil {
		t.Fatal(err)
	}
	_, _, err = at("PUT", "policy", policy(`,"Principal":"*"`))
	wantCode(t, err, "AccessDenied")
	_, _, err = at("GET", "policy", "")
	wantCode(t, err, "NoSuchBucketPolicy")
}

func TestUserMetadata_OnOtherOperations_Ignored(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	for _, at := range []call{{method: "PUT", bucket: "bucket-a"}, {method: "GET", bucket: "bucket-a", query: map[string]string{"acl": ""}}, {method: "DELETE", bucket: "bucket-a"}} {
		at.header = map[string]string{"x-oss-meta-app": "x"}
		if _, _, err := send(t, c, at); err != nil {
			t.Errorf("%s: %v", at.method, err)
		}
	}
}

func TestWebsite_Mirror_PassQueryStringDerived(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	at := call{method: "PUT", bucket: "bucket-a", query: map[string]string{"website": ""}, body: "<WebsiteConfiguration><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber>" +
		"<Redirect><RedirectType>Mirror</RedirectType><MirrorURL>http://a.example/</MirrorURL><MirrorPassQueryString>True</MirrorPassQueryString></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>"}
	if _, _, err := send(t, c, at); err != nil {
		t.Fatal(err)
	}
	at.method, at.body = "GET", ""
	if _, got, err := send(t, c, at); err != nil || !strings.Contains(got, "<PassQueryString>true</PassQueryString>") {
		t.Errorf("%s, %v", got, err)
	}
}
