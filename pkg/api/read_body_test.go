package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func fill(t *testing.T, b *bodies) {
	t.Helper()
	if !b.budget.TryAcquire(maxBodies) {
		t.Fatal("the budget is in use")
	}
}

// HARD-01.
func TestBodies_BudgetInUse_NextWaits(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-01")
	h := start(t, nil)
	fill(t, h.handler.bodies)
	answered := make(chan answer, 1)
	go func() { answered <- h.send(t, "PUT", instancePath, "{}") }()
	if got := h.send(t, "GET", instancePath, ""); got.status != http.StatusOK {
		t.Errorf("a request without a body: status %d", got.status)
	}
	select {
	case got := <-answered:
		t.Fatalf("answered with %d while the bodies of others fill the budget", got.status)
	default:
	}
	h.handler.bodies.budget.Release(maxBodies)
	if got := <-answered; got.status != http.StatusOK {
		t.Errorf("status %d after the others' end", got.status)
	}
}

func TestBodies_BudgetInUseForLong_Is503(t *testing.T) {
	t.Parallel()
	h := start(t, failing(errors.New("the broker was reached")))
	h.handler.bodies.patience = 0
	fill(t, h.handler.bodies)
	h.send(t, "PUT", instancePath, "{}").wantError(t, http.StatusServiceUnavailable)
	h.send(t, "DELETE", instancePath, "{}").wantError(t, http.StatusServiceUnavailable)
}

// A body counts with its size, one of unknown size with the most it may have, and
// each gives its share back, however it ends.
func TestBodies_EveryEnd_ReturnsTheShare(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	unknown := func(r *http.Request) { r.ContentLength = -1 }
	for range 3 {
		h.send(t, "PUT", instancePath, "{}", unknown)
		h.send(t, "PUT", instancePath, "{")
		h.send(t, "PUT", instancePath, `{"a":"`+strings.Repeat("x", largeBody)+`"}`)
		h.send(t, "PUT", instancePath, strings.Repeat("x", maxBody+1), unknown)
	}
	fill(t, h.handler.bodies)
}

// Patience ends by the clock, and with the request.
func TestBodies_Patience_EndsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBodies()
		fill(t, b)
		read := func(ctx context.Context) time.Duration {
			start := time.Now()
			r, err := http.NewRequestWithContext(ctx, "PUT", "/", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if err := b.read(r, func([]byte) error { return nil }); err == nil {
				t.Error("the body was read")
			}
			return time.Since(start)
		}
		if took := read(t.Context()); took != bodyPatience {
			t.Errorf("waited %v, want %v", took, bodyPatience)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took := read(short); took != time.Second {
			t.Errorf("waited %v for a request that ended after 1s", took)
		}
	})
}
