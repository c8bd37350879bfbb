package golden_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// An exchange is one HTTP request to the cloud, without signature, nonce and
// date, and the answer to it.
type exchange struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Query  map[string]string `json:"query,omitempty"`
	Form   map[string]string `json:"form,omitempty"` // a body of parameters
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"` // any other body
	Answer answer            `json:"answer"`
}

type answer struct {
	Status int    `json:"status"`
	Type   string `json:"type,omitempty"`
	Body   string `json:"body,omitempty"`
}

// read returns the compared parts of a request, and its body.
func read(r *http.Request) (exchange, []byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return exchange{}, nil, err
	}
	e := exchange{Method: r.Method, Path: r.URL.EscapedPath(), Query: flat(r.URL.Query()), Header: map[string]string{}}
	for name, values := range r.Header {
		switch lower := strings.ToLower(name); {
		case lower == "x-oss-date":
		case lower == "content-type", lower == "content-md5", strings.HasPrefix(lower, "x-oss-"):
			e.Header[name] = strings.Join(values, ", ")
		}
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return exchange{}, nil, err
		}
		e.Form = flat(form)
	} else {
		e.Body = string(body)
	}
	return e, body, nil
}

// flat returns the parameters without the signature's.
func flat(values url.Values) map[string]string {
	m := map[string]string{}
	for name, v := range values {
		if !slices.Contains([]string{"AccessKeyId", "Signature", "SignatureNonce", "Timestamp"}, name) {
			m[name] = strings.Join(v, "\n")
		}
	}
	return m
}

// A tape is a cloud that repeats recorded answers in their order and keeps the
// requests.
type tape struct {
	mu       sync.Mutex
	recorded []exchange
	requests []exchange
	server   *httptest.Server
}

func newTape(t *testing.T, recorded []exchange) *tape {
	t.Helper()
	tp := &tape{recorded: recorded}
	tp.server = httptest.NewServer(tp)
	t.Cleanup(tp.server.Close)
	return tp
}

// ServeHTTP answers the n-th request as the n-th recorded one was answered.
func (tp *tape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, _, err := read(r)
	tp.mu.Lock()
	defer tp.mu.Unlock()
	n := len(tp.requests)
	if err != nil || n >= len(tp.recorded) {
		tp.requests = append(tp.requests, e)
		http.Error(w, "no such request was recorded", http.StatusTeapot)
		return
	}
	e.Answer = tp.recorded[n].Answer
	tp.requests = append(tp.requests, e)
	if e.Answer.Type != "" {
		w.Header().Set("Content-Type", e.Answer.Type)
	}
	w.WriteHeader(e.Answer.Status)
	_, _ = io.WriteString(w, e.Answer.Body)
}

// sent returns the requests so far.
func (tp *tape) sent() []exchange {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return slices.Clone(tp.requests)
}

// clientsAt returns clients that send every call to one URL.
func clientsAt(t *testing.T, address string, key alicloud.Key) *alicloud.Clients {
	t.Helper()
	clients, err := environment.ClientsAt(address, region, alicloud.Static(key))
	if err != nil {
		t.Fatal(err)
	}
	return clients
}
