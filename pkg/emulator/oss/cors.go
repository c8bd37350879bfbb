package oss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// A bucket has at most 10 rules in 16 KB (OSS API, PutBucketCors).
const (
	maxCORSRules = 10
	maxCORSBytes = 16 << 10
)

type corsConfiguration struct {
	XMLName      xml.Name   `xml:"CORSConfiguration"`
	Rules        []corsRule `xml:"CORSRule"`
	ResponseVary bool
}

// A corsRule allows requests of pages from other origins.
type corsRule struct {
	Origins []string `xml:"AllowedOrigin"`
	Methods []string `xml:"AllowedMethod"`
	Headers []string `xml:"AllowedHeader"`
	Expose  []string `xml:"ExposeHeader"`
	MaxAge  string   `xml:"MaxAgeSeconds,omitempty"`
}

// parseCORS reads and checks the rules of a bucket.
func parseCORS(body []byte) (*corsConfiguration, *apiError) {
	var given corsConfiguration
	if len(body) > maxCORSBytes || xml.Unmarshal(body, &given) != nil || len(given.Rules) == 0 || len(given.Rules) > maxCORSRules {
		return nil, malformedXML()
	}
	for _, rule := range given.Rules {
		if refused := rule.check(); refused != nil {
			return nil, refused
		}
		for i, header := range rule.Headers { // A271
			rule.Headers[i] = strings.ToLower(header)
		}
	}
	return &given, nil
}

func (c *corsRule) check() *apiError {
	if len(c.Origins) == 0 || len(c.Methods) == 0 {
		return malformedXML()
	}
	if strings.Trim(c.MaxAge, "0123456789") != "" || len(c.MaxAge) > 9 {
		return invalid("MaxAgeSeconds", c.MaxAge, "MaxAgeSeconds must be between 0 and 999999999.")
	}
	for _, method := range c.Methods {
		switch method {
		case http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodHead:
		default:
			return invalid("AllowedMethod", method, "The AllowedMethod is not valid.")
		}
	}
	for _, pattern := range slices.Concat(c.Origins, c.Headers) {
		if strings.Count(pattern, "*") > 1 {
			return invalid("CORSRule", pattern, "An origin or header has at most one asterisk.")
		}
	}
	for _, name := range c.Expose {
		if strings.Contains(name, "*") {
			return invalid("ExposeHeader", name, "An exposed header has no asterisk.")
		}
	}
	return nil
}

// allows reports whether the rule lets an origin use a method, and in a
// preflight request the headers.
func (c *corsRule) allows(origin, method string, headers []string) bool {
	matches := func(pattern, text string) bool {
		before, after, wild := strings.Cut(pattern, "*")
		if !wild {
			return pattern == text
		}
		return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
	}
	has := func(patterns []string, text string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, text) })
	}
	if !has(c.Origins, origin) || !slices.ContainsFunc(c.Methods, func(m string) bool { return strings.EqualFold(m, method) }) {
		return false
	}
	var known []string
	for _, header := range c.Headers {
		known = append(known, strings.ToLower(header))
	}
	return !slices.ContainsFunc(headers, func(header string) bool { return !has(known, strings.ToLower(header)) })
}

// writeTo adds the headers by which a browser lets a page read the answer (OSS
// API, OptionObject). A rule for all origins answers an asterisk (A237).
func (c *corsRule) writeTo(h http.Header, origin string, headers []string) {
	if slices.Contains(c.Origins, "*") {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", ")) // A274
	if len(headers) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	}
	if len(c.Expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.Expose, ", "))
	}
	if c.MaxAge != "" {
		h.Set("Access-Control-Max-Age", c.MaxAge)
	}
}

// matching returns the first rule that allows a request, nil for none.
func (c *corsConfiguration) matching(origin, method string, headers []string) *corsRule {
	for i := range c.Rules {
		if c.Rules[i].allows(origin, method, headers) {
			return &c.Rules[i]
		}
	}
	return nil
}

// share adds the headers for other origins to an answer of a bucket, also to
// an error, so that the page can read it (A237).
func (c *call) share(h http.Header) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	b := c.s.buckets[c.at.bucket]
	if b == nil || b.cors == nil {
		return
	}
	if b.cors.ResponseVary {
		h.Set("Vary", "Origin")
	}
	origin := c.r.Header.Get("Origin")
	if origin == "" || c.r.Method == http.MethodOptions {
		return
	}
	if rule := b.cors.matching(origin, c.r.Method, nil); rule != nil {
		rule.writeTo(h, origin, nil)
	}
}

// preflight answers OPTIONS, which browsers send without a signature before a
// request that is not a simple one (OSS API, OptionObject).
func (c *call) preflight(candidates []address) {
	c.op = &operation{name: "oss:OptionObject"}
	c.at = candidates[0]
	answer, refused := c.allowed()
	if refused != nil {
		c.fail(refused, false)
		return
	}
	c.record(answer.status, "", false)
	c.write(answer)
}

func (c *call) allowed() (*response, *apiError) {
	origin, method := c.r.Header.Get("Origin"), c.r.Header.Get("Access-Control-Request-Method")
	if origin == "" || method == "" {
		return nil, errorf("AccessForbidden", "Insufficient information. Origin and Access-Control-Request-Method are needed.")
	}
	var headers []string
	for header := range strings.SplitSeq(strings.Join(c.r.Header.Values("Access-Control-Request-Headers"), ","), ",") {
		if header = strings.TrimSpace(header); header != "" {
			headers = append(headers, header)
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	b := c.s.buckets[c.at.bucket]
	switch {
	case b == nil && c.at.bucket != "":
		return nil, noSuchBucket(c.at.bucket)
	case b == nil || b.cors == nil:
		return nil, errorf("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
	}
	rule := b.cors.matching(origin, method, headers)
	if rule == nil {
		return nil, errorf("AccessForbidden", "CORSResponse: This CORS request is not allowed.").with("Origin", origin).with("Method", method)
	}
	answer := newResponse(http.StatusOK)
	rule.writeTo(answer.header, origin, headers)
	return answer, nil
}

// putBucketCORS sets the rules of cross-origin access (OSS API, PutBucketCors).
func (s *Service) putBucketCORS(r *request) (*response, *apiError) {
	given, refused := parseCORS(r.body)
	if refused != nil {
		return nil, refused
	}
	r.bucket.cors = given
	return newResponse(http.StatusOK), nil
}

// getBucketCORS returns the rules, and whether answers vary by origin (OSS API,
// GetBucketCors).
func (s *Service) getBucketCORS(r *request) (*response, *apiError) {
	if r.bucket.cors == nil {
		return nil, errorf("NoSuchCORSConfiguration", "The CORS Configuration does not exist.").with("BucketName", r.bucket.name)
	}
	return xmlResponse(r.bucket.cors)
}

func (s *Service) deleteBucketCORS(r *request) (*response, *apiError) {
	r.bucket.cors = nil
	return newResponse(http.StatusNoContent), nil
}
