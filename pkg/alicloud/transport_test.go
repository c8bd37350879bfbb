package alicloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An overdue context is as it is in a process that was stopped and has just
// gone on: its time is over, and its timer has not fired yet.
type overdue struct{ context.Context } //nolint:containedctx // it is one

func (overdue) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

type recording struct{ sent int }

func (r *recording) RoundTrip(*http.Request) (*http.Response, error) {
	r.sent++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

type body struct {
	io.Reader

	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

func TestTransport_OverdueRequest_IsUnsent(t *testing.T) {
	next, content := &recording{}, &body{Reader: strings.NewReader("x")}
	req, err := http.NewRequestWithContext(overdue{t.Context()}, http.MethodPost, "https://rds.aliyuncs.com/", content)
	if err != nil {
		t.Fatal(err)
	}
	response, err := strictTransport{next}.RoundTrip(req)
	if err == nil {
		_ = response.Body.Close()
	}
	if _, unsent := errors.AsType[*notSentError](err); !unsent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want that it was not sent, since its time is over", err)
	}
	if next.sent > 0 || !content.closed {
		t.Errorf("sent %d times, body closed: %t", next.sent, content.closed)
	}
	if response, err = (strictTransport{next}).RoundTrip(req.WithContext(t.Context())); err != nil || next.sent != 1 {
		t.Fatalf("in time: %v, sent %d times", err, next.sent)
	}
	_ = response.Body.Close()
}
