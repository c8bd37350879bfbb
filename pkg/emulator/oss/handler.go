package oss

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// maxBody limits the body of a request: an object or a part. The real service
// takes 5 GB; the emulator keeps its objects in memory.
const maxBody = 64 << 20

// A request is a verified request on its way to an operation.
type request struct {
	*http.Request
	target

	caller       identity
	signedRegion string // the region of signature V4, or empty
	region       string // the region of a new bucket, and of the others if the host names one
	query        url.Values
	body         []byte
	bucket       *bucket // nil for the service, and for PutBucket
}

// A call is one HTTP request, from its arrival to its entry in the journal.
type call struct {
	s         *Service
	w         http.ResponseWriter
	r         *http.Request
	requestID string
	query     url.Values
	at        address
	op        *operation
	caller    identity
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, w: w, r: r, requestID: newRequestID(), query: r.URL.Query()}
	candidates := addresses(r)
	if r.Method == http.MethodOptions {
		c.preflight(candidates)
		return
	}
	var refused *apiError
	c.caller, c.at, refused = s.authenticate(r, candidates)
	if c.at.forbidden {
		refused = errorf("SecondLevelDomainForbidden", "The bucket you are attempting to access must be addressed using OSS third level domain.")
	}
	var unknown string
	c.op, unknown = s.table.route(r, c.query, c.at.target)
	if refused != nil && refused.code == "InvalidAccessKeyId" && s.lacks(c.at.bucket) && (c.op == nil || c.op.name != actionPutBucket && c.op.name != actionPutBucketACL) {
		refused = noSuchBucket(c.at.bucket) // is found out first (A213)
	}
	if refused != nil {
		c.fail(refused, false)
		return
	}
	if c.op == nil {
		c.fail(unsupported(unknown), false)
		return
	}
	body, refused := readBody(w, r)
	if refused != nil {
		c.fail(refused, false)
		return
	}
	if path := c.op.foreignElement(body); path != "" {
		c.fail(unsupported(c.op.Request+" with the element "+path), false)
		return
	}
	c.run(body)
}

// lacks reports whether a name is one of a bucket, which is missing.
func (s *Service) lacks(bucket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return validBucketName(bucket) && s.buckets[bucket] == nil
}

// run does the operation, with the next fault for it if there is one.
func (c *call) run(body []byte) {
	fault, faulty := c.s.cfg.Faults.Take(c.op.name)
	fault.Wait(c.r.Context()) // returns at once without a fault
	if !faulty {
		c.do(body)
		return
	}
	switch fault.Effect {
	case cloud.Slow:
		c.do(body)
	case cloud.FailBefore:
		fault.Strike()
		c.fail(faultError(fault), false)
	case cloud.DropBefore:
		c.lose(fault, body, false)
	case cloud.Hang:
		c.record(0, "", false)
		fault.Strike()
		c.s.cfg.Faults.Hold(c.r.Context())
		cloud.DropConnection()
	case cloud.DropAfter:
		c.lose(fault, body, true)
	case cloud.FailAfter:
		_, refused := c.s.do(c, body)
		fault.Strike()
		if refused != nil {
			c.fail(refused, false)
			return
		}
		c.fail(faultError(fault), true)
	case cloud.Twice:
		_, refused := c.s.do(c, body)
		c.record(0, "", refused == nil)
		fault.Strike()
		c.do(body)
	case cloud.HangAfter:
		_, refused := c.s.do(c, body)
		c.record(0, "", refused == nil)
		fault.Strike()
		c.s.cfg.Faults.Hold(c.r.Context())
		cloud.DropConnection()
	case cloud.Late:
		c.s.cfg.Faults.Hold(context.WithoutCancel(c.r.Context()))
		c.lose(fault, body, true)
	}
}

// do does the operation and answers.
func (c *call) do(body []byte) {
	answer, refused := c.s.do(c, body)
	if refused != nil {
		c.fail(refused, false)
		return
	}
	c.record(answer.status, "", true)
	c.write(answer)
}

// lose drops the connection, after doing the operation or instead.
func (c *call) lose(fault cloud.Fault, body []byte, do bool) {
	done := false
	if do {
		_, refused := c.s.do(c, body)
		done = refused == nil
	}
	c.record(0, "", done)
	fault.Strike()
	cloud.DropConnection()
}

// do authorises and runs the operation.
func (s *Service) do(c *call, body []byte) (*response, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &request{Request: c.r, target: c.at.target, caller: c.caller, query: c.query, body: body, region: c.at.region, signedRegion: c.at.signedRegion}
	s.runLifecycle(c.at.bucket)
	if refused := s.refuseDisabled(r.caller); refused != nil {
		return nil, refused
	}
	if refused := s.admit(c.op, r); refused != nil {
		return nil, refused
	}
	if refused := r.checkTrafficLimit(); refused != nil {
		return nil, refused
	}
	return c.op.run(s, r)
}

// readBody reads the body whole and checks it against its Content-MD5.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if r.ContentLength > 0 {
			// A client may announce a body that it never sends: the answer must not wait.
			w.Header().Set("Connection", "close")
		}
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, errorf("IncompleteBody", "The request body cannot be read.")
	}
	if len(body) > maxBody {
		return nil, errorf("EntityTooLarge", "The emulator takes at most %d bytes at once.", maxBody)
	}
	if cap(body)-len(body) > len(body)/4 { // it may be kept
		body = bytes.Clone(body)
	}
	// Terraform's provider reads objects with the Content-MD5 of their content.
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if given := r.Header.Get("Content-MD5"); given != "" && !reading && given != md5Base64(body) {
		return nil, errorf("InvalidDigest", "The Content-MD5 you specified did not match what was received.").with("Content-MD5", given)
	}
	return body, nil
}

// faultError is the error that a fault answers.
func faultError(f cloud.Fault) *apiError {
	code := f.Code
	if code == "" {
		code = "ServiceUnavailable"
	}
	e := errorf(code, "The request failed because a fault was asked for.")
	if f.Status != 0 {
		e.status = f.Status
	}
	return e
}
