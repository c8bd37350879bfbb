package oss_test

import (
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// retentionRig is a bucket with versions and object retention.
func retentionRig(t *testing.T, rule *sdk.ObjectWormRule) (*environment, *sdk.Client) {
	t.Helper()
	e, c := filled(t)
	if _, err := c.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{Bucket: new("bucket-a"), VersioningConfiguration: &sdk.VersioningConfiguration{Status: sdk.VersionEnabled}}); err != nil {
		t.Fatal(err)
	}
	_, err := c.PutBucketObjectWormConfiguration(t.Context(), &sdk.PutBucketObjectWormConfigurationRequest{
		Bucket: new("bucket-a"), ObjectWormConfiguration: &sdk.ObjectWormConfiguration{ObjectWormEnabled: new("Enabled"), Rule: rule},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

func TestObjectRetention_InForce_KeepsVersion(t *testing.T) {
	e, c := retentionRig(t, nil)
	until := func(after time.Duration) *string {
		return new(e.clock.Now().Add(after).UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z"))
	}
	first := until(time.Hour)
	put, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{
		Bucket: new("bucket-a"), Key: new("kept"),
		RequestCommon: sdk.RequestCommon{Headers: map[string]string{"x-oss-object-worm-mode": "COMPLIANCE", "x-oss-object-worm-retain-until-date": *first}},
	})
	if err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("kept")})
	if err != nil || head.Headers.Get("x-oss-object-worm-mode") != "COMPLIANCE" || head.Headers.Get("x-oss-object-worm-retain-until-date") != *first {
		t.Errorf("HEAD: %v, %v", head, err)
	}
	extend := func(to *string) error {
		_, err := c.PutObjectRetention(t.Context(), &sdk.PutObjectRetentionRequest{
			Bucket: new("bucket-a"), Key: new("kept"), Retention: &sdk.ObjectWormRetention{Mode: new("COMPLIANCE"), RetainUntilDate: to},
		})
		return err
	}
	remove := func() error {
		_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: new("bucket-a"), Key: new("kept"), VersionId: put.VersionId})
		return err
	}
	wantCode(t, extend(until(time.Minute)), "InvalidArgument")
	second := until(2 * time.Hour)
	if err := extend(second); err != nil {
		t.Error(err)
	}
	got, err := c.GetObjectRetention(t.Context(), &sdk.GetObjectRetentionRequest{Bucket: new("bucket-a"), Key: new("kept")})
	if err != nil || *got.Retention.RetainUntilDate != *second {
		t.Errorf("retention %+v, %v", got, err)
	}
	e.clock.Advance(90 * time.Minute)
	wantCode(t, remove(), "FileImmutable")
	e.clock.Advance(time.Hour)
	if err := remove(); err != nil {
		t.Error(err)
	}
}

func TestObjectWorm_DefaultRetention_OfNewObjects(t *testing.T) {
	rule := &sdk.ObjectWormRule{DefaultRetention: &sdk.ObjectWormDefaultRetention{Mode: new("COMPLIANCE"), Days: new(int32(3))}}
	e, c := retentionRig(t, rule)
	mustPut(t, c, "bucket-a", "new", "v")
	for key, days := range map[string]int{"k": 0, "new": 3} {
		head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new(key)})
		if err != nil {
			t.Fatal(err)
		}
		wanted := ""
		if days > 0 {
			wanted = head.LastModified.AddDate(0, 0, days).UTC().Format("2006-01-02T15:04:05.000Z")
		}
		if date := head.Headers.Get("x-oss-object-worm-retain-until-date"); date != wanted {
			t.Errorf("%s is kept until %q, want %q", key, date, wanted)
		}
	}
	got, err := c.GetBucketObjectWormConfiguration(t.Context(), &sdk.GetBucketObjectWormConfigurationRequest{Bucket: new("bucket-a")})
	if err != nil || *got.ObjectWormConfiguration.Rule.DefaultRetention.Days != 3 {
		t.Errorf("configuration %+v, %v", got, err)
	}
	_, err = c.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{Bucket: new("bucket-a"), VersioningConfiguration: &sdk.VersioningConfiguration{Status: sdk.VersionSuspended}})
	wantCode(t, err, "InvalidRequest")
	before := e.state(t)
	if err := e.Restore([]byte(before)); err != nil || e.state(t) != before {
		t.Errorf("the saved state is another one after Restore, %v", err)
	}
}

func TestObjectLegalHold_On_KeepsVersion(t *testing.T) {
	e, c := retentionRig(t, nil)
	name, key := new("bucket-a"), new("held")
	put, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: name, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	hold := func(status string) error {
		_, err := c.PutObjectLegalHold(t.Context(), &sdk.PutObjectLegalHoldRequest{Bucket: name, Key: key, LegalHold: &sdk.ObjectWormLegalHold{Status: new(status)}})
		return err
	}
	want := func(status string) {
		t.Helper()
		if got, err := c.GetObjectLegalHold(t.Context(), &sdk.GetObjectLegalHoldRequest{Bucket: name, Key: key}); err != nil || *got.LegalHold.Status != status {
			t.Errorf("hold: %+v, %v, want %s", got, err, status)
		}
	}
	remove := func() error {
		_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: name, Key: key, VersionId: put.VersionId})
		return err
	}
	want("OFF")
	wantCode(t, hold("MAYBE"), "MalformedXML")
	if err := hold("ON"); err != nil {
		t.Fatal(err)
	}
	state, err := e.Snapshot()
	if err != nil || e.Restore(state) != nil {
		t.Fatal("the state is not restored", err)
	}
	want("ON")
	wantCode(t, remove(), "FileImmutable")
	if err := hold("OFF"); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
}
