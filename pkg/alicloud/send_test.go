package alicloud

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestClients_Secrets_TravelInTheBody(t *testing.T) {
	f := newFront(t, reply(200, `{"RequestId":"1"}`))
	if err := createAccount(t, clientsOf(t, f, testKey())); err != nil {
		t.Fatal(err)
	}
	got := f.seen()[0]
	for name, secret := range map[string]string{"password": testPass, "token": testToken, "secret": testSecret} {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			if strings.Contains(got.query, form) {
				t.Errorf("the %s is in the URL", name)
			}
		}
	}
	for name, want := range map[string]string{
		"AccountPassword": testPass, "SecurityToken": testToken, "Action": "CreateAccount", "AccountName": "name", "RegionId": "cn-hangzhou",
	} {
		if values := got.form[name]; len(values) != 1 || values[0] != want {
			t.Errorf("parameter %s arrived as %d values, want the one that was sent", name, len(values))
		}
	}
	if got.method != http.MethodPost {
		t.Errorf("method = %s", got.method)
	}
}

// An error says whether its request may have had an effect.
func TestClients_ErrorAnswers_HaveTheirReasons(t *testing.T) {
	body := func(code string) string { return `{"Code":"` + code + `","Message":"m","RequestId":"R-1"}` }
	cases := map[string]struct {
		answer http.HandlerFunc
		write  error // kind of a mutating call; nil: no kind at all
		read   error // kind of a reading one
	}{
		"NotFound":           {reply(404, body("InvalidDBInstanceId.NotFound")), providers.ErrNotFound, providers.ErrNotFound},
		"NotFoundAs400":      {reply(400, body("InvalidDBInstanceId.NotFound")), providers.ErrNotFound, providers.ErrNotFound},
		"Duplicate":          {reply(400, body("InvalidAccountName.Duplicate")), providers.ErrExists, providers.ErrExists},
		"FamilyOfCodes":      {reply(400, body("InvalidAccountName.Forbid")), providers.ErrInvalid, providers.ErrInvalid},
		"WrongState":         {reply(403, body("OperationDenied.DBInstanceStatus")), providers.ErrWrongState, providers.ErrWrongState},
		"Throttled":          {reply(400, body("Throttling.User")), providers.ErrThrottled, providers.ErrThrottled},
		"ThrottledByProduct": {reply(503, body("Rejected.Throttling")), providers.ErrThrottled, providers.ErrThrottled},
		"ThrottledByStatus":  {reply(429, ``), providers.ErrThrottled, providers.ErrThrottled},
		"Denied":             {reply(403, body("Forbidden.RAM")), providers.ErrDenied, providers.ErrDenied},
		"UnknownKey":         {reply(404, body("InvalidAccessKeyId.NotFound")), providers.ErrCredentials, providers.ErrCredentials},
		"ClockIsLate":        {reply(400, body("InvalidTimeStamp.Expired")), providers.ErrClock, providers.ErrClock},
		"ClockIsEarly":       {reply(400, body("IllegalTimestamp")), providers.ErrClock, providers.ErrClock},
		"TokenUsed":          {reply(400, body("InvalidRequestId")), providers.ErrTokenUsed, providers.ErrTokenUsed},
		"Arrears":            {reply(400, body("Pay.InsufficientBalance")), providers.ErrArrears, providers.ErrArrears},
		"SoldOut":            {reply(404, body("InsufficientResourceCapacity")), providers.ErrSoldOut, providers.ErrSoldOut},
		"Quota":              {reply(403, body("QuotaExceeded.CreateInstance")), providers.ErrQuota, providers.ErrQuota},
		"InternalError":      {reply(500, body("InternalError")), providers.ErrOutcomeUnknown, nil},
		"UnknownCodeOf5xx":   {reply(500, body("Whatever")), providers.ErrOutcomeUnknown, nil},
		"UnknownCodeOf4xx":   {reply(400, body("Whatever")), providers.ErrUnexplained, providers.ErrUnexplained},
		"ProxyPage":          {reply(502, `<html>`), providers.ErrOutcomeUnknown, nil},
		"CodeThatIsNoString": {reply(500, `{"Code":500,"Message":{}}`), providers.ErrOutcomeUnknown, nil},
		"GarbageAsSuccess":   {reply(200, `<html>`), providers.ErrOutcomeUnknown, nil},
		"Redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, providers.ErrOutcomeUnknown, nil},
		"ConnectionClosed": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, providers.ErrOutcomeUnknown, nil},
		"ClosedInsideTheReply": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			reply(200, `{"a`)(w, nil)
		}, providers.ErrOutcomeUnknown, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, tc.answer)
			c := clientsOf(t, f, testKey())
			wantReason(t, "write", createAccount(t, c), tc.write)
			wantReason(t, "read", describe(t, c), tc.read)
			if n := len(f.seen()); n != 2 {
				t.Errorf("%d requests were sent for 2 calls", n)
			}
		})
	}
}

func wantReason(t *testing.T, what string, err, kind error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: %T is no *Error: %v", what, err, err)
	}
	if kind == nil && len(e.Reasons) > 0 || kind != nil && !errors.Is(err, kind) {
		t.Errorf("%s: reasons %v, want %v", what, e.Reasons, kind)
	}
	if errors.Is(err, providers.ErrOutcomeUnknown) != errors.Is(kind, providers.ErrOutcomeUnknown) {
		t.Errorf("%s: outcome unknown = %v, with kind %v", what, errors.Is(err, providers.ErrOutcomeUnknown), kind)
	}
}

func TestClients_UnsentCall_HasAKnownOutcome(t *testing.T) {
	f := newFront(t, reply(200, `{}`))
	c := clientsOf(t, f, testKey())
	f.Close() // from now on connections are refused
	wantReason(t, "connection refused", createAccount(t, c), nil)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Do(ctx, Write, rds.CreateCreateAccountRequest(), rds.CreateCreateAccountResponse())
	if errors.Is(err, providers.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("a call with a dead context: %v", err)
	}
}

func TestClients_CancelledCall_HasAnUnknownOutcome(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	f := newFront(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	defer close(release)
	c := clientsOf(t, f, testKey())
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	err := c.Do(ctx, Write, rds.CreateDeleteDBInstanceRequest(), rds.CreateDeleteDBInstanceResponse())
	if !errors.Is(err, providers.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestClients_Errors_HoldNoSecret(t *testing.T) {
	const signed = "server string to sign is:POST&%2F&AccountName%3Dname%26SignatureNonce%3D1"
	echo := func(before string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.ParseForm() //nolint:errcheck // the test's own request
			form := r.Form
			text := before + " AccountPassword=" + form.Get("AccountPassword") + " " + url.QueryEscape(form.Get("AccountPassword")) +
				" key " + form.Get("AccessKeyId") + " token " + form.Get("SecurityToken") + " " + signed
			reply(400, `{"Code":"SignatureDoesNotMatch","Message":"`+text+`","RequestId":"R-1"}`)(w, r)
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"Echo":         echo("bad"),
		"StringToSign": echo(signed),
		"Drop":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			err := createAccount(t, clientsOf(t, &front{Server: server}, testKey()))
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			for _, secret := range []string{testID, testSecret, testToken, testPass, "AccountName", "SignatureNonce"} {
				for _, form := range []string{secret, url.QueryEscape(secret), url.QueryEscape(url.QueryEscape(secret))} {
					if strings.Contains(text, form) {
						t.Errorf("%q shows in %q", form, text)
					}
				}
			}
		})
	}
}

func TestClients_RequestID_IsAFieldOfTheError(t *testing.T) {
	f := newFront(t, reply(400, `{"Code":"Whatever","Message":"m","RequestId":"R-1"}`))
	var e *Error
	if err := createAccount(t, clientsOf(t, f, testKey())); !errors.As(err, &e) || e.RequestID != "R-1" || e.Status != 400 || e.Product != "Rds" || e.Action != "CreateAccount" {
		t.Errorf("error = %+v", e)
	}
}

func TestClients_ConcurrentCalls_ShareClients(t *testing.T) {
	f := newFront(t, reply(200, `{"RequestId":"1"}`))
	c := clientsOf(t, f, testKey())
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() {
			var err error
			if i%2 == 0 {
				err = describe(t, c)
			} else {
				err = createAccount(t, c)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	nonces := map[string]bool{}
	for _, r := range f.seen() {
		nonces[r.form.Get("SignatureNonce")] = true
	}
	if len(nonces) != 20 {
		t.Errorf("%d nonces for 20 calls", len(nonces))
	}
}

func TestClients_WithoutOverride_UseTheRealHostsByHTTPS(t *testing.T) {
	c, err := New(Config{Region: "eu-central-1", Credentials: testKey()}, testProducts()...)
	if err != nil {
		t.Fatal(err)
	}
	for product, want := range map[string]string{
		"Rds": "https://rds.eu-central-1.aliyuncs.com", "Oss": "https://oss.aliyuncs.com", "Sts": "https://sts.aliyuncs.com",
	} {
		if got := c.endpoint(product, "").String(); got != want {
			t.Errorf("endpoint of %s = %s, want %s", product, got, want)
		}
	}
	if got := c.endpoint("Rds", "cn-hangzhou").String(); got != "https://rds.aliyuncs.com" {
		t.Errorf("endpoint of RDS in cn-hangzhou = %s", got)
	}
}

func TestClients_UnregisteredProduct_SendNothing(t *testing.T) {
	f := newFront(t, reply(200, `{}`))
	c, err := New(Config{Region: "cn-hangzhou", Credentials: testKey(), Endpoints: EndpointsAt(f.endpoint(t), testProducts()...)})
	if err != nil {
		t.Fatal(err)
	}
	err = createAccount(t, c)
	wantReason(t, "a call to an unregistered product", err, nil)
	if len(f.seen()) > 0 || !strings.Contains(err.Error(), "rds is not registered") {
		t.Errorf("%d requests were sent; the error is %v", len(f.seen()), err)
	}
}

func TestNew_ImpossibleConfiguration_Refused(t *testing.T) {
	for name, c := range map[string]Config{
		"NoRegion":       {Credentials: testKey()},
		"RegionAsHost":   {Region: "evil.example/", Credentials: testKey()},
		"RegionOfDashes": {Region: "--", Credentials: testKey()},
		"RegionInside":   {Region: "cn-hangzhou-internal", Credentials: testKey()},
		"NoCredentials":  {Region: "cn-hangzhou"},
		"EndpointIsFTP":  {Region: "cn-hangzhou", Credentials: testKey(), Endpoints: map[string]*url.URL{"rds": {Scheme: "ftp", Host: "h"}}},
		"NoHost":         {Region: "cn-hangzhou", Credentials: testKey(), Endpoints: map[string]*url.URL{"rds": {Scheme: "https"}}},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestCaller_ManyCalls_AskOncePerKey(t *testing.T) {
	f := newFront(t, reply(200, `{"AccountId":"1234567890123456","RequestId":"1"}`))
	c := clientsOf(t, f, testKey())
	for range 3 {
		if account, err := c.Caller(t.Context()); err != nil || account != "1234567890123456" {
			t.Fatalf("Caller = %s, %v", account, err)
		}
	}
	if n := len(f.seen()); n != 1 {
		t.Errorf("GetCallerIdentity was called %d times", n)
	}
	other := c.With(Static(Key{ID: "other", Secret: "s"}))
	if _, err := other.Caller(t.Context()); err != nil || len(f.seen()) != 2 {
		t.Errorf("another key was not asked for: %v", err)
	}
}
