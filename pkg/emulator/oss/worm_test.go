package oss_test

import (
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestBucketWorm_Locked_KeepsObjects(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "v")
	name := new("bucket-a")
	initiate := func(days int32) (string, error) {
		r, err := c.InitiateBucketWorm(t.Context(), &sdk.InitiateBucketWormRequest{Bucket: name, InitiateWormConfiguration: &sdk.InitiateWormConfiguration{RetentionPeriodInDays: new(days)}})
		if err != nil {
			return "", err
		}
		return *r.WormId, nil
	}
	abort := func() error {
		_, err := c.AbortBucketWorm(t.Context(), &sdk.AbortBucketWormRequest{Bucket: name})
		return err
	}
	complete := func(id string) error {
		_, err := c.CompleteBucketWorm(t.Context(), &sdk.CompleteBucketWormRequest{Bucket: name, WormId: new(id)})
		return err
	}
	extend := func(id string, days int32) error {
		_, err := c.ExtendBucketWorm(t.Context(), &sdk.ExtendBucketWormRequest{Bucket: name, WormId: new(id), ExtendWormConfiguration: &sdk.ExtendWormConfiguration{RetentionPeriodInDays: new(days)}})
		return err
	}
	want := func(id, state string, days int32) {
		t.Helper()
		r, err := c.GetBucketWorm(t.Context(), &sdk.GetBucketWormRequest{Bucket: name})
		if err != nil || *r.WormConfiguration.WormId != id || string(r.WormConfiguration.State) != state || *r.WormConfiguration.RetentionPeriodInDays != days || r.WormConfiguration.CreationDate == nil {
			t.Errorf("worm: %+v, %v, want %s %s %d", r, err, id, state, days)
		}
	}

	_, err := c.GetBucketWorm(t.Context(), &sdk.GetBucketWormRequest{Bucket: name})
	wantCode(t, err, "NoSuchWORMConfiguration")
	wantCode(t, abort(), "NoSuchWORMConfiguration")
	for _, days := range []int32{0, 25551} {
		_, err := initiate(days)
		wantCode(t, err, "InvalidArgument")
	}
	id, err := initiate(1)
	if err != nil {
		t.Fatal(err)
	}
	want(id, "InProgress", 1)
	wantCode(t, extend(id, 2), "InvalidWORMConfiguration")
	if err := abort(); err != nil {
		t.Error(err)
	}
	wantCode(t, complete(id), "NoSuchWORMConfiguration")
	if id, err = initiate(1); err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(25 * time.Hour)
	wantCode(t, complete(id), "NoSuchWORMConfiguration") // it was not locked in time
	mustPut(t, c, "bucket-a", "k", "v")
	if id, err = initiate(1); err != nil {
		t.Fatal(err)
	}
	wantCode(t, complete("other"), "NoSuchWORMConfiguration")
	if err := complete(id); err != nil {
		t.Fatal(err)
	}
	want(id, "Locked", 1)
	wantCode(t, abort(), "WORMConfigurationLocked")
	wantCode(t, complete(id), "WORMConfigurationLocked")
	_, err = initiate(2)
	wantCode(t, err, "WORMConfigurationLocked")
	if err := extend(id, 2); err != nil {
		t.Error(err)
	}
	wantCode(t, extend(id, 1), "InvalidWORMConfiguration")
	want(id, "Locked", 2)

	state, err := e.Snapshot()
	if err != nil || e.Restore(state) != nil {
		t.Fatal("the state is not restored", err)
	}
	want(id, "Locked", 2)
	_, err = put(t.Context(), c, "bucket-a", "k", "other")
	wantCode(t, err, "FileImmutable")
	_, err = c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: name, Key: new("k")})
	wantCode(t, err, "FileImmutable")
	_, err = c.DeleteMultipleObjects(t.Context(), &sdk.DeleteMultipleObjectsRequest{Bucket: name, Objects: []sdk.DeleteObject{{Key: new("k")}}})
	wantCode(t, err, "FileImmutable")
	e.clock.Advance(49 * time.Hour)
	if _, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: name, Key: new("k")}); err != nil {
		t.Error(err)
	}
}
