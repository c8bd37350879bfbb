package rpc

import (
	"context"
	"net/http"
	"net/url"
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
	if c.caller, err = c.g.verify(c.claim, cloud.OriginOf(c.r)); err != nil {
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
