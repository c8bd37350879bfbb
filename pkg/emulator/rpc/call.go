package rpc

import (
	"context"
	"crypto/md5" //nolint:gosec // of the ETag
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A call is one request on its way through the gateway.
type call struct {
	g         *Gateway
	w         http.ResponseWriter
	r         *http.Request
	query     url.Values // of the URL
	params    url.Values // of URL and body together
	body      []byte
	format    string
	action    string
	version   string
	product   API   // zero if the version is unknown
	claim     claim // zero for an unsigned request
	caller    cloud.Caller
	requestID string
	operation Action
	unknown   string // the action, if no table has it
}

// admit checks all that comes before the action itself: protocol, signature,
// version and action, permission.
func (c *call) admit() *Error {
	if c.g.requireTLS && c.product.HTTPSOnly && c.r.TLS == nil {
		return Errorf(http.StatusNotFound, "InvalidProtocol.NeedSsl", "Your request is denied as lack of ssl protect.")
	}
	var known bool
	c.operation, known = c.product.Actions[c.action]
	v3 := isV3(c.r)
	if c.operation.Unsigned && !v3 && c.params.Get("AccessKeyId") == "" {
		c.caller.Origin = cloud.OriginOf(c.r)
		return c.checkParameters()
	}
	if c.params.Get("SignatureType") == "BEARERTOKEN" || c.r.Header.Get("x-acs-bearer-token") != "" {
		return Unsupported("BEARERTOKEN")
	}
	var err *Error
	if v3 {
		c.claim, err = c.claimV3()
	} else {
		c.claim, err = c.claimV1()
	}
	if err != nil {
		return err
	}
	if c.caller, err = c.g.verify(c.claim); err != nil {
		return err
	}
	c.caller.Origin = cloud.OriginOf(c.r)
	if !known {
		c.unknown = shortened(c.action)
		return c.unknownAction()
	}
	if err := c.authorize(); err != nil {
		return err
	}
	return c.checkParameters()
}

// checkParameters refuses a parameter that the action lacks.
func (c *call) checkParameters() *Error {
	if c.operation.gate == nil {
		return nil
	}
	return c.operation.gate.refusal(c.action, c.params)
}

func (c *call) authorize() *Error {
	if c.g.authorizer == nil || c.operation.Free {
		return nil
	}
	resource := "*"
	if c.operation.Resource != nil {
		resource = c.operation.Resource(c.request())
	}
	action := strings.ToLower(c.product.Name) + ":" + c.action
	if c.g.authorizer.Allowed(c.caller, action, resource) {
		return nil
	}
	refusal := Errorf(http.StatusForbidden, "Forbidden.RAM", "User not authorized to operate on the specified resource, or this API doesn't support RAM.")
	if code := c.product.Denied; code != "" {
		refusal = Errorf(http.StatusForbidden, code, "You are not authorized to do this action. You should be authorized by RAM.")
	}
	refusal.denied = denialOf(c.g.authorizer, c.caller, action, resource)
	return refusal
}

func (c *call) request() *Request {
	region := c.params.Get("RegionId")
	if region == "" {
		region = c.g.region
	}
	protocol := "HTTP"
	if c.r.TLS != nil {
		protocol = "HTTPS"
	}
	return &Request{
		Context: context.WithoutCancel(c.r.Context()), Caller: c.caller, Action: c.action, Region: region, Params: c.params,
		Now: c.g.clock.Now(), Host: c.r.Host, Protocol: protocol,
	}
}

// run does the action, with the next fault for it if there is one.
func (c *call) run() {
	fault, faulty := c.g.faults.Take(strings.ToLower(c.product.Name) + ":" + c.action)
	if !faulty {
		c.do()
		return
	}
	fault.Wait(c.r.Context())
	switch fault.Effect {
	case cloud.Slow:
		c.do()
	case cloud.FailBefore:
		fault.Strike()
		c.fail(faultError(fault), false)
	case cloud.DropBefore:
		c.lose(fault, false)
	case cloud.Hang:
		c.record(0, "", false)
		fault.Strike()
		c.g.faults.Hold(c.r.Context())
		cloud.DropConnection()
	case cloud.DropAfter:
		c.lose(fault, true)
	case cloud.FailAfter:
		_, err := c.operation.Do(c.request())
		fault.Strike()
		if err != nil {
			c.fail(err, false)
			return
		}
		c.fail(faultError(fault), true)
	case cloud.Twice:
		_, err := c.operation.Do(c.request())
		c.record(0, "", err == nil)
		fault.Strike()
		c.do()
	case cloud.HangAfter:
		_, err := c.operation.Do(c.request())
		c.record(0, "", err == nil)
		fault.Strike()
		c.g.faults.Hold(c.r.Context())
		cloud.DropConnection()
	case cloud.Late:
		c.g.faults.Hold(context.WithoutCancel(c.r.Context()))
		c.lose(fault, true)
	}
}

// lose drops the connection, after doing the action or instead.
func (c *call) lose(fault cloud.Fault, do bool) {
	done := false
	if do {
		_, err := c.operation.Do(c.request())
		done = err == nil
	}
	c.record(0, "", done)
	fault.Strike()
	cloud.DropConnection()
}

func (c *call) do() {
	response, fail := c.operation.Do(c.request())
	if fail != nil {
		c.fail(fail, false)
		return
	}
	contentType, body, err := encode(c.format, c.action+"Response", c.requestID, response)
	if err != nil {
		c.fail(Errorf(http.StatusInternalServerError, "InternalError", "%v", err), true)
		return
	}
	c.record(http.StatusOK, "", true)
	c.write(http.StatusOK, contentType, body)
}

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

// faultError is the error that a fault answers. A zero Status is replaced by
// the one of the code in the gateway's tables.
func faultError(f cloud.Fault) *Error {
	code, status := f.Code, f.Status
	if code == "" {
		code = "ServiceUnavailable"
	}
	if status == 0 {
		status = statusOf(code)
	}
	return Errorf(status, code, "The request failed because a fault was asked for.")
}

func statusOf(code string) int {
	switch {
	case code == "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case code == "InternalError":
		return http.StatusInternalServerError
	case code == "Forbidden.RAM", code == "NoPermission", strings.HasPrefix(code, "OperationDenied."):
		return http.StatusForbidden
	case strings.HasSuffix(code, ".NotFound"), strings.HasPrefix(code, "EntityNotExist."):
		return http.StatusNotFound
	case strings.HasPrefix(code, "EntityAlreadyExists."), strings.HasPrefix(code, "DeleteConflict."), strings.HasPrefix(code, "LimitExceeded."):
		return http.StatusConflict
	default:
		return http.StatusBadRequest
	}
}
