package rpc

import (
	"crypto/md5" //nolint:gosec // of the ETag
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// An errorBody is the body of every error.
type errorBody struct {
	HostID    string `json:"HostId"`
	Code      string `json:"Code"`
	Message   string `json:"Message"`
	Recommend string `json:"Recommend"`

	AccessDeniedDetail *denial `json:"AccessDeniedDetail,omitempty"`
}

func (c *call) fail(e *Error, effected bool) {
	if what, ok := strings.CutPrefix(e.Code, "NotImplemented."); ok && e.Status == http.StatusNotImplemented {
		c.unknown = what
		if c.g.switches.UnknownNotFound() {
			e = Errorf(http.StatusBadRequest, e.Code, "%s", e.Message)
		}
	}
	if c.unknown != "" {
		c.g.noteUnknown(c.product.Name, c.version, c.unknown)
	}
	c.record(e.Status, e.Code, effected)
	message := e.Message
	if e.Code != "SignatureDoesNotMatch" { // its clients look for the whole string to sign
		message = cut(message, 1000)
	}
	body := errorBody{HostID: c.r.Host, Code: e.Code, Message: message,
		Recommend: "https://api.aliyun.com/troubleshoot?q=" + url.QueryEscape(e.Code) + "&product=" + c.product.Name + "&requestId=" + c.requestID}
	body.AccessDeniedDetail = e.denied
	contentType, b, err := encode(c.format, "Error", c.requestID, body)
	if err != nil { // a struct of strings always encodes
		cloud.DropConnection()
	}
	c.write(e.Status, contentType, b)
}

func (c *call) write(status int, contentType string, body []byte) {
	h := c.w.Header()
	// The names are written as they stand here, without the canonical form (A014).
	for name, value := range map[string]string{
		"Content-Type": contentType, "Content-Length": strconv.Itoa(len(body)), "Connection": "keep-alive", "Keep-Alive": "timeout=25",
		"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*",
		"x-acs-request-id": c.requestID, "x-acs-trace-id": cloud.NewTraceID(),
	} {
		h[name] = []string{value}
	}
	if status == http.StatusOK {
		h["ETag"] = []string{etag(body)}
	}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // a client that has left needs no answer
}

// etag is the gateway's ETag: the MD5 of the body in base64 without its padding,
// between the first and the last digit of the body's length (A014).
func etag(body []byte) string {
	sum := md5.Sum(body) //nolint:gosec // the cloud's choice
	length := strconv.Itoa(len(body))
	return length[:1] + base64.RawStdEncoding.EncodeToString(sum[:]) + length[len(length)-1:]
}

func (c *call) record(status int, code string, effected bool) {
	params := make(map[string]string, len(c.params))
	for name, values := range c.params {
		params[name] = values[0]
	}
	c.g.journal.Record(cloud.Call{
		Time: c.g.clock.Now(), Product: c.product.Name, Action: c.action, Params: params,
		AccessKeyID: first(c.params.Get("AccessKeyId"), c.claim.accessKeyID), Status: status, Code: code, Effected: effected,
	})
}
