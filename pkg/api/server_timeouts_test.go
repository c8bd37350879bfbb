package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// pipes is a listener of connections in memory, so that time-outs follow the
// clock of synctest.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// connect returns the client's end of a connection to a server, whose Broker runs
// do. The server ends with the test's bubble of synctest.
func connect(t *testing.T, do func(ctx context.Context)) net.Conn {
	t.Helper()
	s := &script{}
	h, err := New(Config{Broker: s, Tokens: []Token{token}, Log: func(bool, string) {}})
	if err != nil {
		t.Fatal(err)
	}
	l := &pipes{accepted: make(chan net.Conn, 1), closed: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	requests := make(chan context.Context, 1)
	s.do = func(string, any) (any, error) {
		do(<-requests) // its body has been read
		return nil, nil
	}
	go func() {
		served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests <- r.Context()
			h.ServeHTTP(w, r)
		}), ServerConfig{Drain: Drain{Time: time.Second}})
	}()
	ours, theirs := net.Pipe()
	l.accepted <- theirs
	t.Cleanup(func() {
		_ = ours.Close()
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	return ours
}

const aPut = "PUT " + instancePath + " HTTP/1.1\r\n" + good + "Content-Length: 2\r\n\r\n"

// send writes without waiting for a reader.
func send(conn net.Conn, text string) {
	go func() { _, _ = io.WriteString(conn, text) }()
}

func TestServe_SlowClient_IsDropped(t *testing.T) {
	osbtest.Proves(t, "HARD-02")
	synctest.Test(t, func(t *testing.T) {
		conn := connect(t, func(context.Context) {})
		send(conn, "PUT /v2/service_instances")
		begin := time.Now()
		_, err := io.ReadAll(conn)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Fatal(err)
		}
		if took := time.Since(begin); took == 0 || took > readHeaderTimeout {
			t.Errorf("half a header held the connection for %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		conn := connect(t, func(context.Context) {})
		send(conn, strings.Replace(aPut, "Length: 2", "Length: 3", 1)+"{}")
		begin := time.Now()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); response.StatusCode != http.StatusBadRequest || took == 0 || took > readTimeout {
			t.Errorf("status %d after %v for half a body", response.StatusCode, took)
		}
	})
}

// A request waits for its operation for up to 50 s, longer than the time limit of
// a body.
func TestServe_LongWait_IsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := connect(t, func(ctx context.Context) {
			select {
			case <-time.After(55 * time.Second):
			case <-ctx.Done():
				t.Errorf("cancelled: %v", context.Cause(ctx))
			}
		})
		send(conn, aPut+"{}")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusOK {
			t.Errorf("status %d", response.StatusCode)
		}
	})
}
