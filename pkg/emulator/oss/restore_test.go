package oss_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestRestoreObject_Archive_ReadableForItsDays(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	e.clock.Freeze()
	mustPutBucket(t, c, "bucket-a")
	if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k"), Body: strings.NewReader("v"), StorageClass: sdk.StorageClassArchive}); err != nil {
		t.Fatal(err)
	}
	restore := func(body string) (int, error) {
		input := &sdk.OperationInput{OpName: "RestoreObject", Method: "POST", Bucket: new("bucket-a"), Key: new("k"), Parameters: map[string]string{"restore": ""}}
		if body != "" {
			input.Body = strings.NewReader(body)
		}
		output, err := c.InvokeOperation(t.Context(), input)
		if err != nil {
			return 0, err
		}
		return output.StatusCode, output.Body.Close()
	}
	state := func() string {
		t.Helper()
		head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
		list, errList := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a")})
		if err != nil || errList != nil {
			t.Fatal(err, errList)
		}
		shown := head.Headers.Get("x-oss-restore")
		if info := list.Contents[0].RestoreInfo; info != nil && *info != shown || info == nil && shown != "" {
			t.Errorf("the list shows %v, the head %q", info, shown)
		}
		return shown
	}
	_, err := get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "InvalidObjectState")
	if got := state(); got != "" {
		t.Errorf("state before: %s", got)
	}
	for bad, code := range map[string]string{
		"no XML": "MalformedXML", "<RestoreRequest><Days>0</Days></RestoreRequest>": "InvalidArgument", "<RestoreRequest><Days>x</Days></RestoreRequest>": "InvalidArgument",
		"<RestoreRequest><Days>8</Days></RestoreRequest>":                                                 "InvalidArgument",
		"<RestoreRequest><Days>2</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>": "MalformedXML",
	} {
		_, err := restore(bad)
		wantCode(t, err, code)
	}
	if status, err := restore("<RestoreRequest><Days>2</Days></RestoreRequest>"); err != nil || status != http.StatusAccepted {
		t.Errorf("restoring: %d, %v", status, err)
	}
	if got := state(); got != `ongoing-request="true"` {
		t.Errorf("state at once: %s", got)
	}
	_, err = restore("")
	wantCode(t, err, "RestoreAlreadyInProgress")
	_, err = get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "InvalidObjectState")
	e.clock.Advance(time.Minute)
	until := e.clock.Now().AddDate(0, 0, 2).UTC().Format(http.TimeFormat)
	saved, err := e.Snapshot()
	if err != nil || e.Restore(saved) != nil {
		t.Fatal("the state is not restored", err)
	}
	if got := state(); got != `ongoing-request="false", expiry-date="`+until+`"` {
		t.Errorf("state after a minute: %s", got)
	}
	if got, err := get(t.Context(), c, "bucket-a", "k"); err != nil || got != "v" {
		t.Errorf("the object is %q, %v", got, err)
	}
	if status, err := restore("<RestoreRequest><Days>5</Days></RestoreRequest>"); err != nil || status != http.StatusOK {
		t.Errorf("restoring again: %d, %v", status, err)
	}
	e.clock.Advance(6 * 24 * time.Hour)
	_, err = get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "InvalidObjectState")
	mustPut(t, c, "bucket-a", "k", "standard")
	_, err = restore("")
	wantCode(t, err, "OperationNotSupported")
}

func TestExpiration_RulesOfObject_SoonestShown(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	e.clock.Freeze()
	e.clock.Set(time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC))
	mustPutBucket(t, c, "bucket-a")
	const tag = "<Tag><Key>k</Key><Value>v</Value></Tag>"
	if _, _, err := send(t, c, call{method: "PUT", bucket: "bucket-a", query: map[string]string{"lifecycle": ""}, body: "<LifecycleConfiguration>" +
		rule("logs", "<Expiration><Days>3</Days></Expiration>") +
		rule("tagged", tag+"<Expiration><CreatedBeforeDate>2026-04-01T00:00:00.000Z</CreatedBeforeDate></Expiration>") + "</LifecycleConfiguration>"}); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"logs/a": `expiry-date="Thu, 05 Mar 2026 00:00:00 GMT", rule-id="logs"`, "tagged/a": `expiry-date="Wed, 01 Apr 2026 00:00:00 GMT", rule-id="tagged"`, "other": "",
	} {
		if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new(key), Tagging: new("k=v")}); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new(key)})
		if err != nil || head.Headers.Get("x-oss-expiration") != want {
			t.Errorf("%s: %q, %v, want %q", key, head.Headers.Get("x-oss-expiration"), err, want)
		}
	}
	e.clock.Advance(2 * 24 * time.Hour)
	if _, err := c.PutSymlink(t.Context(), &sdk.PutSymlinkRequest{Bucket: new("bucket-a"), Key: new("logs/link"), Target: new("logs/a")}); err != nil {
		t.Fatal(err)
	}
	if head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("logs/link")}); err != nil || !strings.Contains(head.Headers.Get("x-oss-expiration"), "Sat, 07 Mar") {
		t.Errorf("a link expires by its own time: %v, %v", head, err)
	}
	mustPut(t, c, "bucket-a", "tagged/b", "v")
	if head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("tagged/b")}); err != nil || head.Headers.Get("x-oss-expiration") != "" {
		t.Errorf("an object without the tag: %v, %v", head, err)
	}
}

func TestRestoreObject_ColdArchive_PriorityOnlyRises(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	e.clock.Freeze()
	mustPutBucket(t, c, "bucket-a")
	if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k"), Body: strings.NewReader("v"), StorageClass: sdk.StorageClassColdArchive}); err != nil {
		t.Fatal(err)
	}
	restore := func(tier string) error {
		_, err := c.RestoreObject(t.Context(), &sdk.RestoreObjectRequest{Bucket: new("bucket-a"), Key: new("k"), RestoreRequest: &sdk.RestoreRequest{Days: 300, Tier: new(tier)}})
		return err
	}
	wantCode(t, restore("wrong-tier"), "InvalidArgument")
	if err := restore("Bulk"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, restore("Bulk"), "RestoreAlreadyInProgress")
	if err := restore("Expedited"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, restore("Standard"), "RestoreAlreadyInProgress")
	e.clock.Advance(time.Hour)
	if got, err := get(t.Context(), c, "bucket-a", "k"); err != nil || got != "v" {
		t.Errorf("after an hour: %q, %v", got, err)
	}
}
