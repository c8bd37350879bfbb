package alicloud

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               proxyOf,
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout: connectTimeout,
		MaxIdleConnsPerHost: 32,
		// The cloud closes idle connections after 25 s. A request at that
		// moment would have an unknown outcome.
		IdleConnTimeout: 20 * time.Second,
	}
}

// errProxy replaces the error of net/http, which has the URL with its password.
var errProxy = errors.New("the proxy is no URL: correct HTTPS_PROXY or HTTP_PROXY")

// proxyOf returns the proxy that the environment names for a request.
func proxyOf(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errProxy
	}
	return proxy, nil
}

// A notSentError is an error from before anything could reach the cloud.
type notSentError struct{ err error }

func (e *notSentError) Error() string { return e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }

var errRedirect = errors.New("the endpoint answered with a redirect: correct its URL")

// An unsendableError is an error of a request that HTTP cannot carry, because of a
// control character in a header.
type unsendableError struct{ header string }

func (e *unsendableError) Error() string {
	return "the header " + e.header + " has a control character"
}

// reason returns ErrCredentials for headers made from the key, and ErrInvalid for
// headers made from other values.
func (e *unsendableError) reason() error {
	if e.header == "Authorization" || strings.Contains(strings.ToLower(e.header), "security-token") {
		return providers.ErrCredentials
	}
	return providers.ErrInvalid
}

// checkHeaders returns an unsendableError for a request that net/http would refuse.
func checkHeaders(headers http.Header) error {
	for name, values := range headers {
		for _, value := range values {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return &unsendableError{name}
			}
		}
	}
	return nil
}

// strictTransport marks errors from before a connection existed as unsent, fails on
// redirects, since requests carry secrets, and drops requests after their deadline.
// In a process that was stopped and continues, the timer of a context may fire
// after the request, and callers rely on deadlines.
type strictTransport struct{ next http.RoundTripper }

func (t strictTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if end, ok := req.Context().Deadline(); ok && !time.Now().Before(end) {
		if req.Body != nil {
			_ = req.Body.Close() // as a RoundTripper must
		}
		return nil, &notSentError{context.DeadlineExceeded}
	}
	if err := checkHeaders(req.Header); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, &notSentError{err}
	}
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	resp, err := t.next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		if !connected.Load() {
			return nil, &notSentError{err}
		}
		return nil, err
	}
	if resp.StatusCode/100 == 3 && resp.Header.Get("Location") != "" {
		return nil, errors.Join(errRedirect, resp.Body.Close())
	}
	return resp, nil
}

// perCall binds one request of the SDK to the caller's context.
type perCall struct {
	ctx  context.Context //nolint:containedctx // it lives for one request: the SDK hands no context through
	next http.RoundTripper
}

func (t perCall) RoundTrip(req *http.Request) (*http.Response, error) {
	out, err := secretsToBody(req.WithContext(t.ctx))
	if err != nil {
		return nil, &notSentError{err}
	}
	return t.next.RoundTrip(out)
}

// isSecretParameter reports whether a parameter of any product holds a secret:
// the session token, or a password under whichever name.
func isSecretParameter(name string) bool {
	return name == "SecurityToken" || strings.HasSuffix(name, "Password")
}

// secretsToBody moves secret parameters from the URL of a POST to its form, since
// proxies and servers log URLs. The signature covers query and form alike (RPC
// signature 1.0), so they may move.
func secretsToBody(req *http.Request) (*http.Request, error) {
	query := req.URL.Query()
	secret := url.Values{}
	for name, values := range query {
		if isSecretParameter(name) {
			secret[name] = values
			delete(query, name)
		}
	}
	if len(secret) == 0 || req.Method != http.MethodPost {
		return req, nil
	}
	var body []byte
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	if len(body) > 0 {
		body = append(body, '&')
	}
	body = append(body, secret.Encode()...)
	out := req.Clone(req.Context())
	out.URL.RawQuery = query.Encode()
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.ContentLength = int64(len(body))
	return out, nil
}
