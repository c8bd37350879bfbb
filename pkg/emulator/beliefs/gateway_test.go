package beliefs_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestA001AWrongSignatureIsAnsweredWithTheStringToSign(t *testing.T) {
	ask(t, free, func(w *world) {
		link, params := w.as(key{id: w.key.id, secret: "wrong"}).signed("sts", "GetCallerIdentity")
		params.Del("Signature")
		a := w.do(http.MethodGet, link, "GetCallerIdentity", nil).want(400, "SignatureDoesNotMatch")
		if want := "GET&%2F&" + escape(canonical(params)); !strings.Contains(decoded[struct{ Message string }](a).Message, want) {
			t.Errorf("the answer %s does not have %s", a.body, want)
		}
	})
}

func TestA002AnUnknownKeyIsNotFound(t *testing.T) {
	ask(t, free, func(w *world) {
		w.as(key{id: "LTAInobodyhasthis", secret: "x"}).sts("GetCallerIdentity").want(404, "InvalidAccessKeyId.NotFound")
	})
}

func TestA003ANonceIsGoodForOneCall(t *testing.T) {
	ask(t, free, func(w *world) {
		link, params := w.signed("sts", "GetCallerIdentity")
		w.send(link, params).ok()
		w.send(link, params).want(400, "SignatureNonceUsed")
	})
}

func TestA004ASignatureIsGoodForAQuarterOfAnHour(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05Z") }
	ask(t, free, func(w *world) {
		w.sts("GetCallerIdentity", "Timestamp", at(-14*time.Minute)).ok()
		w.sts("GetCallerIdentity", "Timestamp", at(-16*time.Minute)).want(400, "InvalidTimeStamp.Expired")
		w.sts("GetCallerIdentity", "Timestamp", "yesterday").want(400, "InvalidTimeStamp.Format")
	})
}

func TestA005AMissingParameterIsNamedInTheCode(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("DescribeDBInstanceAttribute").want(400, "MissingDBInstanceId")
	})
}

func TestA006ADisabledKeyIsInactive(t *testing.T) {
	ask(t, free, func(w *world) {
		user, k := w.user("")
		w.ram("UpdateAccessKey", "UserName", user, "UserAccessKeyId", k.id, "Status", "Inactive").ok()
		w.as(k).sts("GetCallerIdentity").want(400, "InvalidAccessKeyId.Inactive")
	})
}

func TestA007ATokenBelongsToItsKey(t *testing.T) {
	ask(t, free, func(w *world) {
		a := w.as(key{id: w.key.id, secret: w.key.secret, token: "x"}).sts("GetCallerIdentity")
		if a.status != 400 || !strings.HasPrefix(a.code(), "InvalidSecurityToken") {
			t.Errorf("a key with a token that it does not have is answered %d %s", a.status, a.code())
		}
	})
}

func TestA008AnErrorHasARequestIDAHostAndAdvice(t *testing.T) {
	ask(t, free, func(w *world) {
		a := w.rds("DescribeDBInstanceAttribute")
		body := decoded[struct{ RequestId, HostId, Message, Recommend string }](a)
		if !regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`).MatchString(body.RequestId) || body.HostId == "" || body.Message == "" || body.Recommend == "" {
			t.Errorf("the error is %s", a.body)
		}
	})
}

func TestA009TheFormatIsXMLUnlessItIsJSONInAnyCase(t *testing.T) {
	ask(t, free, func(w *world) {
		if a := w.sts("GetCallerIdentity", "Format", "json").ok(); !strings.HasPrefix(a.body, "{") {
			t.Errorf("json is answered %s", a.body)
		}
		if a := w.sts("GetCallerIdentity", "Format", "XML").ok(); !strings.Contains(a.body, "<GetCallerIdentityResponse>") {
			t.Errorf("XML is answered %s", a.body)
		}
	})
}

func TestA010AHeaderLeftOutOfVersion3IsAnIncompleteSignature(t *testing.T) {
	ask(t, free, func(w *world) {
		a := w.do(http.MethodPost, w.endpoint("sts")+"/", "GetCallerIdentity", http.Header{
			"X-Acs-Action": {"GetCallerIdentity"}, "X-Acs-Version": {"2015-04-01"}, "X-Acs-Signature-Nonce": {"belief"},
			"X-Acs-Date":    {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
			"Authorization": {"ACS3-HMAC-SHA256 Credential=" + w.key.id + ",SignedHeaders=host,Signature=00"}, "Accept": {"application/json"},
		})
		a.want(400, "IncompleteSignature")
	})
}
