package oss_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// A signedRequest is a recorded request of an official client.
type signedRequest struct{ name, text string }

// send plays the request, as it was or changed.
func (r signedRequest) send(t *testing.T, handler http.Handler, change func(*http.Request)) (status int, body string) {
	t.Helper()
	head, content, _ := strings.Cut(r.text, "\n\n")
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\n\n" + strings.TrimSuffix(content, "\n"))))
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	if change != nil {
		change(request)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	return w.Code, w.Body.String()
}

func (r signedRequest) withToken() bool { return strings.Contains(r.name, "-token") }

// recorded reads the recorded requests.
func recorded(t *testing.T) []signedRequest {
	t.Helper()
	text, err := os.ReadFile("testdata/signed_requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []signedRequest
	for _, block := range strings.Split(string(text), "\n### ")[1:] {
		name, request, _ := strings.Cut(block, "\n")
		if !strings.HasSuffix(request, "\n") {
			request += "\n"
		}
		list = append(list, signedRequest{name, request})
	}
	return list
}

// atRecording is an OSS at the time of the recording, which has all buckets of the
// recorded requests. Its key is one of a session, or the account's.
func atRecording(t *testing.T, list []signedRequest, token string) http.Handler {
	t.Helper()
	e := newEnvironment(t)
	for _, r := range list {
		if r.withToken() == (token != "") {
			mustPutBucket(t, e.root(), r.name)
			if strings.Contains(r.name, "-info") || strings.Contains(r.name, "-presigned") {
				mustPut(t, e.root(), r.name, "dir a/k+%é", "v")
			}
		}
	}
	keys := signers{"vectorid": {Secret: "vectorsecret", Token: token, Active: true, Caller: cloud.Caller{AccountID: account}}}
	saved, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, time.November, 30, 18, 12, 0, 0, time.UTC)
	service := oss.New(oss.Config{
		Keys: keys, Authorizer: everything{}, Wall: func() time.Time { return at }, Region: "cn-hangzhou",
	})
	if err := service.Restore(saved); err != nil {
		t.Fatal(err)
	}
	return service
}

// Signers are keys by id.
type signers map[string]cloud.Key

func (s signers) Key(id string) (cloud.Key, bool) {
	key, ok := s[id]
	return key, ok
}

// everything allows all actions.
type everything struct{}

func (everything) Allowed(cloud.Caller, string, string) bool { return true }

func TestSignatures_OfOfficialClients_Pass(t *testing.T) {
	list := recorded(t)
	if len(list) < 90 {
		t.Fatalf("%d requests are recorded", len(list))
	}
	plain, session := atRecording(t, list, ""), atRecording(t, list, "sts-token")
	for _, r := range list {
		handler := plain
		if r.withToken() {
			handler = session
		}
		if status, body := r.send(t, handler, nil); status != http.StatusOK {
			t.Errorf("%s: %d %s", r.name, status, body)
		}
	}
}

func TestSignatures_OneByteChanged_Refused(t *testing.T) {
	list := recorded(t)
	plain, session := atRecording(t, list, ""), atRecording(t, list, "sts-token")
	for _, r := range list {
		handler := plain
		if r.withToken() {
			handler = session
		}
		changes := map[string]func(*http.Request){
			"the key": func(q *http.Request) { q.URL.Path += "x" },
			"the method": func(q *http.Request) {
				if q.Method = "DELETE"; strings.Contains(r.name, "-tags") {
					q.Method = "PUT"
				}
			},
		}
		signed, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(r.text + "\n"))))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range signed.Header {
			lower := strings.ToLower(name)
			if strings.HasPrefix(lower, "x-oss-") || lower == "authorization" || lower == "content-type" || lower == "content-md5" ||
				lower == "date" && signed.Header.Get("x-oss-date") == "" {
				changes[name] = func(q *http.Request) { q.Header.Set(name, changed(value[0])) }
			}
		}
		for name, value := range signed.URL.Query() {
			if name == "regions" && strings.Contains(r.name, "-v1") {
				continue // no client signs it with V1
			}
			changes["?"+name] = func(q *http.Request) {
				query, _ := url.ParseQuery(q.URL.RawQuery)
				query.Set(name, changed(value[0]))
				q.URL.RawQuery = query.Encode()
			}
		}
		for what, change := range changes {
			if status, body := r.send(t, handler, change); status != http.StatusForbidden && status != http.StatusBadRequest {
				t.Errorf("%s with %s changed: %d %s", r.name, what, status, body)
			}
		}
	}
}

// changed changes the last letter or digit of a text.
func changed(text string) string {
	i := strings.LastIndexAny(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
	if i < 0 {
		return text + "x"
	}
	b := []byte(text)
	if b[i]++; b[i] == '9'+1 || b[i] == 'z'+1 || b[i] == 'Z'+1 {
		b[i] -= 2
	}
	return string(b)
}
