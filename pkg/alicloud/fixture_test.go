package alicloud

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

const (
	testID     = "LTAItestkeytestkey12"
	testSecret = "very/secret+secret="
	testToken  = "token/of+the=session"
	testPass   = "Pass_w0rd+of%account"
)

// A front is an HTTP server in the cloud's place that keeps its requests.
type front struct {
	*httptest.Server

	mu       sync.Mutex
	requests []seen
}

type seen struct {
	method, query string
	form          url.Values // query and body together
	header        http.Header
	body          string
}

// newFront answers each request with answer.
func newFront(t *testing.T, answer http.HandlerFunc) *front {
	t.Helper()
	f := &front{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		for name, values := range r.URL.Query() {
			form[name] = append(form[name], values...)
		}
		f.mu.Lock()
		f.requests = append(f.requests, seen{r.Method, r.URL.RawQuery, form, r.Header, string(body)})
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *front) seen() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.requests...)
}

func (f *front) endpoint(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// clientsOf returns clients with every product at the front.
func clientsOf(t *testing.T, f *front, source CredentialsSource) *Clients {
	t.Helper()
	u := f.endpoint(t)
	c, err := New(Config{
		Region: "cn-hangzhou", Credentials: source, CallsPerSecond: 1e6, Endpoints: EndpointsAt(u, testProducts()...),
	}, testProducts()...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// testProducts returns a regional and a central product with codes of each
// reason, as the packages of services state them.
func testProducts() []Product {
	return []Product{
		{Name: "rds", Version: "2014-08-15", Host: TableHost([]byte("host: rds.{region}.aliyuncs.com\nregions: {rds.aliyuncs.com: [cn-hangzhou]}")), Codes: map[string]error{
			"InvalidDBInstanceId.NotFound": providers.ErrNotFound,
			"InvalidAccountName.Duplicate": providers.ErrExists,
			"InvalidAccountName.*":         providers.ErrInvalid,
			"OperationDenied.*":            providers.ErrWrongState,
			"InvalidRequestId":             providers.ErrTokenUsed,
			"InsufficientResourceCapacity": providers.ErrSoldOut,
			"QuotaExceeded.CreateInstance": providers.ErrQuota,
			"InvalidConcurrentOperate":     ErrEarlierAttempt,
		}},
		{Name: "oss", Host: CentralHost("oss"), Codes: map[string]error{
			"0002-00000226":       providers.ErrDenied,
			"NoSuchBucket":        providers.ErrNotFound,
			"BucketAlreadyExists": providers.ErrExists,
			"AccessDenied":        providers.ErrDenied,
		}},
	}
}

func testKey() CredentialsSource {
	return Static(Key{ID: testID, Secret: testSecret, Token: testToken})
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client may be gone
	}
}

// createAccount is a call with a secret in it.
func createAccount(t *testing.T, c *Clients) error {
	t.Helper()
	req, resp := rds.CreateCreateAccountRequest(), rds.CreateCreateAccountResponse()
	req.DBInstanceId, req.AccountName, req.AccountPassword = "rm-1", "name", testPass
	return c.Do(t.Context(), Write, req, resp)
}

func describe(t *testing.T, c *Clients) error {
	t.Helper()
	req, resp := rds.CreateDescribeDBInstancesRequest(), rds.CreateDescribeDBInstancesResponse()
	return c.Do(t.Context(), Read, req, resp)
}

// A testClock moves by hand.
type testClock struct {
	mu sync.Mutex
	at time.Time
}

func newTestClock() *testClock { return &testClock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
