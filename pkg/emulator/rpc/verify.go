package rpc

import (
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// window is the tolerated distance of a request's Timestamp from the gateway's time.
const window = 15 * time.Minute

const timestampFormat = "2006-01-02T15:04:05Z"

// A claim is the signer that a request claims, in either version of the
// signature.
type claim struct {
	accessKeyID, token, timestamp, nonce, signature string
	// sign computes the signature with the secret of the key, and the text that
	// the answer to a wrong signature echoes.
	sign func(secret string) (signature, echo string)
}

// claimV1 reads the parameters of signature version 1.0.
func (c *call) claimV1() (claim, *Error) {
	for _, name := range []string{"AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp", "Signature"} {
		if c.params.Get(name) == "" {
			return claim{}, Missing(name)
		}
	}
	if c.params.Get("SignatureMethod") != "HMAC-SHA1" || c.params.Get("SignatureVersion") != "1.0" {
		return claim{}, Errorf(http.StatusBadRequest, "InvalidParameter", "The emulator verifies SignatureMethod HMAC-SHA1 with SignatureVersion 1.0.")
	}
	return claim{
		accessKeyID: c.params.Get("AccessKeyId"), token: c.params.Get("SecurityToken"), timestamp: c.params.Get("Timestamp"),
		nonce: c.params.Get("SignatureNonce"), signature: c.params.Get("Signature"),
		// The SDKs compare the echoed string with their own to tell a wrong
		// secret from a wrong calculation.
		sign: func(secret string) (string, string) {
			s := stringToSign(c.r.Method, c.params)
			return sign(secret, s), "server string to sign is:" + s
		},
	}, nil
}

// claimV3 reads the headers of ACS3-HMAC-SHA256. The codes for missing headers
// are the ones of version 1.0, a guess.
func (c *call) claimV3() (claim, *Error) {
	a, err := parseAuthorization(c.r)
	if err != nil {
		return claim{}, err
	}
	h := c.r.Header
	switch {
	case h.Get("x-acs-date") == "":
		return claim{}, Missing("Timestamp")
	case h.Get("x-acs-signature-nonce") == "":
		return claim{}, Missing("SignatureNonce")
	}
	return claim{
		accessKeyID: a.accessKeyID, token: h.Get("x-acs-security-token"), timestamp: h.Get("x-acs-date"),
		nonce: h.Get("x-acs-signature-nonce"), signature: a.signature,
		// Users who debugged their own signer have seen this form of the echo.
		sign: func(secret string) (string, string) {
			canonical := canonicalRequest(c.r, c.query, a.signed, c.body)
			s := stringToSignV3(canonical)
			return signV3(secret, s), "server StringToSign is [" + s + "] server CanonicalRequest is [" + canonical + "]"
		},
	}, nil
}

// verify returns the caller that signed the request, or the reason of the
// refusal. The codes are the gateway's common errors.
func (g *Gateway) verify(c claim, from cloud.Origin) (cloud.Caller, *Error) {
	key, ok := g.keys.Key(c.accessKeyID)
	if !ok {
		return cloud.Caller{}, Errorf(http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if !key.IsUsable(from) {
		return cloud.Caller{}, Errorf(http.StatusBadRequest, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
	}
	if err := g.checkToken(key, c.token); err != nil {
		return cloud.Caller{}, err
	}
	now := g.wall()
	at, err := checkTimestamp(c.timestamp, now)
	if err != nil {
		return cloud.Caller{}, err
	}
	signature, echo := c.sign(key.Secret)
	if !equalSignatures(signature, c.signature) {
		return cloud.Caller{}, Errorf(http.StatusBadRequest, "SignatureDoesNotMatch", "Specified signature does not match our calculation. %s", echo)
	}
	if !g.nonces.use(c.accessKeyID, c.nonce, at, now) {
		return cloud.Caller{}, Errorf(http.StatusBadRequest, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return key.Caller, nil
}

func (g *Gateway) checkToken(key cloud.Key, token string) *Error {
	switch {
	case key.Token == "" && token == "":
		return nil
	case key.Token == "":
		return Errorf(http.StatusBadRequest, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
	case token == "":
		return Missing("SecurityToken")
	case token != key.Token:
		return Errorf(http.StatusBadRequest, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken does not belong to the access key.")
	case !key.Expires.IsZero() && !g.clock.Now().Before(key.Expires):
		return Errorf(http.StatusBadRequest, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
	}
	return nil
}

func checkTimestamp(timestamp string, now time.Time) (time.Time, *Error) {
	at, err := time.Parse(timestampFormat, timestamp)
	switch {
	case err != nil:
		return at, Errorf(http.StatusBadRequest, "InvalidTimeStamp.Format", "Specified time stamp is not of the form %s.", timestampFormat)
	case now.Sub(at) > window:
		return at, Errorf(http.StatusBadRequest, "InvalidTimeStamp.Expired", "Specified time stamp is expired.")
	case at.Sub(now) > window:
		return at, Errorf(http.StatusBadRequest, "IllegalTimestamp", "Specified time stamp lies in the future.")
	}
	return at, nil
}
