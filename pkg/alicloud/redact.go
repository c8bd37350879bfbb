package alicloud

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const maxDetail = 300 // bytes of an error's text that are kept

var (
	// The gateway echoes the string to sign, with all parameters in it.
	stringToSign = regexp.MustCompile(`(?is)string ?to ?sign.*`)
	// Access key ids as the cloud gives them out, and parameters of requests.
	keyIDs     = regexp.MustCompile(`\b(LTAI[A-Za-z0-9]{8,}|STS\.[A-Za-z0-9]{8,})`)
	parameters = regexp.MustCompile(`(?i)\b(AccessKeyId|Signature|SignatureNonce|SecurityToken|\w*Password|\w*Secret)(=|%3D)[^&\s"']*`)
	// Codes and request ids of the cloud.
	identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)
)

// redact returns text on one line, with asterisks for the secrets, in each form of
// formsOf, and for parts of signed requests.
func redact(text string, secrets []string) string {
	text = withoutSecrets(stringToSign.ReplaceAllString(text, "string to sign: ***"), secrets)
	text = parameters.ReplaceAllString(text, "$1=***")
	text = keyIDs.ReplaceAllString(text, "***")
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "..."
	}
	return text
}

// redactIdentifier returns a code or request id of an answer, with asterisks for
// what is none, or holds a secret.
func redactIdentifier(text string, secrets []string) string {
	if text == "" || identifier.MatchString(text) && !keyIDs.MatchString(text) && withoutSecrets(text, secrets) == text {
		return text
	}
	return "***"
}

func withoutSecrets(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" && mayHold(text, s) {
			text = formsOf(s).ReplaceAllString(text, "***")
		}
	}
	return text
}

// mayHold reports whether a text may hold a secret in one of its forms. It is
// cheap, so that the usual text costs no regular expression.
func mayHold(text, secret string) bool {
	if strings.ContainsAny(text, `%\&`) || strings.Contains(text, secret) ||
		strings.Contains(secret, " ") && strings.Contains(text, "+") ||
		strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(secret))) {
		return true
	}
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(text)
	return slices.ContainsFunc(base64Cores(secret), func(core string) bool { return strings.Contains(standard, core) })
}

// formsOf matches a secret as it is, with any of its characters escaped as in URLs
// (once or twice), JSON, Go and XML, in hexadecimal, and in base64.
func formsOf(secret string) *regexp.Regexp {
	var plain strings.Builder
	for _, c := range secret {
		plain.WriteString(formsOfCharacter(c))
	}
	forms := append([]string{plain.String(), "(?i:" + hex.EncodeToString([]byte(secret)) + ")"}, base64Forms(secret)...)
	return regexp.MustCompile(strings.Join(forms, "|"))
}

// formsOfCharacter matches a character, escaped or not.
func formsOfCharacter(c rune) string {
	var percent strings.Builder
	for _, b := range []byte(string(c)) {
		fmt.Fprintf(&percent, "%%(?:25)?(?i:%02x)", b)
	}
	forms := []string{
		`\\?` + regexp.QuoteMeta(string(c)), percent.String(),
		fmt.Sprintf(`\\+u(?i:%04x)`, c), fmt.Sprintf(`\\+x(?i:%02x)`, c),
		fmt.Sprintf(`&#0*%d;`, c), fmt.Sprintf(`&#[xX]0*(?i:%x);`, c),
	}
	switch c {
	case ' ':
		forms = append(forms, `\+`, `%2[bB]`)
	case '&':
		forms = append(forms, "&amp;")
	case '<':
		forms = append(forms, "&lt;")
	case '>':
		forms = append(forms, "&gt;")
	case '"':
		forms = append(forms, "&quot;")
	case '\'':
		forms = append(forms, "&apos;")
	}
	return "(?:" + strings.Join(forms, "|") + ")"
}

// base64Forms matches the cores of a secret in both alphabets.
func base64Forms(secret string) []string {
	var forms []string
	for _, core := range base64Cores(secret) {
		form := strings.ReplaceAll(regexp.QuoteMeta(core), `\+`, `(?:[+-]|%2[bB])`)
		forms = append(forms, strings.ReplaceAll(form, `/`, `(?:[/_]|%2[fF])`))
	}
	return forms
}

// base64Cores returns the characters that depend on the secret alone, wherever it
// begins in a text that is encoded as a whole, in the standard alphabet. A secret
// of less than four bytes would match by chance.
func base64Cores(secret string) []string {
	const least = 4
	if len(secret) < least {
		return nil
	}
	var cores []string
	for before := range 3 {
		bits := append(make([]byte, before), secret...)
		text := base64.RawStdEncoding.EncodeToString(bits)
		first := (before*8 + 5) / 6 // the first character without bits of the bytes before
		last := len(bits) * 8 / 6   // the first that may have bits of the bytes behind
		cores = append(cores, text[first:last])
	}
	return cores
}

// withoutURL returns the text of an error of net/http and omits the URL, which
// holds the parameters of the request.
func withoutURL(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Op + ": " + withoutURL(u.Err)
	}
	return err.Error()
}
