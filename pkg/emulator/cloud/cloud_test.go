package cloud_test

import (
	"context"
	"crypto/tls"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestClock_Frozen_MovesByAdvanceOnly(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := cloud.NewFrozenClock(start)
	if got := clock.Now(); !got.Equal(start) {
		t.Errorf("Now() = %v, want %v", got, start)
	}
	clock.Advance(time.Hour)
	clock.Advance(-time.Minute)
	if got, want := clock.Now(), start.Add(59*time.Minute); !got.Equal(want) {
		t.Errorf("Now() after Advance = %v, want %v", got, want)
	}
}

func TestClock_Advanced_FollowsRealTimePlusOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := cloud.NewClock()
		start := time.Now()
		clock.Advance(time.Hour)
		<-time.After(time.Minute) // the bubble's time, which is free
		if got, want := clock.Now(), start.Add(61*time.Minute); !got.Equal(want) {
			t.Errorf("Now() = %v, want %v", got, want)
		}
	})
}

func TestFaults_Take_InOrderUntilUsedUp(t *testing.T) {
	var faults cloud.Faults
	faults.Add(cloud.Fault{Action: "CreateDBInstance", Code: "First", Times: 2})
	faults.Add(cloud.Fault{Action: "*", Code: "Second", Times: 1})
	faults.Add(cloud.Fault{Action: "CreateDBInstance", Code: "Third"})
	var got []string
	for _, action := range []string{"CreateDBInstance", "DeleteDBInstance", "CreateDBInstance", "DeleteDBInstance", "CreateDBInstance", "CreateDBInstance"} {
		fault, _ := faults.Take(action)
		got = append(got, fault.Code)
	}
	if diff := cmp.Diff([]string{"First", "Second", "First", "", "Third", "Third"}, got); diff != "" {
		t.Errorf("codes taken (-want, +got):\n%s", diff)
	}
	faults.Clear()
	if fault, ok := faults.Take("CreateDBInstance"); ok {
		t.Errorf("Take after Clear = %+v, want none", fault)
	}
}

func TestFaults_Skip_PassesCallsFirst(t *testing.T) {
	var faults cloud.Faults
	struck := 0
	faults.Add(cloud.Fault{Action: "CreateDBInstance", Code: "First", Skip: 2, Times: 1, Struck: func() { struck++ }})
	faults.Add(cloud.Fault{Action: "*", Code: "Second", Skip: 3, Times: 1})
	var got []string
	for _, action := range []string{"CreateDBInstance", "DeleteDBInstance", "CreateDBInstance", "CreateDBInstance", "DeleteDBInstance", "CreateDBInstance"} {
		fault, _ := faults.Take(action)
		fault.Strike()
		got = append(got, fault.Code)
	}
	if diff := cmp.Diff([]string{"", "", "", "First", "Second", ""}, got); diff != "" {
		t.Errorf("codes taken (-want, +got):\n%s", diff)
	}
	if struck != 1 {
		t.Errorf("struck %d times, want once", struck)
	}
}

func TestHold_ReleaseOrContextEnd_Returns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var faults cloud.Faults
		var held atomic.Int32
		for range 3 {
			go func() { faults.Hold(context.Background()); held.Add(1) }()
			synctest.Wait()
		}
		if held.Load() != 0 {
			t.Fatalf("%d calls went on before Release", held.Load())
		}
		faults.Release()
		synctest.Wait()
		if held.Load() != 3 {
			t.Errorf("%d of 3 calls went on after Release", held.Load())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		faults.Hold(ctx) // ends with the context; a deadlock fails the bubble
	})
}

func TestEffect_Name_Parses(t *testing.T) {
	for e := cloud.FailBefore; e <= cloud.Late; e++ {
		if got, ok := cloud.ParseEffect(e.String()); !ok || got != e {
			t.Errorf("ParseEffect(%q) = %v, %v", e.String(), got, ok)
		}
	}
	if _, ok := cloud.ParseEffect("unknown"); ok {
		t.Error(`ParseEffect("unknown") found an effect`)
	}
}

func TestJournal_Record_MasksSecretsAndKeepsLastCalls(t *testing.T) {
	var journal cloud.Journal
	params := map[string]string{"AccountPassword": "p", "SecurityToken": "t", "Signature": "s", "AccessKeySecret": "k", "ClientToken": "c", "SignatureNonce": "n", "password": "q", "ServerKey": "private", "EncryptionKey": "an id"}
	journal.Record(cloud.Call{Action: "A", Params: params})
	want := map[string]string{"AccountPassword": "***", "SecurityToken": "***", "Signature": "***", "AccessKeySecret": "***", "ClientToken": "c", "SignatureNonce": "n", "password": "***", "ServerKey": "***", "EncryptionKey": "an id"}
	if diff := cmp.Diff(want, journal.Calls("A")[0].Params); diff != "" {
		t.Errorf("recorded params (-want, +got):\n%s", diff)
	}
	if params["AccountPassword"] != "p" {
		t.Error("Record changed its caller's map")
	}
	for i := range 10_001 {
		journal.Record(cloud.Call{Action: "B", Code: strconv.Itoa(i)})
	}
	calls := journal.Calls("")
	if len(calls) != 10_000 || calls[0].Code != "1" || calls[9_999].Code != "10000" {
		t.Errorf("the journal holds %d calls, from %q to %q; want the last 10000", len(calls), calls[0].Code, calls[len(calls)-1].Code)
	}
	if got := journal.Calls("A"); got != nil {
		t.Errorf("Calls(A) = %v, want none: it is older than the last 10000", got)
	}
}

func TestKeyring_Key_FirstKnownWins(t *testing.T) {
	ring := cloud.Keyring{keys{"a": {Secret: "1"}}, keys{"a": {Secret: "2"}, "b": {Secret: "3"}}}
	for id, want := range map[string]string{"a": "1", "b": "3"} {
		if key, ok := ring.Key(id); !ok || key.Secret != want {
			t.Errorf("Key(%q) = %+v, %v, want the secret %q", id, key, ok, want)
		}
	}
	if _, ok := ring.Key("c"); ok {
		t.Error(`Key("c") was found`)
	}
}

func TestNewRequestID_Form_UpperCaseUUID(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$`)
	a, b := cloud.NewRequestID(), cloud.NewRequestID()
	if !shape.MatchString(a) || a == b {
		t.Errorf("NewRequestID() = %q, then %q", a, b)
	}
}

type keys map[string]cloud.Key

func (k keys) Key(id string) (cloud.Key, bool) { key, ok := k[id]; return key, ok }

func TestClock_FreezeSetResume_KeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := cloud.NewClock()
		clock.Advance(time.Hour)
		clock.Freeze()
		stood := clock.Now()
		if <-time.After(time.Minute); !clock.Frozen() || !clock.Now().Equal(stood) {
			t.Errorf("a frozen clock went from %v to %v", stood, clock.Now())
		}
		clock.Resume()
		if <-time.After(time.Minute); clock.Frozen() || clock.Now().Sub(stood) != time.Minute {
			t.Errorf("a minute after it was resumed the clock has gone on by %v", clock.Now().Sub(stood))
		}
		at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		clock.Set(at)
		if <-time.After(time.Second); clock.Now().Sub(at) != time.Second {
			t.Errorf("a second after it was set the clock is at %v", clock.Now())
		}
		clock.Freeze()
		if clock.Set(at); !clock.Now().Equal(at) {
			t.Errorf("a frozen clock that was set is at %v", clock.Now())
		}
	})
}

func TestFaults_Pattern_MatchesActionAndProduct(t *testing.T) {
	for pattern, fits := range map[string][3]bool{
		"*": {true, true, true}, "rds:*": {true, false, false}, "oss:*": {false, true, false}, "CreateDBInstance": {true, false, true},
		"rds:CreateDBInstance": {true, false, false}, "oss:PutObject": {false, true, false}, "ram:CreateDBInstance": {},
	} {
		for i, action := range []string{"rds:CreateDBInstance", "oss:PutObject", "CreateDBInstance"} {
			var faults cloud.Faults
			faults.Add(cloud.Fault{Action: pattern})
			if _, got := faults.Take(action); got != fits[i] {
				t.Errorf("%s fits %s: %v", pattern, action, got)
			}
		}
	}
}

func TestLimit_CallsPerSecond_RefusesTheRest(t *testing.T) {
	clock := cloud.NewFrozenClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	var faults cloud.Faults
	faults.Limit(clock, cloud.Limit{Action: "rds:*", PerSecond: 2})
	faults.Limit(clock, cloud.Limit{Action: "CreateDBInstance", PerSecond: 0.5, Code: "Throttling.Api"})
	take := func(action string) string { fault, _ := faults.Take(action); return fault.Code }
	steps := []struct {
		advance time.Duration
		action  string
		want    string
	}{
		{0, "rds:CreateDBInstance", ""}, {0, "rds:CreateDBInstance", "Throttling.Api"}, {0, "rds:DescribeRegions", ""},
		{0, "rds:DescribeRegions", "Throttling.User"}, {0, "ram:GetUser", ""}, {500 * time.Millisecond, "rds:DescribeRegions", ""},
		{0, "rds:DescribeRegions", "Throttling.User"}, {time.Hour, "rds:CreateDBInstance", ""}, {0, "rds:CreateDBInstance", "Throttling.Api"},
		{0, "rds:DescribeRegions", ""}, {0, "rds:DescribeRegions", "Throttling.User"},
	}
	for i, s := range steps {
		clock.Advance(s.advance)
		if got := take(s.action); got != s.want {
			t.Errorf("step %d: %s = %q, want %q", i, s.action, got, s.want)
		}
	}
	if got := faults.Limits(); len(got) != 2 || got[0].Code != "Throttling.User" {
		t.Errorf("limits %+v", got)
	}
	if faults.Clear(); take("rds:DescribeRegions") != "" {
		t.Error("a limit is in force after Clear")
	}
}

func TestOriginOf_Request_IgnoresForwardedHeader(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr, r.TLS = "[::ffff:10.1.2.3]:443", &tls.ConnectionState{}
	r.Header.Set("X-Forwarded-For", "8.8.8.8")
	if got := cloud.OriginOf(r); got.SourceIP.String() != "10.1.2.3" || !got.Secure {
		t.Errorf("circumstances %+v", got)
	}
}
