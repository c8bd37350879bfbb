package assumptions_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// A cost is the price of a test on the real cloud.
type cost int

const (
	free  cost = iota // nothing, or cents
	spend             // a database instance
	// never: a test of the real cloud would take a day, a contract or a second
	// account.
	never
)

// An environment is the emulator or the real cloud, with the key that signs the
// calls.
type environment struct {
	*testing.T
	srv    *emulator.Server // nil for the real cloud
	key    key
	region string
}

type key struct{ id, secret, token string }

// verify runs a check on the emulator, and on the real cloud where that is
// possible.
func verify(t *testing.T, p cost, check func(e *environment), opts ...emulatortest.Option) {
	t.Helper()
	t.Run("emulator", func(t *testing.T) {
		srv := emulatortest.New(t, opts...)
		check(&environment{T: t, srv: srv, key: key{id: srv.AccessKey().ID, secret: srv.AccessKey().Secret}, region: srv.Region()})
	})
	t.Run("cloud", func(t *testing.T) {
		switch {
		case p == never:
			t.Skip("the real cloud cannot be checked by a test")
		case os.Getenv("ALIBABA_CLOUD_LIVE") != "1":
			t.Skip("NOT VERIFIED ON THE REAL CLOUD: ALIBABA_CLOUD_LIVE is not 1")
		case p == spend && os.Getenv("ALIBABA_CLOUD_LIVE_SPEND") != "1":
			t.Skip("NOT VERIFIED ON THE REAL CLOUD: it costs money, and ALIBABA_CLOUD_LIVE_SPEND is not 1")
		}
		e := &environment{T: t, region: cmp.Or(os.Getenv("ALIBABA_CLOUD_REGION"), "cn-hangzhou")}
		e.key = key{id: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), secret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), token: os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN")}
		if e.key.id == "" || e.key.secret == "" {
			t.Fatal("ALIBABA_CLOUD_LIVE=1 needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
		}
		check(e)
	})
}

// as returns the environment with another key.
func (e *environment) as(k key) *environment {
	other := *e
	other.key = k
	return &other
}

// name returns a new name for a resource.
func (e *environment) name() string { return "check-" + strings.ToLower(rand.Text()[:12]) }

// An answer is the response to a call.
type answer struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	body   string
}

// code is the error code, empty for success.
func (a answer) code() string {
	var body struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &body) // a body of another form has an empty code
	return body.Code
}

func (a answer) want(status int, code string) answer {
	a.t.Helper()
	if a.status != status || a.code() != code {
		a.t.Errorf("%s is answered %d %s, want %d %s: %s", a.call, a.status, a.code(), status, code, a.body)
	}
	return a
}

// ok requires a success.
func (a answer) ok() answer {
	a.t.Helper()
	if a.status != http.StatusOK {
		a.t.Fatalf("%s is answered %d: %s", a.call, a.status, a.body)
	}
	return a
}

// into decodes the answer.
func into[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.ok().body), &v); err != nil {
		a.t.Fatalf("%s is answered %s: %v", a.call, a.body, err)
	}
	return v
}

// call makes a signed call: product, action, and pairs of parameters, which may
// replace the common ones.
func (e *environment) call(product, action string, pairs ...string) answer {
	e.Helper()
	return e.send(e.signed(product, action, pairs...))
}

func (e *environment) rds(action string, pairs ...string) answer {
	e.Helper()
	return e.call("rds", action, pairs...)
}
func (e *environment) ram(action string, pairs ...string) answer {
	e.Helper()
	return e.call("ram", action, pairs...)
}
func (e *environment) sts(action string, pairs ...string) answer {
	e.Helper()
	return e.call("sts", action, pairs...)
}

// endpoint returns the URL of a product.
func (e *environment) endpoint(product string) string {
	if e.srv != nil {
		return e.srv.URL()
	}
	if product == "kms" { // has no central host
		product += "." + e.region
	}
	return "https://" + product + ".aliyuncs.com"
}

// signed builds a signed call as a URL: signature version 1.0 of the gateway,
// written after its documentation and apart from the emulator's code.
func (e *environment) signed(product, action string, pairs ...string) (url string, params url.Values) {
	params = map[string][]string{
		"Action": {action}, "Format": {"JSON"}, "AccessKeyId": {e.key.id}, "RegionId": {e.region},
		"Version":         {map[string]string{"rds": "2014-08-15", "ram": "2015-05-01", "sts": "2015-04-01", "vpc": "2016-04-28", "kms": "2016-01-20"}[product]},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "SignatureNonce": {rand.Text()},
		"Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	if e.key.token != "" {
		params.Set("SecurityToken", e.key.token)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		params.Set(pairs[i], pairs[i+1])
	}
	mac := hmac.New(sha1.New, []byte(e.key.secret+"&"))
	mac.Write([]byte("GET&%2F&" + escape(canonical(params))))
	params.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return e.endpoint(product) + "/?" + params.Encode(), params
}

func canonical(params url.Values) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		lines = append(lines, escape(name)+"="+escape(params.Get(name)))
	}
	return strings.Join(lines, "&")
}

func escape(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

// send makes a GET request.
func (e *environment) send(url string, params url.Values) answer {
	e.Helper()
	return e.do(http.MethodGet, url, params.Get("Action"), nil)
}

func (e *environment) do(method, url, call string, header http.Header) answer {
	e.Helper()
	request, err := http.NewRequestWithContext(e.afterwards(), method, url, nil)
	if err != nil {
		e.Fatal(err)
	}
	maps.Copy(request.Header, header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		e.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil {
		e.Fatal(err)
	}
	return answer{e.T, call, response.StatusCode, response.Header, string(body)}
}

// bucketClient returns the SDK's client of OSS, which tries once.
func (e *environment) bucketClient(change ...func(*oss.Config)) *oss.Client {
	config := oss.LoadDefaultConfig().WithRegion(e.region).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(e.key.id, e.key.secret, e.key.token))
	if e.srv != nil {
		config = config.WithEndpoint(e.srv.URL())
	}
	for _, f := range change {
		f(config)
	}
	return oss.NewClient(config)
}

// decoded decodes an answer of any status.
func decoded[T any](a answer) T {
	a.t.Helper()
	a.status = http.StatusOK
	return into[T](a)
}

// afterwards returns a context for clean-up after the end of the test.
func (e *environment) afterwards() context.Context { return context.WithoutCancel(e.Context()) }
