package rpc

import (
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGateway_MalformedRequest_Refused(t *testing.T) {
	at := func(d time.Duration) string { return wall().Add(d).Format(timestampFormat) }
	cases := map[string]struct {
		pairs  []string
		status int
		code   string
	}{
		"good":                        {nil, 200, ""},
		"lower-case format":           {[]string{"Format", "json"}, 200, ""},
		"no action":                   {[]string{"Action", "-"}, 400, "MissingAction"},
		"no version":                  {[]string{"Version", "-"}, 400, "MissingVersion"},
		"no key":                      {[]string{"AccessKeyId", "-"}, 400, "MissingAccessKeyId"},
		"no nonce":                    {[]string{"SignatureNonce", "-"}, 400, "MissingSignatureNonce"},
		"no timestamp":                {[]string{"Timestamp", "-"}, 400, "MissingTimestamp"},
		"unknown key":                 {[]string{"AccessKeyId", "unknown"}, 404, "InvalidAccessKeyId.NotFound"},
		"inactive key":                {[]string{"AccessKeyId", "inactive"}, 400, "InvalidAccessKeyId.Inactive"},
		"wrong signature":             {[]string{"Signature", "AAAA"}, 400, "SignatureDoesNotMatch"},
		"other method of signing":     {[]string{"SignatureMethod", "HMAC-SHA256"}, 400, "InvalidParameter"},
		"15 minutes late":             {[]string{"Timestamp", at(-15 * time.Minute)}, 200, ""},
		"more than 15 minutes late":   {[]string{"Timestamp", at(-15*time.Minute - time.Second)}, 400, "InvalidTimeStamp.Expired"},
		"more than 15 minutes early":  {[]string{"Timestamp", at(15*time.Minute + time.Second)}, 400, "IllegalTimestamp"},
		"time of another form":        {[]string{"Timestamp", "2026-11-20 15:30:00"}, 400, "InvalidTimeStamp.Format"},
		"session":                     {[]string{"AccessKeyId", "STS.1", "SecurityToken", "token"}, 200, ""},
		"session without its token":   {[]string{"AccessKeyId", "STS.1"}, 400, "MissingSecurityToken"},
		"session with another token":  {[]string{"AccessKeyId", "STS.1", "SecurityToken", "x"}, 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		"token of a long-lived key":   {[]string{"SecurityToken", "token"}, 400, "InvalidSecurityToken.Malformed"},
		"bearer token":                {[]string{"SignatureType", "BEARERTOKEN"}, 501, "NotImplemented.BEARERTOKEN"},
		"unknown action":              {[]string{"Action", "Shout"}, 501, "NotImplemented.Shout"},
		"unknown version":             {[]string{"Version", "1999-01-01"}, 501, "NotImplemented.Say"},
		"missing parameter":           {[]string{"What", "-"}, 400, "MissingWhat"},
		"not permitted":               {[]string{"What", "forbidden"}, 403, "Forbidden.RAM"},
		"needs no permission":         {[]string{"Action", "Nothing"}, 200, ""},
		"a signature of other params": {[]string{"What", "hello", "Signature", "kRA2cnpJVacIhDMzXnoNZG9tDCI="}, 400, "SignatureDoesNotMatch"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.T = t
			b.want(b.get(b.params(tc.pairs...)), tc.status, tc.code)
			if calls := b.journal.Calls(""); len(calls) != 1 || calls[0].Status != tc.status || calls[0].Code != tc.code || calls[0].Effected != (tc.status == 200) {
				t.Errorf("journal = %+v, want one call with %d %q", calls, tc.status, tc.code)
			}
		})
	}
}

func TestGateway_ExpiredSession_Refused(t *testing.T) {
	b := newBench(t)
	b.clock.Advance(time.Hour)
	b.want(b.get(b.params("AccessKeyId", "STS.1", "SecurityToken", "token")), 400, "InvalidSecurityToken.Expired")
}

func TestGateway_ReusedNonce_Refused(t *testing.T) {
	b := newBench(t)
	v := b.params()
	b.want(b.get(v), 200, "")
	b.want(b.get(v), 400, "SignatureNonceUsed")
	if b.done != 1 {
		t.Errorf("the action was done %d times", b.done)
	}
}

func TestNonces_Use_RememberedForTheirTimestamp(t *testing.T) {
	var n nonces
	early, now := wall().Add(window), wall() // a client with a fast clock
	if !n.use("k", "first", early, now) {
		t.Fatal("a fresh nonce was refused")
	}
	for at := time.Duration(0); at <= 2*window; at += time.Minute {
		if n.use("k", "first", now.Add(at), now.Add(at)) {
			t.Fatalf("the nonce was accepted again after %s", at)
		}
	}
	if !n.use("other", "first", now, now) {
		t.Error("the same nonce of another key was refused")
	}
	for i := range 60 {
		at := now.Add(time.Duration(i) * time.Minute)
		n.use("k", strconv.Itoa(i), at, at)
	}
	if len(n.used) > 17 {
		t.Errorf("nonces of %d minutes are remembered", len(n.used))
	}
}

func TestGateway_WrongSignature_EchoesStringToSign(t *testing.T) {
	b := newBench(t)
	v := b.params("What", "a b*c", "Signature", "AAAA")
	got := b.get(v)
	if _, echoed, _ := strings.Cut(got.Message, "server string to sign is:"); echoed != stringToSign(http.MethodGet, v) {
		t.Errorf("message %q does not end in the string to sign", got.Message)
	}
}

func TestGateway_FormParameters_Read(t *testing.T) {
	b := newBench(t)
	v := b.params("What", "a b*~/", "Item.1", "x", "Item.2", "y")
	v.Set("Signature", sign("testsecret", stringToSign(http.MethodPost, v)))
	query := values("Action", v.Get("Action"))
	v.Del("Action")
	response, err := http.Post(b.url+"/?"+query.Encode(), "application/x-www-form-urlencoded; charset=utf-8", strings.NewReader(v.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	got := b.read(response)
	b.want(got, 200, "")
	if diff := cmp.Diff([]string{"x", "y"}, got.Items.Item); got.What != "a b*~/" || got.Region != "cn-hangzhou" || diff != "" {
		t.Errorf("answer %+v", got)
	}
}

func TestGateway_OtherHTTPMethod_Refused(t *testing.T) {
	b := newBench(t)
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, b.url+"/?"+b.params().Encode(), nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	b.want(b.read(response), 403, "UnsupportedHTTPMethod")
}

func TestGateway_FormatXML_AnswersXML(t *testing.T) {
	b := newBench(t)
	for name, tc := range map[string]struct {
		pairs []string
		root  string
		want  []string
	}{
		"success": {[]string{"Format", "XML", "What", "a<b", "Item.1", "x", "Item.2", "y"}, "SayResponse", []string{"a<b", "x", "y"}},
		"error":   {[]string{"Format", "-", "What", "-"}, "Error", nil},
	} {
		v := b.params(tc.pairs...)
		v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
		response, err := http.Get(b.url + "/?" + v.Encode())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || response.Body.Close() != nil {
			t.Fatal(err)
		}
		var got struct {
			XMLName   xml.Name
			RequestId string
			What      string
			Items     struct{ Item []string }
		}
		if err := xml.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %v in %s", name, err, body)
		}
		var values []string
		if got.What != "" {
			values = append([]string{got.What}, got.Items.Item...)
		}
		if diff := cmp.Diff(tc.want, values); got.XMLName.Local != tc.root || got.RequestId == "" || diff != "" {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestGateway_UnknownCall_ListedByUnknown(t *testing.T) {
	b := newBench(t)
	b.get(b.params("Action", "Shout"))
	b.get(b.params("Action", "Shout"))
	b.get(b.params("Version", "1999-01-01", "Action", "Old"))
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/", nil)
	request.Header.Set("x-acs-action", "New")
	request.Header.Set("x-acs-version", "2020-01-01")
	request.Header.Set("Authorization", "ACS3-HMAC-SM3 Credential=testid,SignedHeaders=host,Signature=00")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != 501 {
		t.Errorf("another algorithm was answered %d", response.StatusCode)
	}
	want := []string{"1999-01-01:Old", "Echo:ACS3-HMAC-SM3", "Echo:Shout"}
	if diff := cmp.Diff(want, b.gateway.Unknown()); diff != "" {
		t.Errorf("unknown (-want, +got):\n%s", diff)
	}
	slices.Sort(b.reported)
	if diff := cmp.Diff(want, b.reported); diff != "" {
		t.Errorf("reported, each once (-want, +got):\n%s", diff)
	}
}
