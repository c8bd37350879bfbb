package rpc

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestFault_FailEffects_AnswerTheirCode(t *testing.T) {
	cases := map[string]struct {
		fault  cloud.Fault
		status int
		code   string
		done   int
	}{
		"throttled":           {cloud.Fault{Action: "Say", Code: "Throttling.User"}, 400, "Throttling.User", 0},
		"any action":          {cloud.Fault{Action: "*", Code: "InternalError"}, 500, "InternalError", 0},
		"no code":             {cloud.Fault{Action: "Say"}, 503, "ServiceUnavailable", 0},
		"status of its own":   {cloud.Fault{Action: "Say", Code: "Throttling", Status: 429}, 429, "Throttling", 0},
		"after the effect":    {cloud.Fault{Action: "Say", Effect: cloud.FailAfter, Code: "InternalError"}, 500, "InternalError", 1},
		"of another action":   {cloud.Fault{Action: "Nothing", Code: "InternalError"}, 200, "", 1},
		"nothing known of it": {cloud.Fault{Action: "Say", Code: "InvalidThing.NotFound"}, 404, "InvalidThing.NotFound", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.faults.Add(tc.fault)
			b.want(b.get(b.params()), tc.status, tc.code)
			if b.done != tc.done {
				t.Errorf("the action was done %d times, want %d", b.done, tc.done)
			}
			if call := b.journal.Calls("Say")[0]; call.Effected != (tc.done == 1) {
				t.Errorf("the journal has effected=%v", call.Effected)
			}
		})
	}
}

func TestFault_FailAfter_KeepsActionsOwnError(t *testing.T) {
	b := newBench(t)
	b.faults.Add(cloud.Fault{Action: "Say", Effect: cloud.FailAfter, Code: "InternalError"})
	b.want(b.get(b.params("What", "-")), 400, "MissingWhat")
}

func TestFault_DropEffects_CloseConnection(t *testing.T) {
	for effect, done := range map[cloud.Effect]int{cloud.DropBefore: 0, cloud.DropAfter: 1} {
		t.Run(effect.String(), func(t *testing.T) {
			b := newBench(t)
			b.faults.Add(cloud.Fault{Action: "Say", Effect: effect, Times: 1})
			v := b.params()
			v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
			if response, err := http.Get(b.url + "/?" + v.Encode()); err == nil {
				_ = response.Body.Close()
				t.Errorf("the call was answered %s", response.Status)
			}
			if calls := b.journal.Calls("Say"); b.done != done || len(calls) != 1 || calls[0].Status != 0 || calls[0].Effected != (done == 1) {
				t.Errorf("done %d times, journal %+v", b.done, calls)
			}
			b.want(b.get(b.params()), 200, "")
		})
	}
}

func TestFault_Hang_HeldUntilClientLeaves(t *testing.T) {
	b := newBench(t)
	b.faults.Add(cloud.Fault{Action: "Say", Effect: cloud.Hang, Times: 1})
	v := b.params()
	v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/?"+v.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		ended <- err
	}()
	for len(b.journal.Calls("Say")) == 0 { // the call arrives, and is held
		select {
		case err := <-ended:
			t.Fatalf("the call ended with %v", err)
		default:
		}
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("the hanging call was answered")
	}
	if b.done != 0 {
		t.Error("the hanging call had an effect")
	}
}

func TestFault_HangReleased_ClosesConnection(t *testing.T) {
	b := newBench(t)
	b.faults.Add(cloud.Fault{Action: "Say", Effect: cloud.Hang, Times: 1})
	v := b.params()
	v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
	ended := make(chan error)
	go func() {
		response, err := http.Get(b.url + "/?" + v.Encode())
		if err == nil {
			_ = response.Body.Close()
		}
		ended <- err
	}()
	for {
		b.faults.Release()
		select {
		case err := <-ended:
			if err == nil {
				t.Error("the released call was answered")
			}
			return
		default:
		}
	}
}

func TestFault_Slow_AnswersAfterDelay(t *testing.T) {
	b := newBench(t)
	b.faults.Add(cloud.Fault{Action: "echo:Say", Effect: cloud.Slow, Delay: time.Millisecond, Times: 1})
	b.want(b.get(b.params()), 200, "")
	if _, waits := b.faults.Take("echo:Say"); waits || b.done != 1 {
		t.Errorf("done %d times; the delay still waits: %v", b.done, waits)
	}
}

func TestLimit_CallsBeyondRate_Throttled(t *testing.T) {
	b := newBench(t)
	b.faults.Limit(b.clock, cloud.Limit{Action: "echo:*", PerSecond: 2})
	for _, want := range []string{"", "", "Throttling.User"} {
		if got := b.get(b.params()); got.Code != want {
			t.Errorf("answer %+v, want %q", got, want)
		}
	}
	b.clock.Advance(time.Second)
	b.want(b.get(b.params()), 200, "")
}

func TestFault_Twice_RunsActionTwice(t *testing.T) {
	b := newBench(t)
	b.faults.Add(cloud.Fault{Action: "Say", Effect: cloud.Twice, Times: 1})
	b.want(b.get(b.params()), 200, "")
	if calls := b.journal.Calls("Say"); b.done != 2 || len(calls) != 2 || !calls[0].Effected || !calls[1].Effected {
		t.Errorf("done %d times, journal %+v", b.done, calls)
	}
}

// unanswered sends a good call and expects a closed connection.
func (b *bench) unanswered(ctx context.Context) {
	b.Helper()
	v := b.params()
	v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/?"+v.Encode(), nil)
	if err != nil {
		b.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
		b.Errorf("the call was answered %s", response.Status)
	}
}

func TestFault_HangAfter_HoldsAnswerAfterEffect(t *testing.T) {
	b := newBench(t)
	ctx, giveUp := context.WithCancel(t.Context())
	b.faults.Add(cloud.Fault{Action: "Say", Effect: cloud.HangAfter, Times: 1, Struck: giveUp})
	b.unanswered(ctx)
	if calls := b.journal.Calls("Say"); b.done != 1 || len(calls) != 1 || calls[0].Status != 0 || !calls[0].Effected {
		t.Errorf("done %d times, journal %+v", b.done, calls)
	}
}

func TestFault_Late_RunsAfterClientLeft(t *testing.T) {
	b := newBench(t)
	done := make(chan struct{})
	b.faults.Add(cloud.Fault{Action: "Say", Effect: cloud.Late, Times: 1, Struck: func() { close(done) }})
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		for len(b.faults.Rules()) > 0 { // until the call has arrived
			runtime.Gosched()
		}
		giveUp()
	}()
	b.unanswered(ctx)
	if calls := b.journal.Calls("Say"); len(calls) != 0 {
		t.Errorf("before the release the journal has %+v", calls)
	}
	for held := true; held; {
		b.faults.Release()
		select {
		case <-done:
			held = false
		default:
			runtime.Gosched()
		}
	}
	if calls := b.journal.Calls("Say"); b.done != 1 || len(calls) != 1 || !calls[0].Effected {
		t.Errorf("done %d times, journal %+v", b.done, calls)
	}
}
