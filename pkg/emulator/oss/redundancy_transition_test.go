package oss_test

import (
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestRedundancyTransition_Task_MakesTheBucketZRS(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	name := new("bucket-a")
	create := func(target string) (*string, error) {
		r, err := c.CreateBucketDataRedundancyTransition(t.Context(), &sdk.CreateBucketDataRedundancyTransitionRequest{Bucket: name, TargetRedundancyType: &target})
		if err != nil {
			return nil, err
		}
		return r.BucketDataRedundancyTransition.TaskId, nil
	}
	remove := func(id *string) error {
		_, err := c.DeleteBucketDataRedundancyTransition(t.Context(), &sdk.DeleteBucketDataRedundancyTransitionRequest{Bucket: name, RedundancyTransitionTaskid: id})
		return err
	}
	want := func(id *string, status, redundancy string) {
		t.Helper()
		r, err := c.GetBucketDataRedundancyTransition(t.Context(), &sdk.GetBucketDataRedundancyTransitionRequest{Bucket: name, RedundancyTransitionTaskid: id})
		info, infoErr := c.GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: name})
		if err != nil || infoErr != nil {
			t.Fatal(err, infoErr)
		}
		if *r.BucketDataRedundancyTransition.Status != status || *info.BucketInfo.DataRedundancyType != redundancy {
			t.Errorf("task %+v, bucket %s, want %s and %s", *r.BucketDataRedundancyTransition.Status, *info.BucketInfo.DataRedundancyType, status, redundancy)
		}
	}

	_, err := create("LRS")
	wantCode(t, err, "InvalidArgument")
	wantCode(t, remove(new("absent")), "BucketDataRedundancyTransitionTaskNotExist")
	id, err := create("ZRS")
	if err != nil {
		t.Fatal(err)
	}
	want(id, "Queueing", "LRS")
	_, err = create("ZRS")
	wantCode(t, err, "BucketDataRedundancyTransitionTaskStatusConflict")
	if err := remove(id); err != nil {
		t.Fatal(err)
	}
	if id, err = create("ZRS"); err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(time.Hour)
	want(id, "Processing", "LRS")
	wantCode(t, remove(id), "BucketDataRedundancyTransitionTaskStatusConflict")
	e.clock.Advance(24 * time.Hour)
	want(id, "Finished", "ZRS")
	_, err = create("ZRS")
	wantCode(t, err, "InvalidArgument")
	if err := remove(id); err != nil {
		t.Error(err)
	}
	list, err := c.ListBucketDataRedundancyTransition(t.Context(), &sdk.ListBucketDataRedundancyTransitionRequest{Bucket: name})
	if err != nil || len(list.ListBucketDataRedundancyTransition.BucketDataRedundancyTransitions) != 0 {
		t.Errorf("tasks left: %+v, %v", list, err)
	}
}
