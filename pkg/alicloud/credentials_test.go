package alicloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func mustKey(t *testing.T, s CredentialsSource, want Key) {
	t.Helper()
	got, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != want.ID || got.Secret != want.Secret || got.Token != want.Token {
		t.Errorf("the key is another than wanted (id %q, want %q)", got.ID, want.ID)
	}
}

func TestKey_AnyVerb_PrintsAsterisks(t *testing.T) {
	key := Key{ID: testID, Secret: testSecret, Token: testToken}
	holders := []any{key, &key, Static(key), struct{ K Key }{key}, Config{Credentials: Static(key)}}
	for _, holder := range holders {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, holder); strings.Contains(text, testSecret) || strings.Contains(text, testID) {
				t.Errorf("%s of %T shows the key", verb, holder)
			}
		}
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFiles_ChangedFile_IsReadAgain(t *testing.T) {
	dir := t.TempDir()
	source := Files(dir)
	if _, err := source.Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Errorf("an empty directory: %v", err)
	}
	writeFiles(t, dir, map[string]string{FileAccessKeyID: "id-1\n", FileAccessKeySecret: "secret-1\n"})
	mustKey(t, source, Key{ID: "id-1", Secret: "secret-1"})
	writeFiles(t, dir, map[string]string{FileAccessKeyID: "id-20", FileAccessKeySecret: "secret-20", FileSecurityToken: "token"})
	mustKey(t, source, Key{ID: "id-20", Secret: "secret-20", Token: "token"})
	if err := os.Remove(filepath.Join(dir, FileAccessKeySecret)); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Errorf("without its secret: %v", err)
	}
}

func TestSources_EmptyKey_Refused(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{FileAccessKeyID: "id", FileAccessKeySecret: "\n"})
	for name, source := range map[string]CredentialsSource{"Files": Files(dir), "Static": Static(Key{ID: "id"})} {
		if _, err := source.Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// fetcher gives key-1, key-2, ... each for an hour.
type fetcher struct {
	clock *testClock
	calls atomic.Int32
	fail  atomic.Bool
}

func (f *fetcher) fetch(context.Context) (Key, error) {
	n := f.calls.Add(1)
	if f.fail.Load() {
		return Key{}, credentialsError("Test", "failed", nil)
	}
	return Key{ID: fmt.Sprintf("key-%d", n), Secret: "s", Token: "t", Expires: f.clock.now().Add(time.Hour)}, nil
}

func newTestCached() (*cached, *fetcher) {
	f := &fetcher{clock: newTestClock()}
	c := newCached("test", f.fetch)
	c.now = f.clock.now
	return c, f
}

// A key that no request can carry is refused before it is sent.
func TestStatic_UnsendableKey_Refused(t *testing.T) {
	for _, key := range []Key{{ID: "a\r\nb", Secret: "s"}, {ID: "a b", Secret: "s"}, {ID: "é", Secret: "s"}, {ID: "a", Secret: "s", Token: "t\x00"}} {
		if _, err := Static(key).Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
			t.Errorf("the key of id %q: %v, want %v", key.ID, err, providers.ErrCredentials)
		}
	}
	if _, err := Static(Key{ID: "LTAI!~", Secret: "any secret", Token: "t"}).Credentials(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCached_TemporaryKey_IsRenewedInTime(t *testing.T) {
	c, f := newTestCached()
	mustID := func(want string) {
		t.Helper()
		if key, err := c.Credentials(t.Context()); err != nil || key.ID != want {
			t.Errorf("key %s, %v; want %s", key.ID, err, want)
		}
	}
	mustID("key-1")
	f.clock.advance(54 * time.Minute)
	mustID("key-1")
	f.clock.advance(2 * time.Minute)
	mustID("key-2")
}

func TestCached_FailedRenewal_KeepsTheOldKey(t *testing.T) {
	c, f := newTestCached()
	if _, err := c.Credentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.fail.Store(true)
	f.clock.advance(56 * time.Minute)
	for range 3 { // one try, then a pause
		if key, err := c.Credentials(t.Context()); err != nil || key.ID != "key-1" {
			t.Errorf("key %s, %v", key.ID, err)
		}
	}
	if n := f.calls.Load(); n != 2 {
		t.Errorf("%d fetches, want the first and one that failed", n)
	}
	f.clock.advance(10 * time.Minute)
	if _, err := c.Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Errorf("after it expired: %v", err)
	}
	f.fail.Store(false)
	if key, err := c.Credentials(t.Context()); err != nil || key.ID != "key-4" {
		t.Errorf("key %s, %v", key.ID, err)
	}
}

func TestCached_ConcurrentCallers_ShareOneRefresh(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	c := newCached("test", func(ctx context.Context) (Key, error) {
		if calls.Add(1) == 1 {
			close(begun)
		}
		select {
		case <-release:
			return Key{ID: "key", Secret: "s", Token: "t", Expires: time.Now().Add(time.Hour)}, nil
		case <-ctx.Done():
			return Key{}, ctx.Err()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	impatient := make(chan error)
	go func() {
		_, err := c.Credentials(ctx)
		impatient <- err
	}()
	<-begun
	cancel() // who began the refresh gives up; it goes on for the others
	if err := <-impatient; !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient got %v", err)
	}
	var waiters sync.WaitGroup
	for range 10 {
		waiters.Go(func() {
			if key, err := c.Credentials(t.Context()); err != nil || key.ID != "key" {
				t.Errorf("key %s, %v", key.ID, err)
			}
		})
	}
	close(release)
	waiters.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

const sessionKey = `"AccessKeyId":"STS.id","AccessKeySecret":"role-secret","SecurityToken":"role-token","Expiration":"2126-01-01T00:00:00Z"`

func TestAssumeRole_Granted_GivesATemporaryKey(t *testing.T) {
	f := newFront(t, reply(200, `{"RequestId":"1","Credentials":{`+sessionKey+`}}`))
	source, err := AssumeRole(Role{ARN: "acs:ram::1:role/broker", Base: testKey(), Region: "cn-hangzhou", ExternalID: "ext", Endpoint: f.endpoint(t)})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		mustKey(t, source, Key{ID: "STS.id", Secret: "role-secret", Token: "role-token"})
	}
	requests := f.seen()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	for name, want := range map[string]string{"Action": "AssumeRole", "RoleArn": "acs:ram::1:role/broker", "RoleSessionName": "osb-broker", "ExternalId": "ext", "AccessKeyId": testID} {
		if got := requests[0].form.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestAssumeRole_Refused_IsErrCredentials(t *testing.T) {
	f := newFront(t, reply(403, `{"Code":"NoPermission","Message":"m","RequestId":"1"}`))
	source, err := AssumeRole(Role{ARN: "acs:ram::1:role/broker", Base: testKey(), Region: "cn-hangzhou", Endpoint: f.endpoint(t)})
	if err != nil {
		t.Fatal(err)
	}
	// A mutating call with such credentials was never sent.
	err = createAccount(t, clientsOf(t, f, source))
	if !errors.Is(err, providers.ErrCredentials) || !errors.Is(err, providers.ErrDenied) || errors.Is(err, providers.ErrOutcomeUnknown) {
		t.Errorf("err = %v", err)
	}
}

func TestRRSA_Exchange_ReadsTheTokenAndIsUnsigned(t *testing.T) {
	f := newFront(t, reply(200, `{"RequestId":"1","Credentials":{`+sessionKey+`}}`))
	file := filepath.Join(t.TempDir(), "token")
	writeFiles(t, filepath.Dir(file), map[string]string{"token": "oidc.token\n"})
	o := OIDC{TokenFile: file, ProviderARN: "acs:ram::1:oidc-provider/p", RoleARN: "acs:ram::1:role/r", Endpoint: f.endpoint(t)}
	mustKey(t, RRSA(o), Key{ID: "STS.id", Secret: "role-secret", Token: "role-token"})
	got := f.seen()[0]
	for name, want := range map[string]string{"Action": "AssumeRoleWithOIDC", "OIDCToken": "oidc.token", "OIDCProviderArn": o.ProviderARN, "RoleArn": o.RoleARN} {
		if got.form.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, got.form.Get(name), want)
		}
	}
	if got.form.Has("Signature") || strings.Contains(got.query, "oidc.token") {
		t.Errorf("query %q has a signature or the token", got.query)
	}
	o.TokenFile += "-missing"
	if _, err := RRSA(o).Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Errorf("without the token file: %v", err)
	}
}

func TestRRSA_Refused_HidesTheToken(t *testing.T) {
	f := newFront(t, reply(400, `{"Code":"AuthenticationFail.OIDCToken.Expired","Message":"token oidc.token.secret is old","RequestId":"1"}`))
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"token": "oidc.token.secret"})
	_, err := RRSA(OIDC{TokenFile: filepath.Join(dir, "token"), ProviderARN: "p", RoleARN: "r", Endpoint: f.endpoint(t)}).Credentials(t.Context())
	if !errors.Is(err, providers.ErrCredentials) || strings.Contains(err.Error(), "oidc.token.secret") {
		t.Errorf("err = %v", err)
	}
}

// metadataFront is a metadata service that insists on its token.
func metadataFront(t *testing.T, values map[string]string) *front {
	t.Helper()
	return newFront(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" && r.Header.Get("X-aliyun-ecs-metadata-token-ttl-seconds") != "" {
			fmt.Fprint(w, "meta-token")
			return
		}
		value, ok := values[strings.TrimPrefix(r.URL.Path, "/latest/meta-data/")]
		switch {
		case r.Header.Get("X-aliyun-ecs-metadata-token") != "meta-token":
			w.WriteHeader(http.StatusForbidden)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		default:
			fmt.Fprintln(w, value)
		}
	})
}

func TestECSRole_AttachedRole_GivesAKey(t *testing.T) {
	f := metadataFront(t, map[string]string{
		"ram/security-credentials/":         "the-role",
		"ram/security-credentials/the-role": `{"Code":"Success",` + sessionKey + `}`,
	})
	mustKey(t, ECSRole(NewMetadata(f.endpoint(t)), ""), Key{ID: "STS.id", Secret: "role-secret", Token: "role-token"})
	if _, err := ECSRole(NewMetadata(f.endpoint(t)), "another").Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Errorf("a role that is not there: %v", err)
	}
}

func TestMetadata_Values_AreRead(t *testing.T) {
	f := metadataFront(t, map[string]string{"region-id": "cn-hangzhou", "zone-id": "cn-hangzhou-h", "vpc-id": "vpc-1"})
	m := NewMetadata(f.endpoint(t))
	for want, get := range map[string]func(context.Context) (string, error){"cn-hangzhou": m.Region, "cn-hangzhou-h": m.Zone, "vpc-1": m.VPC} {
		if got, err := get(t.Context()); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := m.VSwitch(t.Context()); !errors.Is(err, providers.ErrNotFound) {
		t.Errorf("a value that is not there: %v", err)
	}
	puts := 0
	for _, r := range f.seen() {
		if r.method == http.MethodPut {
			puts++
		}
	}
	if puts != 1 {
		t.Errorf("%d tokens were asked for", puts)
	}
	f.Close()
	if got, err := m.VPC(t.Context()); err != nil || got != "vpc-1" {
		t.Errorf("a known value: %q, %v", got, err)
	}
	if _, err := NewMetadata(f.endpoint(t)).VPC(t.Context()); err == nil || errors.Is(err, providers.ErrNotFound) {
		t.Errorf("without a metadata service: %v", err)
	}
}

func TestAuto_SeveralSources_TakesTheFirst(t *testing.T) {
	dir := t.TempDir()
	sts := newFront(t, reply(200, `{"RequestId":"1","Credentials":{`+sessionKey+`}}`))
	ecs, err := json.Marshal(map[string]string{"Code": "Success", "AccessKeyId": "ecs", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2126-01-01T00:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	meta := metadataFront(t, map[string]string{"ram/security-credentials/r": string(ecs)})
	config := AutoConfig{Dir: dir, Metadata: NewMetadata(meta.endpoint(t)), ECSRole: "r"}
	mustKey(t, Auto(config), Key{ID: "ecs", Secret: "s", Token: "t"})
	writeFiles(t, dir, map[string]string{FileAccessKeyID: "file", FileAccessKeySecret: "s", "token": "oidc"})
	mustKey(t, Auto(config), Key{ID: "file", Secret: "s"})
	config.OIDC = OIDC{TokenFile: filepath.Join(dir, "token"), ProviderARN: "p", RoleARN: "r", Endpoint: sts.endpoint(t)}
	mustKey(t, Auto(config), Key{ID: "STS.id", Secret: "role-secret", Token: "role-token"})
}
