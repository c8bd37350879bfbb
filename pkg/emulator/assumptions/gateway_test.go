package assumptions_test

import (
	"bufio"
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

func TestA001_WrongSignature_ReturnsStringToSign(t *testing.T) {
	verify(t, free, func(e *environment) {
		link, params := e.as(key{id: e.key.id, secret: "wrong"}).signed("sts", "GetCallerIdentity")
		params.Del("Signature")
		a := e.do(http.MethodGet, link, "GetCallerIdentity", nil).want(400, "SignatureDoesNotMatch")
		if want := "GET&%2F&" + escape(canonical(params)); !strings.Contains(decoded[struct{ Message string }](a).Message, want) {
			t.Errorf("the answer %s does not have %s", a.body, want)
		}
	})
}

func TestA002_UnknownKey_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.as(key{id: "LTAInobodyhasthis", secret: "x"}).sts("GetCallerIdentity").want(404, "InvalidAccessKeyId.NotFound")
	})
}

func TestA003_ReusedNonce_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		link, params := e.signed("sts", "GetCallerIdentity")
		e.send(link, params).ok()
		e.send(link, params).want(400, "SignatureNonceUsed")
	})
}

func TestA004_OldTimestamp_ExpiresAfter15Minutes(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05Z") }
	verify(t, free, func(e *environment) {
		e.sts("GetCallerIdentity", "Timestamp", at(-14*time.Minute)).ok()
		e.sts("GetCallerIdentity", "Timestamp", at(-16*time.Minute)).want(400, "InvalidTimeStamp.Expired")
		e.sts("GetCallerIdentity", "Timestamp", "yesterday").want(400, "InvalidTimeStamp.Format")
	})
}

func TestA005_MissingParameter_NamedInCode(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeDBInstanceAttribute").want(400, "MissingDBInstanceId")
	})
}

func TestA006_DisabledKey_Inactive(t *testing.T) {
	verify(t, free, func(e *environment) {
		user, k := e.user("")
		e.ram("UpdateAccessKey", "UserName", user, "UserAccessKeyId", k.id, "Status", "Inactive").ok()
		e.as(k).sts("GetCallerIdentity").want(400, "InvalidAccessKeyId.Inactive")
	})
}

func TestA007_ForeignSecurityToken_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		a := e.as(key{id: e.key.id, secret: e.key.secret, token: "x"}).sts("GetCallerIdentity")
		if a.status != 400 || !strings.HasPrefix(a.code(), "InvalidSecurityToken") {
			t.Errorf("a key with a token that it does not have is answered %d %s", a.status, a.code())
		}
	})
}

func TestA008_Error_HasRequestIDHostAndAdvice(t *testing.T) {
	verify(t, free, func(e *environment) {
		a := e.rds("DescribeDBInstanceAttribute")
		body := decoded[struct{ RequestId, HostId, Message, Recommend string }](a)
		if !regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`).MatchString(body.RequestId) || body.HostId == "" || body.Message == "" || body.Recommend == "" {
			t.Errorf("the error is %s", a.body)
		}
	})
}

func TestA009_Format_XMLUnlessJSONInAnyCase(t *testing.T) {
	verify(t, free, func(e *environment) {
		if a := e.sts("GetCallerIdentity", "Format", "json").ok(); !strings.HasPrefix(a.body, "{") {
			t.Errorf("json is answered %s", a.body)
		}
		if a := e.sts("GetCallerIdentity", "Format", "XML").ok(); !strings.Contains(a.body, "<GetCallerIdentityResponse>") {
			t.Errorf("XML is answered %s", a.body)
		}
	})
}

func TestA010_V3UnsignedHeader_IncompleteSignature(t *testing.T) {
	verify(t, free, func(e *environment) {
		a := e.do(http.MethodPost, e.endpoint("sts")+"/", "GetCallerIdentity", http.Header{
			"X-Acs-Action": {"GetCallerIdentity"}, "X-Acs-Version": {"2015-04-01"}, "X-Acs-Signature-Nonce": {"check"},
			"X-Acs-Date":    {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
			"Authorization": {"ACS3-HMAC-SHA256 Credential=" + e.key.id + ",SignedHeaders=host,Signature=00"}, "Accept": {"application/json"},
		})
		a.want(400, "IncompleteSignature")
	})
}

func TestA011_RefusedChange_HasNoEffect(t *testing.T) {
	verify(t, free, func(e *environment) {
		name := e.name()
		refused := e.ram("CreatePolicy", "PolicyName", name, "PolicyDocument", "no document")
		if refused.status/100 != 4 || refused.code() == "" {
			t.Fatalf("a policy without a document is answered %d %s", refused.status, refused.body)
		}
		e.ram("GetPolicy", "PolicyType", "Custom", "PolicyName", name).want(404, "EntityNotExist.Policy")
	})
}

func TestA012_ActionNames_ComparedWithoutCase(t *testing.T) {
	verify(t, free, func(e *environment) {
		for _, action := range []string{"UntagResources", "UnTagResources"} {
			e.rds(action, "RegionId", e.region, "ResourceType", "INSTANCE", "ResourceId.1", "rm-none", "TagKey.1", "a").want(404, "InvalidDBInstanceId.NotFound")
		}
	})
}

func TestA013_UnknownActionAndVersion_AreFinal(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeFlights").want(404, "InvalidAction.NotFound")
		e.rds("DescribeRegions", "Version", "1999-01-01").want(400, "InvalidVersion")
	}, emulatortest.WithConfig(func(c *emulator.Config) { c.UnknownNotFound = true }), emulatortest.AllowUnknown())
}

func TestA014_Headers_SpeltAsTheGatewayDoes(t *testing.T) {
	verify(t, free, func(e *environment) {
		link, _ := e.signed("sts", "GetCallerIdentity")
		head, body, _ := strings.Cut(e.raw(link), "\r\n\r\n")
		sum := md5.Sum([]byte(body))
		length := strconv.Itoa(len(body))
		for _, want := range []string{
			"\r\nx-acs-request-id: ", "\r\nx-acs-trace-id: ", "\r\nConnection: keep-alive\r\n", "\r\nKeep-Alive: timeout=25",
			"\r\nContent-Type: application/json;charset=utf-8", "\r\nContent-Length: " + length,
			"\r\nAccess-Control-Allow-Origin: *", "\r\nAccess-Control-Expose-Headers: *",
			"\r\nETag: " + length[:1] + base64.RawStdEncoding.EncodeToString(sum[:]) + length[len(length)-1:],
		} {
			if !strings.Contains(head+"\r\n", want) {
				t.Errorf("the head of the answer lacks %q:\n%s", want, head)
			}
		}
	})
}

// raw returns the bytes of the answer to a GET request, one connection each.
func (e *environment) raw(link string) string {
	e.Helper()
	u, err := url.Parse(link)
	if err != nil {
		e.Fatal(err)
	}
	var connection net.Conn
	if u.Scheme == "https" {
		connection, err = tls.Dial("tcp", u.Host+":443", nil)
	} else {
		connection, err = net.Dial("tcp", u.Host)
	}
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	request, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		e.Fatal(err)
	}
	if err := request.Write(connection); err != nil {
		e.Fatal(err)
	}
	_ = connection.SetReadDeadline(time.Now().Add(10 * time.Second))
	reader := bufio.NewReader(connection)
	var raw strings.Builder
	response, err := http.ReadResponse(bufio.NewReader(io.TeeReader(reader, &raw)), request)
	if err != nil {
		e.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		e.Fatal(err)
	}
	return raw.String()
}

func TestA015_XML_HasTheGatewaysForm(t *testing.T) {
	verify(t, free, func(e *environment) {
		const declaration = `<?xml version='1.0' encoding='UTF-8'?>`
		if a := e.sts("GetCallerIdentity", "Format", "XML").ok(); !strings.HasPrefix(a.body, declaration+"<GetCallerIdentityResponse>") {
			t.Errorf("the answer is %s", a.body)
		}
		a := e.rds("DescribeDBInstanceAttribute", "Format", "XML")
		form := regexp.MustCompile(`^` + regexp.QuoteMeta(declaration) + `<Error><RequestId>[^<]+</RequestId><HostId>[^<]+</HostId><Code>MissingDBInstanceId</Code>` +
			`<Message>[^<]+</Message><Recommend><!\[CDATA\[https://[^\]]+&[^\]]+\]\]></Recommend></Error>$`)
		if !form.MatchString(a.body) {
			t.Errorf("the error is %s", a.body)
		}
	})
}

func TestA016_RepeatedParameterOrGap_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeTags", "Tag.1.Key", "a", "Tag.3.Key", "b").want(400, "InvalidParameter")
		link, params := e.signed("rds", "DescribeTags")
		e.send(link+"&DBInstanceId=a&DBInstanceId=b", params).want(400, "InvalidParameter")
	})
}

func TestA017_RefusalByRAM_SaysWhoLacksWhat(t *testing.T) {
	verify(t, free, func(e *environment) {
		type denial struct{ AuthAction, AuthPrincipalType, AuthPrincipalOwnerId, AuthPrincipalDisplayName, NoPermissionType, PolicyType string }
		type body struct{ AccessDeniedDetail denial }
		user, k := e.user("")
		for _, want := range []string{"ImplicitDeny", "ExplicitDeny"} {
			got := decoded[body](e.as(k).ram("GetUser", "UserName", user).want(403, "NoPermission")).AccessDeniedDetail
			if got.AuthPrincipalDisplayName == "" || got.AuthPrincipalOwnerId == "" {
				t.Errorf("the principal is missing: %+v", got)
			}
			got.AuthPrincipalDisplayName, got.AuthPrincipalOwnerId = "", ""
			if got != (denial{AuthAction: "ram:GetUser", AuthPrincipalType: "SubUser", NoPermissionType: want, PolicyType: "AccountLevelIdentityBasedPolicy"}) {
				t.Errorf("the detail is %+v, want %s", got, want)
			}
			e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"ram:GetUser","Resource":"*"}]}`), user)
		}
	})
}
