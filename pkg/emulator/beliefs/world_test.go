package beliefs_test

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

// A price is what it takes to ask the real cloud.
type price int

const (
	free  price = iota // it costs nothing, or cents
	spend              // it makes a database instance
	// never: the real cloud cannot be asked in a test, for it would take a day,
	// a contract, or a second account.
	never
)

// A world is the emulator or the real cloud, and the key with which to ask.
type world struct {
	*testing.T
	srv    *emulator.Server // nil for the real cloud
	key    key
	region string
}

type key struct{ id, secret, token string }

// ask asks the emulator, and the real cloud where it can be asked.
func ask(t *testing.T, p price, question func(w *world), opts ...emulatortest.Option) {
	t.Helper()
	t.Run("emulator", func(t *testing.T) {
		srv := emulatortest.New(t, opts...)
		question(&world{T: t, srv: srv, key: key{id: srv.AccessKey().ID, secret: srv.AccessKey().Secret}, region: srv.Region()})
	})
	t.Run("cloud", func(t *testing.T) {
		switch {
		case p == never:
			t.Skip("this cannot be asked of the real cloud")
		case os.Getenv("ALIBABA_CLOUD_LIVE") != "1":
			t.Skip("NOT ASKED OF THE REAL CLOUD: ALIBABA_CLOUD_LIVE is not 1")
		case p == spend && os.Getenv("ALIBABA_CLOUD_LIVE_SPEND") != "1":
			t.Skip("NOT ASKED OF THE REAL CLOUD: it costs money, and ALIBABA_CLOUD_LIVE_SPEND is not 1")
		}
		w := &world{T: t, region: cmp.Or(os.Getenv("ALIBABA_CLOUD_REGION"), "cn-hangzhou")}
		w.key = key{id: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), secret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), token: os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN")}
		if w.key.id == "" || w.key.secret == "" {
			t.Fatal("ALIBABA_CLOUD_LIVE=1 needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
		}
		question(w)
	})
}

// as is the world with another key.
func (w *world) as(k key) *world {
	other := *w
	other.key = k
	return &other
}

// name is a new name for something that will be removed.
func (w *world) name() string { return "belief-" + strings.ToLower(rand.Text()[:12]) }

// An answer is what a call was answered.
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
	_ = json.Unmarshal([]byte(a.body), &body) // no JSON has no code
	return body.Code
}

func (a answer) want(status int, code string) answer {
	a.t.Helper()
	if a.status != status || a.code() != code {
		a.t.Errorf("%s is answered %d %s, want %d %s: %s", a.call, a.status, a.code(), status, code, a.body)
	}
	return a
}

// ok wants a success.
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
func (w *world) call(product, action string, pairs ...string) answer {
	w.Helper()
	return w.send(w.signed(product, action, pairs...))
}

func (w *world) rds(action string, pairs ...string) answer {
	w.Helper()
	return w.call("rds", action, pairs...)
}
func (w *world) ram(action string, pairs ...string) answer {
	w.Helper()
	return w.call("ram", action, pairs...)
}
func (w *world) sts(action string, pairs ...string) answer {
	w.Helper()
	return w.call("sts", action, pairs...)
}

// endpoint is where a product is.
func (w *world) endpoint(product string) string {
	if w.srv != nil {
		return w.srv.URL()
	}
	return "https://" + product + ".aliyuncs.com"
}

// signed builds a signed call as a URL: signature version 1.0 of the gateway,
// by the documentation and not by the emulator's code.
func (w *world) signed(product, action string, pairs ...string) (url string, params url.Values) {
	params = map[string][]string{
		"Action": {action}, "Format": {"JSON"}, "AccessKeyId": {w.key.id}, "RegionId": {w.region},
		"Version":         {map[string]string{"rds": "2014-08-15", "ram": "2015-05-01", "sts": "2015-04-01", "vpc": "2016-04-28"}[product]},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "SignatureNonce": {rand.Text()},
		"Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	if w.key.token != "" {
		params.Set("SecurityToken", w.key.token)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		params.Set(pairs[i], pairs[i+1])
	}
	mac := hmac.New(sha1.New, []byte(w.key.secret+"&"))
	mac.Write([]byte("GET&%2F&" + escape(canonical(params))))
	params.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return w.endpoint(product) + "/?" + params.Encode(), params
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
func (w *world) send(url string, params url.Values) answer {
	w.Helper()
	return w.do(http.MethodGet, url, params.Get("Action"), nil)
}

func (w *world) do(method, url, call string, header http.Header) answer {
	w.Helper()
	request, err := http.NewRequestWithContext(w.afterwards(), method, url, nil)
	if err != nil {
		w.Fatal(err)
	}
	maps.Copy(request.Header, header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil {
		w.Fatal(err)
	}
	return answer{w.T, call, response.StatusCode, response.Header, string(body)}
}

// bucketClient is the SDK's client of OSS, which tries once.
func (w *world) bucketClient(change ...func(*oss.Config)) *oss.Client {
	config := oss.LoadDefaultConfig().WithRegion(w.region).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(w.key.id, w.key.secret, w.key.token))
	if w.srv != nil {
		config = config.WithEndpoint(w.srv.URL())
	}
	for _, f := range change {
		f(config)
	}
	return oss.NewClient(config)
}

// decoded decodes an answer whatever its status.
func decoded[T any](a answer) T {
	a.t.Helper()
	a.status = http.StatusOK
	return into[T](a)
}

// afterwards is the context of what is done when the test has ended.
func (w *world) afterwards() context.Context { return context.WithoutCancel(w.Context()) }
