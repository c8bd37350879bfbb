package oss_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestFault_Effects_BeforeOrAfterOperation(t *testing.T) {
	for effect, want := range map[cloud.Effect]struct {
		code     string // of the answer; empty: the connection is dropped
		effected bool
	}{
		cloud.FailBefore: {"QpsLimitExceeded", false},
		cloud.FailAfter:  {"QpsLimitExceeded", true},
		cloud.DropBefore: {"", false},
		cloud.DropAfter:  {"", true},
	} {
		t.Run(effect.String(), func(t *testing.T) {
			e := newEnvironment(t)
			e.faults.Add(cloud.Fault{Action: "oss:PutBucket", Effect: effect, Code: "QpsLimitExceeded", Times: 1})
			_, err := e.root().PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a")})
			var answer *sdk.ServiceError
			switch {
			case err == nil:
				t.Fatal("the call succeeded")
			case want.code != "":
				wantCode(t, err, want.code)
			case errors.As(err, &answer):
				t.Errorf("answered %v, want no answer", answer)
			}
			if got := len(e.Buckets()) == 1; got != want.effected {
				t.Errorf("effected: %v, want %v", got, want.effected)
			}
			calls := e.journal.Calls("oss:PutBucket")
			if len(calls) != 1 || calls[0].Effected != want.effected || calls[0].Code != want.code || (calls[0].Status == 0) != (want.code == "") {
				t.Errorf("journal: %+v", calls)
			}
			mustPutBucket(t, e.root(), "bucket-a") // the fault is used up
		})
	}
}

func TestFault_Hang_EndsWithItsClient(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	e.faults.Add(cloud.Fault{Action: "oss:DeleteBucket", Effect: cloud.Hang, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.arrived = cancel
	if _, err := e.root().DeleteBucket(ctx, &sdk.DeleteBucketRequest{Bucket: new("bucket-a")}); err == nil {
		t.Error("the call succeeded")
	}
	e.close() // returns when the call has ended
	if len(e.Buckets()) != 1 {
		t.Error("the bucket is gone")
	}
	if calls := e.journal.Calls("oss:DeleteBucket"); len(calls) != 1 || calls[0].Effected || calls[0].Status != 0 {
		t.Errorf("journal: %+v", calls)
	}
}

func TestJournal_Call_HasCallerWithoutSignature(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "v")
	presigned, err := c.Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	fetch(t, presigned.URL)
	_, _ = get(t.Context(), c, "bucket-a", "none")
	var got []cloud.Call
	for _, call := range e.journal.Calls("") {
		if call.Params["x-oss-signature"] != "" && call.Params["x-oss-signature"] != "***" {
			t.Errorf("a signature in the journal: %v", call.Params)
		}
		got = append(got, cloud.Call{Product: call.Product, Action: call.Action, AccessKeyID: call.AccessKeyID, Status: call.Status, Code: call.Code,
			Effected: call.Effected, Params: map[string]string{"bucket": call.Params["bucket"], "key": call.Params["key"]}})
	}
	want := []cloud.Call{
		{Product: "Oss", Action: "oss:PutBucket", AccessKeyID: keyID, Status: 200, Effected: true, Params: map[string]string{"bucket": "bucket-a", "key": ""}},
		{Product: "Oss", Action: "oss:PutObject", AccessKeyID: keyID, Status: 200, Effected: true, Params: map[string]string{"bucket": "bucket-a", "key": "k"}},
		{Product: "Oss", Action: "oss:GetObject", AccessKeyID: keyID, Status: 200, Effected: true, Params: map[string]string{"bucket": "bucket-a", "key": "k"}},
		{Product: "Oss", Action: "oss:GetObject", AccessKeyID: keyID, Status: 404, Code: "NoSuchKey", Params: map[string]string{"bucket": "bucket-a", "key": "none"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("journal (-want, +got):\n%s", diff)
	}
}

func TestUnknownRequest_Answered501AndListed(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	_, err := c.GetBucketReplication(t.Context(), &sdk.GetBucketReplicationRequest{Bucket: new("bucket-a")})
	wantCode(t, err, "NotImplemented")
	_, err = c.CleanRestoredObject(t.Context(), &sdk.CleanRestoredObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	wantCode(t, err, "NotImplemented")
	_, err = c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k"), Callback: new("e30=")})
	wantCode(t, err, "NotImplemented")
	status, _ := e.do(t, "PUT", "/bucket-a?lifecycle", nil, `<LifecycleConfiguration><Rule><Status>Enabled</Status><Expiration><Days>1</Days></Expiration><Filter/></Rule></LifecycleConfiguration>`)
	if status != 501 {
		t.Errorf("a rule with a filter is answered %d, want 501", status)
	}
	want := []string{"GET bucket ?replication", "POST object ?cleanRestoredObject", "PUT bucket ?lifecycle with the element Rule.Filter", "PUT object with the header x-oss-callback"}
	if diff := cmp.Diff(want, e.Unknown()); diff != "" {
		t.Errorf("unknown (-want, +got):\n%s", diff)
	}
}

func TestFault_Slow_AnswersAfterDelay(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	e.faults.Add(cloud.Fault{Action: "oss:PutBucket", Effect: cloud.Slow, Delay: time.Millisecond, Times: 1})
	mustPutBucket(t, c, "bucket-a")
	if n := len(e.Buckets()); n != 1 {
		t.Errorf("%d buckets, want 1", n)
	}
}

func TestFault_TwiceAndHangAfter_KeepEffect(t *testing.T) {
	for effect, arrived := range map[cloud.Effect]int{cloud.Twice: 2, cloud.HangAfter: 1} {
		t.Run(effect.String(), func(t *testing.T) {
			e := newEnvironment(t)
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			fault := cloud.Fault{Action: "oss:PutBucket", Effect: effect, Times: 1}
			if effect == cloud.HangAfter {
				fault.Struck = giveUp
			}
			e.faults.Add(fault)
			_, err := e.root().PutBucket(ctx, &sdk.PutBucketRequest{Bucket: new("bucket-a")})
			if answered := err == nil; answered != (effect == cloud.Twice) {
				t.Errorf("the call ended with %v", err)
			}
			if n := len(e.Buckets()); n != 1 {
				t.Errorf("%d buckets, want 1", n)
			}
			calls := e.journal.Calls("oss:PutBucket")
			if len(calls) != arrived || !calls[0].Effected || !calls[arrived-1].Effected {
				t.Errorf("journal: %+v", calls)
			}
		})
	}
}

func TestFault_Late_RunsAfterClientLeft(t *testing.T) {
	e := newEnvironment(t)
	done := make(chan struct{})
	e.faults.Add(cloud.Fault{Action: "oss:PutBucket", Effect: cloud.Late, Times: 1, Struck: func() { close(done) }})
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		for len(e.faults.Rules()) > 0 { // until the call has arrived
			runtime.Gosched()
		}
		giveUp()
	}()
	if _, err := e.root().PutBucket(ctx, &sdk.PutBucketRequest{Bucket: new("bucket-a")}); err == nil {
		t.Error("the call was answered")
	}
	if n := len(e.Buckets()); n != 0 {
		t.Errorf("%d buckets before the release", n)
	}
	for held := true; held; {
		e.faults.Release()
		select {
		case <-done:
			held = false
		default:
			runtime.Gosched()
		}
	}
	if n := len(e.Buckets()); n != 1 {
		t.Errorf("%d buckets after the release, want 1", n)
	}
}
