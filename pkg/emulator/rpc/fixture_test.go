package rpc

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// wall is the time by which clients sign.
func wall() time.Time { return time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC) }

// A bench is a gateway with one product, Echo, open to every caller.
type bench struct {
	*testing.T
	url      string
	clock    *cloud.Clock
	faults   *cloud.Faults
	journal  *cloud.Journal
	gateway  *Gateway
	switches Switches
	done     int // how often an action took effect
	nonce    int
	reported []string // unknown calls
}

type keyring map[string]cloud.Key

func (k keyring) Key(id string) (cloud.Key, bool) { key, ok := k[id]; return key, ok }

// deny refuses one action on one resource.
type deny struct{ action, resource string }

func (d deny) Allowed(_ cloud.Caller, action, resource string) bool {
	return action != d.action || resource != d.resource
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, clock: cloud.NewFrozenClock(wall().Add(-time.Hour)), faults: &cloud.Faults{}, journal: &cloud.Journal{}}
	keys := keyring{
		"testid":   {Secret: "testsecret", Active: true, Caller: cloud.Caller{AccountID: "1", AccessKeyID: "testid"}},
		"inactive": {Secret: "testsecret"},
		"STS.1":    {Secret: "testsecret", Token: "token", Active: true, Expires: b.clock.Now().Add(time.Hour)},
	}
	type inner struct{ Item []string }
	echo := API{Name: "Echo", Version: "2020-01-01", Actions: map[string]Action{
		"Say": {
			Do: func(r *Request) (any, *Error) {
				what, fail := r.Require("What")
				if fail != nil {
					return nil, fail
				}
				b.done++
				return struct {
					What, Region string
					Items        inner
				}{what, r.Region, inner{r.List("Item")}}, nil
			},
			Resource: func(r *Request) string { return "acs:echo:::" + r.Get("What") },
		},
		"Knock": {Do: func(r *Request) (any, *Error) {
			return struct{ What string }{r.Get("What") + "|" + r.Caller.AccessKeyID + "|" + r.Caller.SourceIP.String()}, nil
		}, Unsigned: true},
		"Nothing": {Do: func(*Request) (any, *Error) { return nil, nil }, Free: true, ReadOnly: true},
	}}
	b.gateway = NewGateway(Options{
		Keys: keys, Authorizer: deny{"echo:Say", "acs:echo:::forbidden"}, Clock: b.clock, Faults: b.faults, Journal: b.journal,
		Region: "cn-hangzhou", Wall: wall, Unknown: func(call string) { b.reported = append(b.reported, call) }, Switches: &b.switches,
	}, echo)
	server := httptest.NewServer(b.gateway)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// params returns the parameters of a good request, changed by pairs; a pair
// with the value "-" removes the parameter.
func (b *bench) params(pairs ...string) url.Values {
	b.nonce++
	v := values("Action", "Say", "What", "hello", "Version", "2020-01-01", "Format", "JSON", "AccessKeyId", "testid", "SignatureMethod", "HMAC-SHA1",
		"SignatureVersion", "1.0", "SignatureNonce", strconv.Itoa(b.nonce), "Timestamp", wall().Format(timestampFormat))
	for name, value := range values(pairs...) {
		if v[name] = value; value[0] == "-" {
			delete(v, name)
		}
	}
	return v
}

type reply struct {
	Status                         int
	Code, Message, RequestId, What string
	Region                         string
	Items                          struct{ Item []string }
}

// get sends parameters in the query, signed unless they hold a Signature.
func (b *bench) get(v url.Values) reply {
	b.Helper()
	if v.Get("Signature") == "" {
		v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
	}
	response, err := http.Get(b.url + "/?" + v.Encode())
	if err != nil {
		b.Fatal(err)
	}
	return b.read(response)
}

// send returns the header and the body of the answer to a request.
func (b *bench) send(request *http.Request) (http.Header, string) {
	b.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return response.Header, string(body)
}

func (b *bench) read(response *http.Response) reply {
	b.Helper()
	defer func() { _ = response.Body.Close() }()
	got := reply{Status: response.StatusCode}
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		b.Fatal(err)
	}
	if got.RequestId == "" || got.RequestId != response.Header.Get("X-Acs-Request-Id") {
		b.Errorf("request id %q in the body, %q in the header", got.RequestId, response.Header.Get("X-Acs-Request-Id"))
	}
	return got
}

func (b *bench) want(got reply, status int, code string) {
	b.Helper()
	if got.Status != status || got.Code != code {
		b.Errorf("answer %d %q, want %d %q (%s)", got.Status, got.Code, status, code, got.Message)
	}
}
