package alicloud

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// sleepSeconds lets time pass in a bubble.
func sleepSeconds(n int) { <-time.After(time.Duration(n) * time.Second) }

// Calls with one key have one pace, whichever clients make them; many keys together
// are no faster than the broker itself. Throttling of one leaves the others alone.
func TestUserKeys_Calls_ArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 10
		c, err := New(Config{Region: "cn-hangzhou", Credentials: testKey(), CallsPerSecond: rate}, testProducts()...)
		if err != nil {
			t.Fatal(err)
		}
		call := func(id string, answer error) error {
			user := c.With(Static(Key{ID: id, Secret: "s"}))
			return user.Call(t.Context(), Op{Product: "Rds", Access: Write}, func(Key) error { return answer })
		}
		took := func(calls int, id func(n int) string) time.Duration {
			t.Helper()
			sleepSeconds(3600) // all buckets are full
			began := time.Now()
			for n := range calls {
				if err := call(id(n), nil); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(began)
		}
		const calls = 10 * rate
		least := (calls - rate) * time.Second / rate
		if got := took(calls, func(int) string { return "one" }); got < least-time.Millisecond {
			t.Errorf("%d calls with one key took %s, want %s", calls, got, least)
		}
		if got := took(calls, func(n int) string { return fmt.Sprint("key", n) }); got < least-time.Millisecond {
			t.Errorf("%d calls with as many keys took %s, want %s", calls, got, least)
		}
		sleepSeconds(3600)
		if err := call("slow", &Error{Reasons: []error{providers.ErrThrottled}}); !errors.Is(err, providers.ErrThrottled) {
			t.Fatal(err)
		}
		ratio := func(id string) float64 { return c.users.ofKey(userKey{id, "rds"}).ratio() }
		if ratio("slow") != 0.5 || ratio("other") != 1 || c.pacer("rds").ratio() != 1 || c.users.ofAll("rds").ratio() != 1 {
			t.Errorf("after throttling of one key the paces are %v, %v, %v, %v", ratio("slow"), ratio("other"), c.pacer("rds").ratio(), c.users.ofAll("rds").ratio())
		}
		for n := range 3 * maxKeyPacers {
			c.users.ofKey(userKey{fmt.Sprint("new", n), "rds"})
			sleepSeconds(1)
		}
		if n := len(c.users.single); n > maxKeyPacers {
			t.Errorf("%d paces are kept, want at most %d", n, maxKeyPacers)
		}
		if c.users.single[userKey{fmt.Sprint("new", 3*maxKeyPacers-1), "rds"}] == nil {
			t.Error("the pace of the last key was dropped")
		}
	})
}

// A key that no request can carry is refused as credentials, before any request.
func TestCall_KeyThatCannotBeSent_IsRefusedAtOnce(t *testing.T) {
	f := newFront(t, reply(200, `{}`))
	c := clientsOf(t, f, testKey())
	for _, key := range []Key{
		{ID: "a\r\nb", Secret: "s"}, {ID: "a b", Secret: "s"}, {ID: "ключ", Secret: "s"}, {ID: "a\x00", Secret: "s"}, {ID: "a", Secret: "s", Token: "t\n"},
	} {
		err := createAccount(t, c.With(Static(key)))
		if !errors.Is(err, providers.ErrCredentials) || providers.IsOutcomeUnknown(err) {
			t.Errorf("the key %q is answered %v", key.ID, err)
		}
	}
	if n := len(f.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	if err := createAccount(t, c.With(Static(Key{ID: "LTAI-a.b/c=", Secret: "a secret ü\n"}))); err != nil {
		t.Errorf("a key that can be sent is answered %v", err)
	}
}

// A request that HTTP cannot carry is never sent: its outcome is known, and it is
// refused as credentials or as invalid.
func TestTransport_RequestThatCannotBeSent_IsRefused(t *testing.T) {
	f := newFront(t, reply(200, `{}`))
	c := clientsOf(t, f, testKey())
	for header, want := range map[string]error{
		"Authorization": providers.ErrCredentials, "X-Oss-Security-Token": providers.ErrCredentials, "X-Oss-Tagging": providers.ErrInvalid, "": providers.ErrInvalid,
	} {
		err := c.Call(t.Context(), Op{Product: "Oss", Action: "PutBucket", Access: Write}, func(Key) error {
			to := f.URL
			if header == "" {
				to = "http://a bucket\x7f/"
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, to, nil)
			if err != nil {
				return fmt.Errorf("operation error: %w", err)
			}
			req.Header[header] = []string{"a\r\nb"}
			resp, err := c.HTTP(Write).Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			return err
		})
		if !errors.Is(err, want) || providers.IsOutcomeUnknown(err) {
			t.Errorf("with a broken %q the answer is %v, want %v", header, err, want)
		}
	}
	if n := len(f.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
