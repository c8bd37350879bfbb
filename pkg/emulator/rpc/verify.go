package rpc

import (
	"net/http"
	"net/url"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// window is how far a request's Timestamp may be from the gateway's time.
const window = 15 * time.Minute

const timestampFormat = "2006-01-02T15:04:05Z"

// verify finds out who signed the request, or why nobody did. The codes are
// those of the gateway's common errors.
func (g *Gateway) verify(method string, params url.Values) (cloud.Caller, *Error) {
	for _, name := range []string{"AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp", "Signature"} {
		if params.Get(name) == "" {
			return cloud.Caller{}, Missing(name)
		}
	}
	if params.Get("SignatureMethod") != "HMAC-SHA1" || params.Get("SignatureVersion") != "1.0" {
		return cloud.Caller{}, Errorf(http.StatusBadRequest, "InvalidParameter", "The emulator verifies SignatureMethod HMAC-SHA1 with SignatureVersion 1.0.")
	}
	id := params.Get("AccessKeyId")
	key, ok := g.keys.Key(id)
	if !ok {
		return cloud.Caller{}, Errorf(http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if !key.Active {
		return cloud.Caller{}, Errorf(http.StatusBadRequest, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
	}
	if err := g.checkToken(key, params.Get("SecurityToken")); err != nil {
		return cloud.Caller{}, err
	}
	now := g.wall()
	if err := checkTimestamp(params.Get("Timestamp"), now); err != nil {
		return cloud.Caller{}, err
	}
	// The SDKs compare the echoed string with their own and so tell a wrong
	// secret from a wrong calculation.
	s := stringToSign(method, params)
	if !equalSignatures(sign(key.Secret, s), params.Get("Signature")) {
		return cloud.Caller{}, Errorf(http.StatusBadRequest, "SignatureDoesNotMatch", "Specified signature does not match our calculation. server string to sign is:%s", s)
	}
	if !g.nonces.use(id, params.Get("SignatureNonce"), now) {
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

func checkTimestamp(timestamp string, now time.Time) *Error {
	at, err := time.Parse(timestampFormat, timestamp)
	switch {
	case err != nil:
		return Errorf(http.StatusBadRequest, "InvalidTimeStamp.Format", "Specified time stamp is not of the form %s.", timestampFormat)
	case now.Sub(at) > window:
		return Errorf(http.StatusBadRequest, "InvalidTimeStamp.Expired", "Specified time stamp is expired.")
	case at.Sub(now) > window:
		return Errorf(http.StatusBadRequest, "IllegalTimestamp", "Specified time stamp lies in the future.")
	}
	return nil
}
