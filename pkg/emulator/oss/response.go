package oss

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A response is the answer of an operation.
type response struct {
	status int
	header http.Header
	body   []byte
}

func newResponse(status int) *response {
	return &response{status: status, header: make(http.Header)}
}

// xmlResponse answers 200 with v as XML.
func xmlResponse(v any) (*response, *apiError) {
	body, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, errorf("InternalError", "%v", err)
	}
	answer := newResponse(http.StatusOK)
	answer.header.Set("Content-Type", "application/xml")
	answer.body = append([]byte(xml.Header), body...)
	return answer, nil
}

func (c *call) fail(e *apiError, effected bool) {
	if e.unknown != "" {
		c.s.noteUnknown(e.unknown)
		if final := c.s.cfg.UnknownNotFound; final != nil && final() {
			e.status = http.StatusBadRequest
		}
	}
	c.record(e.status, e.code, effected)
	c.write(e.response(c.r, c.requestID))
}

func (c *call) write(answer *response) {
	now := c.s.now().UTC()
	h := c.w.Header()
	c.share(answer.header)
	answer.header.Set("x-oss-request-id", c.requestID)
	answer.header.Set("x-oss-server-time", "1")
	for name, values := range answer.header {
		h[wireName(name)] = values
	}
	h.Set("Server", "AliyunOSS")
	h.Set("Date", now.Format(http.TimeFormat))
	if c.r.Method == http.MethodHead {
		if h.Get("Content-Length") == "" {
			h.Set("Content-Length", "0")
		}
		c.w.WriteHeader(answer.status)
		return
	}
	if answer.status != http.StatusNoContent && answer.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(answer.body)))
	}
	c.w.WriteHeader(answer.status)
	_, _ = c.w.Write(answer.body) //nolint:gosec // objects are returned as stored; a client that has left needs no answer
}

// wireName is the name of a header in the case in which OSS writes it. Some clients
// compare names with case: aliyun-sdk-oss for Java finds user metadata only so.
func wireName(name string) string {
	switch lower := strings.ToLower(name); {
	case strings.HasPrefix(lower, ossPrefix):
		return lower
	case lower == "etag":
		return "ETag"
	case lower == "content-md5":
		return "Content-MD5"
	}
	return name
}

func (c *call) record(status int, code string, effected bool) {
	params := map[string]string{}
	if c.at.bucket != "" {
		params["bucket"] = c.at.bucket
	}
	if c.at.key != "" {
		params["key"] = c.at.key
	}
	for name, values := range c.query {
		params[name] = values[0]
	}
	for name, values := range c.r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-oss-") {
			params[name] = values[0]
		}
	}
	action := "oss:unknown"
	if c.op != nil {
		action = c.op.name
	}
	c.s.cfg.Journal.Record(cloud.Call{
		Time: c.s.cfg.Clock.Now(), Product: "Oss", Action: action, Params: params,
		AccessKeyID: c.caller.AccessKeyID, Status: status, Code: code, Effected: effected,
	})
}

// newRequestID returns 24 hexadecimal digits, as OSS gives them.
func newRequestID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // always succeeds: crypto/rand ends the process instead
	return strings.ToUpper(hex.EncodeToString(b[:]))
}
