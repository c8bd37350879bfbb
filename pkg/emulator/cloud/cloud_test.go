package cloud_test

import (
	"context"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestFrozenClockMovesOnlyByAdvance(t *testing.T) {
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

func TestClockFollowsRealTimePlusItsOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := cloud.NewClock()
		start := time.Now()
		clock.Advance(time.Hour)
		<-time.After(time.Minute) // the bubble's time, which costs nothing
		if got, want := clock.Now(), start.Add(61*time.Minute); !got.Equal(want) {
			t.Errorf("Now() = %v, want %v", got, want)
		}
	})
}

func TestFaultsAreTakenInOrderAndUsedUp(t *testing.T) {
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

func TestHoldEndsByReleaseOrByItsContext(t *testing.T) {
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

func TestEffectsHaveNamesThatParse(t *testing.T) {
	for e := cloud.FailBefore; e <= cloud.Hang; e++ {
		if got, ok := cloud.ParseEffect(e.String()); !ok || got != e {
			t.Errorf("ParseEffect(%q) = %v, %v", e.String(), got, ok)
		}
	}
	if _, ok := cloud.ParseEffect("unknown"); ok {
		t.Error(`ParseEffect("unknown") found an effect`)
	}
}

func TestJournalMasksSecretsAndKeepsTheLastCalls(t *testing.T) {
	var journal cloud.Journal
	params := map[string]string{"AccountPassword": "p", "SecurityToken": "t", "Signature": "s", "AccessKeySecret": "k", "ClientToken": "c", "SignatureNonce": "n", "password": "q"}
	journal.Record(cloud.Call{Action: "A", Params: params})
	want := map[string]string{"AccountPassword": "***", "SecurityToken": "***", "Signature": "***", "AccessKeySecret": "***", "ClientToken": "c", "SignatureNonce": "n", "password": "***"}
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

func TestKeyringAsksInTurn(t *testing.T) {
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

func TestRequestIDsAreUpperCaseUUIDs(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$`)
	a, b := cloud.NewRequestID(), cloud.NewRequestID()
	if !shape.MatchString(a) || a == b {
		t.Errorf("NewRequestID() = %q, then %q", a, b)
	}
}

type keys map[string]cloud.Key

func (k keys) Key(id string) (cloud.Key, bool) { key, ok := k[id]; return key, ok }
