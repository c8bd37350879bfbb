package alicloud

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

const maxDetail = 300 // bytes of an error's text that are kept

var (
	// The gateway echoes the string to sign, with all parameters in it.
	stringToSign = regexp.MustCompile(`(?is)string ?to ?sign.*`)
	// Access key ids as the cloud gives them out, and parameters of requests.
	keyIDs     = regexp.MustCompile(`\b(LTAI[A-Za-z0-9]{8,}|STS\.[A-Za-z0-9]{8,})`)
	parameters = regexp.MustCompile(`(?i)\b(AccessKeyId|Signature|SignatureNonce|SecurityToken|\w*Password|\w*Secret)(=|%3D)[^&\s"']*`)
)

// redact returns text on one line, with asterisks for the secrets and for parts of
// signed requests.
func redact(text string, secrets []string) string {
	text = stringToSign.ReplaceAllString(text, "string to sign: ***")
	for _, s := range secrets {
		if s == "" {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), url.QueryEscape(url.QueryEscape(s))} {
			text = strings.ReplaceAll(text, form, "***")
		}
	}
	text = parameters.ReplaceAllString(text, "$1=***")
	text = keyIDs.ReplaceAllString(text, "***")
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "..."
	}
	return text
}

// withoutURL returns the text of an error of net/http and omits the URL, which
// holds the parameters of the request.
func withoutURL(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Op + ": " + withoutURL(u.Err)
	}
	return err.Error()
}
