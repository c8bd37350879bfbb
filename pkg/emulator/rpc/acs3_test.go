package rpc

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The vectors are the example of the page "Request syntax and signature method
// V3" and a request that the official Node SDK sent.
func TestSignV3_RealClients_SameSignature(t *testing.T) {
	const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, tc := range map[string]struct {
		url, secret string
		headers     map[string]string
		want        string
	}{
		"documentation's example": {
			"https://ecs.cn-shanghai.aliyuncs.com/?RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "YourAccessKeySecret",
			map[string]string{
				"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
				"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d", "x-acs-content-sha256": emptyHash,
			}, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
		},
		"Node SDK": {
			"http://127.0.0.1:43429/?DBInstanceStorage=20&Engine=MySQL&RegionId=cn-hangzhou&Tag.1.Key=a&Tag.1.Value=b%20c", "testsecret",
			map[string]string{
				"x-acs-action": "CreateDBInstance", "x-acs-version": "2014-08-15", "x-acs-date": "2026-11-20T15:32:22Z", "x-acs-credentials-provider": "static_ak",
				"x-acs-signature-nonce": "0b2c4ac76ab0d3539d39bbb7854b450050059df084f2bd7a3358efb5af3d46b4", "x-acs-content-sha256": emptyHash,
			}, "fc947ec4bc825cf5547de853785ee0449fcaa65237cffc1ca1632890c875d50f",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tc.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			signed := []string{"host"}
			for name, value := range tc.headers {
				r.Header.Set(name, value)
				signed = append(signed, name)
			}
			slices.Sort(signed)
			if got := signV3(tc.secret, stringToSignV3(canonicalRequest(r, r.URL.Query(), signed, nil))); got != tc.want {
				t.Errorf("signature %s, want %s", got, tc.want)
			}
		})
	}
}

// signed makes a request of version 3. The headers in pairs replace its own
// before it is signed; "-" removes one.
func (b *bench) signed(query, contentType, body string, pairs ...string) *http.Request {
	b.Helper()
	b.nonce++
	sum := sha256.Sum256([]byte(body))
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.url+"/?"+query, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	for name, value := range map[string]string{
		"x-acs-action": "Say", "x-acs-version": "2020-01-01", "x-acs-date": wall().Format(timestampFormat), "x-acs-signature-nonce": strconv.Itoa(b.nonce),
		"x-acs-content-sha256": hex.EncodeToString(sum[:]), "content-type": contentType,
	} {
		r.Header.Set(name, value)
	}
	id := "testid"
	for i := 0; i+1 < len(pairs); i += 2 {
		switch {
		case pairs[i] == "Credential":
			id = pairs[i+1]
		case pairs[i+1] == "-":
			r.Header.Del(pairs[i])
		default:
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
	names := []string{"host"}
	for name := range r.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	signature := signV3("testsecret", stringToSignV3(canonicalRequest(r, r.URL.Query(), names, []byte(body))))
	r.Header.Set("Authorization", algorithmV3+" Credential="+id+",SignedHeaders="+strings.Join(names, ";")+",Signature="+signature)
	return r
}

func (b *bench) do(r *http.Request) reply {
	b.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	return b.read(response)
}

func TestV3_BadHeaders_Refused(t *testing.T) {
	at := func(d time.Duration) string { return wall().Add(d).Format(timestampFormat) }
	for name, tc := range map[string]struct {
		pairs  []string
		status int
		code   string
	}{
		"good":                       {nil, 200, ""},
		"no action":                  {[]string{"x-acs-action", "-"}, 400, "MissingAction"},
		"no version":                 {[]string{"x-acs-version", "-"}, 400, "MissingVersion"},
		"no date":                    {[]string{"x-acs-date", "-"}, 400, "MissingTimestamp"},
		"no nonce":                   {[]string{"x-acs-signature-nonce", "-"}, 400, "MissingSignatureNonce"},
		"unknown key":                {[]string{"Credential", "unknown"}, 404, "InvalidAccessKeyId.NotFound"},
		"inactive key":               {[]string{"Credential", "inactive"}, 400, "InvalidAccessKeyId.Inactive"},
		"no key":                     {[]string{"Credential", ""}, 400, "IncompleteSignature"},
		"more than 15 minutes late":  {[]string{"x-acs-date", at(-15*time.Minute - time.Second)}, 400, "InvalidTimeStamp.Expired"},
		"more than 15 minutes early": {[]string{"x-acs-date", at(15*time.Minute + time.Second)}, 400, "IllegalTimestamp"},
		"session":                    {[]string{"Credential", "STS.1", "x-acs-security-token", "token", "x-acs-accesskey-id", "STS.1"}, 200, ""},
		"session without its token":  {[]string{"Credential", "STS.1"}, 400, "MissingSecurityToken"},
		"unknown action":             {[]string{"x-acs-action", "Shout"}, 501, "NotImplemented.Shout"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.T = t
			b.want(b.do(b.signed("What=hello", "application/x-www-form-urlencoded", "", tc.pairs...)), tc.status, tc.code)
		})
	}
}

func TestV3_Parameters_InQueryFormAndObject(t *testing.T) {
	b := newBench(t)
	for name, r := range map[string]*http.Request{
		"query": b.signed("What=a%20b%2A~%2F&Item.1=x&Item.2=y", "application/x-www-form-urlencoded", ""),
		"form":  b.signed("Item.1=x", "application/x-www-form-urlencoded; charset=utf-8", "What=a+b*~%2F&Item.2=y"),
		"JSON":  b.signed("", "application/json; charset=utf-8", `{"What":"a b*~/","Item":["x","y"],"Deep":{"Number":1.50,"Bool":true,"Null":null}}`),
	} {
		got := b.do(r)
		if b.want(got, 200, ""); got.What != "a b*~/" || !slices.Equal(got.Items.Item, []string{"x", "y"}) {
			t.Errorf("%s: answer %+v", name, got)
		}
	}
	calls := b.journal.Calls("Say")
	for _, call := range calls {
		if call.AccessKeyID != "testid" {
			t.Errorf("the journal names the key %q", call.AccessKeyID)
		}
		if n, ok := call.Params["Deep.Number"]; ok && (n != "1.50" || call.Params["Deep.Bool"] != "true" || call.Params["Item.2"] != "y") {
			t.Errorf("parameters of the object: %v", call.Params)
		}
	}
	chunked := b.signed("", "application/x-www-form-urlencoded", "What=chunked")
	chunked.Body, chunked.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("What="), strings.NewReader("chunked"))), -1
	if got := b.do(chunked); got.What != "chunked" {
		t.Errorf("in chunks: %+v", got)
	}
	for _, body := range []string{`[]`, `{"What":`, `{}{}`, `{"What":"x"`} {
		b.want(b.do(b.signed("", "application/json", body)), 400, "InvalidParameter")
	}
}

func TestV3_UnsignedChange_Refused(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	b := newBench(t)
	other := b.signed("What=hello", form, "Item.1=x")
	other.Body = io.NopCloser(strings.NewReader("Item.1=y"))
	query := b.signed("What=hello", form, "")
	query.URL.RawQuery = "What=goodbye"
	header := b.signed("What=hello", form, "")
	header.Header.Set("x-acs-action", "Nothing")
	for name, r := range map[string]*http.Request{"body": other, "query": query, "header": header} {
		if got := b.do(r); got.Code != "SignatureDoesNotMatch" {
			t.Errorf("another %s: %+v", name, got)
		}
	}
	added := b.signed("What=hello", form, "")
	added.Header.Set("x-acs-security-token", "token")
	b.want(b.do(added), 400, "IncompleteSignature")
	if b.done != 0 {
		t.Errorf("%d of them took effect", b.done)
	}
}

func TestV3_ReusedNonce_Refused(t *testing.T) {
	b := newBench(t)
	r := b.signed("What=hello", "application/x-www-form-urlencoded", "")
	b.want(b.do(r), 200, "")
	b.want(b.do(r.Clone(t.Context())), 400, "SignatureNonceUsed")
}

func TestV3_WrongSignature_EchoesSignedString(t *testing.T) {
	b := newBench(t)
	r := b.signed("What=hello", "application/x-www-form-urlencoded", "")
	before, _, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	r.Header.Set("Authorization", before+"Signature=00")
	got := b.do(r)
	b.want(got, 400, "SignatureDoesNotMatch")
	names := strings.Split(strings.TrimSuffix(before[strings.Index(before, "SignedHeaders=")+len("SignedHeaders="):], ","), ";")
	canonical := canonicalRequest(r, r.URL.Query(), names, nil)
	if !strings.HasSuffix(got.Message, "server StringToSign is ["+stringToSignV3(canonical)+"] server CanonicalRequest is ["+canonical+"]") {
		t.Errorf("message %q", got.Message)
	}
}

func TestUnsignedAction_WrongSignature_Refused(t *testing.T) {
	b := newBench(t)
	if got := b.get(values("Action", "Knock", "Version", "2020-01-01", "Format", "JSON", "What", "hello", "Signature", "-")); got.What != "hello||127.0.0.1" {
		t.Errorf("answer %+v", got)
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/?What=hello", nil)
	r.Header.Set("x-acs-action", "Knock")
	r.Header.Set("x-acs-version", "2020-01-01")
	if got := b.do(r); got.What != "hello||127.0.0.1" {
		t.Errorf("answer %+v", got)
	}
	b.want(b.get(b.params("Action", "Knock", "Signature", "AAAA")), 400, "SignatureDoesNotMatch")
	b.want(b.get(values("Action", "Say", "Version", "2020-01-01", "Format", "JSON", "What", "hello")), 400, "MissingAccessKeyId")
}

func TestRequireTLS_HTTPSOnlyProduct_RefusesPlainHTTP(t *testing.T) {
	for strict, want := range map[bool]string{true: "InvalidProtocol.NeedSsl", false: ""} {
		b := newBench(t)
		b.gateway.requireTLS = strict
		echo := b.gateway.products["2020-01-01"]
		echo.HTTPSOnly = true
		b.gateway.products["2020-01-01"] = echo
		if got := b.get(b.params()); got.Code != want {
			t.Errorf("strict=%v: %+v", strict, got)
		}
	}
}

func TestAnswer_Headers_AsTheGatewayWrites(t *testing.T) {
	b := newBench(t)
	traces := map[string]bool{}
	for _, what := range []string{"hello", ""} { // an answer and an error
		response, err := http.DefaultClient.Do(b.signed("What="+what, "application/x-www-form-urlencoded", ""))
		if err != nil || response.Body.Close() != nil {
			t.Fatal(err)
		}
		h := response.Header
		if h.Get("Content-Type") != "application/json;charset=utf-8" || len(h.Get("X-Acs-Request-Id")) != 36 || len(h.Get("X-Acs-Trace-Id")) != 32 ||
			h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("headers %v", h)
		}
		traces[h.Get("X-Acs-Trace-Id")] = true
	}
	if len(traces) != 2 {
		t.Errorf("trace ids %v", traces)
	}
}

func TestV3_UnsignedHost_Refused(t *testing.T) {
	b := newBench(t)
	r := b.signed("What=hello", "application/x-www-form-urlencoded", "")
	names := []string{"x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
	signature := signV3("testsecret", stringToSignV3(canonicalRequest(r, r.URL.Query(), names, nil)))
	r.Header.Set("Authorization", algorithmV3+" Credential=testid,SignedHeaders="+strings.Join(names, ";")+",Signature="+signature)
	b.want(b.do(r), 400, "IncompleteSignature")
}
