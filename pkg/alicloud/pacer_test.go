package alicloud

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestPacer_Throttled_HalvesAndRecovers(t *testing.T) {
	clock := newTestClock()
	p := newPacer(40, clock.now)
	pace := func(when string, want rate.Limit) {
		t.Helper()
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.limiter.Limit(); got != want {
			t.Errorf("%s: pace %v, want %v", when, got, want)
		}
	}
	pace("at first", 40)
	p.slowDown()
	pace("throttled", 20)
	p.slowDown()
	pace("throttled again at once, which is the same event", 20)
	clock.advance(2 * time.Second)
	p.slowDown()
	pace("throttled again later", 10)
	clock.advance(10 * time.Second)
	pace("after 10 s", 14)
	clock.advance(20 * time.Second)
	pace("after 20 s more", 22)
	clock.advance(time.Hour)
	pace("after an hour", 40)
	for range 20 {
		clock.advance(2 * time.Second)
		p.slowDown()
	}
	if got := p.limiter.Limit(); got < slowestPace {
		t.Errorf("pace %v is below the slowest", got)
	}
}

func TestPacer_Products_HaveTheirOwn(t *testing.T) {
	f := newFront(t, reply(400, `{"Code":"Throttling.User","Message":"m","RequestId":"1"}`))
	c := clientsOf(t, f, testKey())
	if err := createAccount(t, c); !errors.Is(err, providers.ErrThrottled) {
		t.Fatal(err)
	}
	if got := c.pacer("rds").limiter.Limit(); got != 5e5 {
		t.Errorf("pace of RDS = %v, want half", got)
	}
	if got := c.pacer("ram").limiter.Limit(); got != 1e6 {
		t.Errorf("pace of RAM = %v, want the full one", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Call(ctx, Op{Product: "Rds", Access: Write}, func(Key) error { t.Error("it was called"); return nil })
	if !errors.Is(err, context.Canceled) || errors.Is(err, providers.ErrOutcomeUnknown) {
		t.Errorf("err = %v", err)
	}
}
