package alicloud

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// accounts answers GetCallerIdentity by the account that the key's id names, and
// throttles everything else.
func accounts(w http.ResponseWriter, r *http.Request) {
	if id, _, found := strings.Cut(r.FormValue("AccessKeyId"), "-"); found && r.FormValue("Action") == "GetCallerIdentity" {
		reply(200, `{"RequestId":"1","AccountId":"`+id+`"}`)(w, r)
		return
	}
	reply(400, `{"Code":"Throttling.User","Message":"m","RequestId":"1"}`)(w, r)
}

// profileOf returns clients that share with others what profiles share.
func profileOf(t *testing.T, shared *Clients, region, keyID string) *Clients {
	t.Helper()
	c, err := New(Config{
		Region: region, Credentials: Static(Key{ID: keyID, Secret: "s"}), Endpoints: shared.endpoints, Shared: shared,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Caller(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// The cloud limits calls by account and region, so profiles of one account do not
// double the rate.
func TestClients_ProfilesOfOneAccount_ShareAPace(t *testing.T) {
	f := newFront(t, accounts)
	first := clientsOf(t, f, Static(Key{ID: "1-a", Secret: "s"}))
	if _, err := first.Caller(t.Context()); err != nil {
		t.Fatal(err)
	}
	same := profileOf(t, first, first.Region(), "1-b")
	elsewhere := profileOf(t, first, "cn-beijing", "1-c")
	other := profileOf(t, first, first.Region(), "2-a")
	if err := createAccount(t, first); !errors.Is(err, providers.ErrThrottled) {
		t.Fatal(err)
	}
	if first.pacer("rds") != same.pacer("rds") {
		t.Error("two profiles of one account and region have a pace each")
	}
	for name, c := range map[string]*Clients{"another region": elsewhere, "another account": other} {
		if got := c.pacer("rds").ratio(); got != 1 {
			t.Errorf("%s is slowed down to %v", name, got)
		}
	}
	if got := first.pacers.ratio("rds"); got != 0.5 {
		t.Errorf("the metric shows the pace %v, want the slowest", got)
	}
}

func TestNamed_FailingSource_NamesItsProfile(t *testing.T) {
	source := Named(Files(t.TempDir()), Naming{Profile: "finance", Source: "profile finance"})
	c, registry := measuredClients(t, newFront(t, accounts), source)
	_, err := c.Caller(t.Context())
	if !errors.Is(err, providers.ErrCredentials) || !strings.Contains(err.Error(), "profile finance") {
		t.Errorf("Caller = %v, want the profile named", err)
	}
	mustShow(t, registry, "alibabacloud_broker_credentials_refreshes_total", "finance failed files 1")
}

func TestAuto_FilesAppearLater_AreTaken(t *testing.T) {
	dir := t.TempDir()
	nowhere := newFront(t, reply(404, ""))
	source := Auto(AutoConfig{Dir: dir, Metadata: NewMetadata(nowhere.endpoint(t))})
	if _, err := source.Credentials(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Fatalf("without any source: %v", err)
	}
	writeFiles(t, dir, map[string]string{FileAccessKeyID: "file", FileAccessKeySecret: "s"})
	mustKey(t, source, Key{ID: "file", Secret: "s"})
}

func TestClients_UnknownRegion_IsFoundLater(t *testing.T) {
	region, calls := "", 0
	c, err := New(Config{Credentials: testKey(), FindRegion: func(context.Context) (string, error) {
		if calls++; region == "" {
			return "", errors.New("no answer")
		}
		return region, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.FindRegion(t.Context()); err == nil || c.Region() != "" {
		t.Errorf("a region without an answer: %q, %v", c.Region(), err)
	}
	region = "cn-hangzhou"
	for range 3 {
		if got, err := c.FindRegion(t.Context()); err != nil || got != region {
			t.Errorf("FindRegion = %q, %v", got, err)
		}
	}
	if c.Region() != region || calls != 2 {
		t.Errorf("the region is %q after %d questions", c.Region(), calls)
	}
}
