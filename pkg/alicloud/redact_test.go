package alicloud

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// encodings are the ways in which a text may come back in another.
func encodings(t *testing.T, secret string) map[string]string {
	t.Helper()
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(secret)); err != nil {
		t.Fatal(err)
	}
	var partly, numbers, backslashes strings.Builder
	for i, c := range secret {
		if i%2 == 0 {
			for _, b := range []byte(string(c)) {
				fmt.Fprintf(&partly, "%%%02x", b)
			}
		} else {
			partly.WriteRune(c)
		}
		fmt.Fprintf(&numbers, "&#%d;", c)
		fmt.Fprintf(&backslashes, `\u%04X`, c)
	}
	forms := map[string]string{
		"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"lower-case escapes": strings.ToLower(url.QueryEscape("+/=")) + url.QueryEscape(secret),
		"query twice":        url.QueryEscape(url.QueryEscape(secret)), "partly": partly.String(),
		"JSON": strings.Trim(string(quoted), `"`), "backslashes": backslashes.String(), "Go": strings.Trim(fmt.Sprintf("%+q", secret), `"`),
		"XML": escaped.String(), "numbers": numbers.String(),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
		for _, around := range []string{"", "a", "ab", "abc"} {
			forms[fmt.Sprintf("base64 behind %q, %T %d", around, encoding, len(forms))] = encoding.EncodeToString([]byte(around + secret + around))
		}
	}
	return forms
}

// bare returns what shows of a secret in a text, however the text is decoded.
func bare(text string) string {
	var all strings.Builder
	all.WriteString(text)
	if plain, err := url.QueryUnescape(text); err == nil {
		all.WriteString(plain)
		if again, err := url.QueryUnescape(plain); err == nil {
			all.WriteString(again)
		}
	}
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '*' }) {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := encoding.DecodeString(word); err == nil {
				all.Write(plain)
			}
		}
		if plain, err := hex.DecodeString(word); err == nil {
			all.Write(plain)
		}
	}
	return all.String()
}

func TestRedact_EveryEncodingOfASecret_IsStruckOut(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"pA55-w0rd_/+=&<>\"'%\\ !", "Simple0Secret1", "x+/y", "ümläut-Passwort1"} {
		for name, form := range encodings(t, secret) {
			got := redact("Invalid value "+form+" given", []string{secret})
			if strings.Contains(got, form) || strings.Contains(bare(got), secret) {
				t.Errorf("%q as %s: %s", secret, name, got)
			}
			if !strings.HasPrefix(got, "Invalid value ") || !strings.HasSuffix(got, " given") || !strings.Contains(got, "***") {
				t.Errorf("%q as %s: the text around is lost: %s", secret, name, got)
			}
		}
	}
	if got := redact("The class mysql.n2.small.1 is sold out.", []string{"Simple0Secret1", "", "abc"}); got != "The class mysql.n2.small.1 is sold out." {
		t.Errorf("a text without secrets became %q", got)
	}
}

func TestClassify_CodeOrRequestIDWithSecret_StaysOut(t *testing.T) {
	t.Parallel()
	const secret = "Simple0Secret1"
	op := Op{Product: "Rds", Action: "CreateAccount", Access: Write, Secrets: []string{secret}}
	body := func(code, id string) string {
		return fmt.Sprintf(`{"Code":%q,"RequestId":%q,"Message":"m"}`, code, id)
	}
	bad := []string{secret, "X." + secret, "LTAI5tSecretSecret", "with blanks", "line\nbreak", strings.Repeat("x", 200), base64.StdEncoding.EncodeToString([]byte(secret))}
	for _, text := range bad {
		for name, err := range map[string]error{
			"RPC code": sdkerrors.NewServerError(400, body(text, "R-1"), ""), "RPC request id": sdkerrors.NewServerError(400, body("C", text), ""),
			"OSS code": &oss.ServiceError{StatusCode: 400, Code: text, RequestID: "R-1"}, "OSS request id": &oss.ServiceError{StatusCode: 400, Code: "C", RequestID: text},
		} {
			if got := (products{}).classify(op, err).Error(); strings.Contains(got, text) || strings.Contains(got, secret) {
				t.Errorf("%s %.40q shows: %.200s", name, text, got)
			}
		}
	}
	good := (products{}).classify(op, sdkerrors.NewServerError(400, body("InvalidDBInstanceId.NotFound", "1E43AAE0-BEE8-43DA-860D-EAF2AA0724DC"), "")).Error()
	if !strings.Contains(good, "InvalidDBInstanceId.NotFound") || !strings.Contains(good, "1E43AAE0-BEE8-43DA-860D-EAF2AA0724DC") {
		t.Errorf("code or request id of the cloud are lost: %s", good)
	}
}

// A gateway may answer with anything, also where it answers with success.
func TestCaller_AnswerWithoutAccount_KeepsSecretsOut(t *testing.T) {
	f := newFront(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"RequestId":"`+testSecret+`\nE0101 forged"}`)
	})
	_, err := clientsOf(t, f, Static(Key{ID: testID, Secret: testSecret})).Caller(t.Context())
	if err == nil || strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), "forged") {
		t.Errorf("the error is %v", err)
	}
}
