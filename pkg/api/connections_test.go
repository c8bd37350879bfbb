package api

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// A port is a served handler under a bound, with connections in memory.
type port struct {
	t           *testing.T
	listener    *pipes
	connections *Connections
	metrics     *prometheus.Registry
}

func bounded(t *testing.T, most int) *port {
	t.Helper()
	return boundedWith(t, most, Config{Tokens: []Token{token}})
}

func boundedWith(t *testing.T, most int, config Config) *port {
	t.Helper()
	config.Broker, config.Log = &script{}, func(bool, string) {}
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	p := &port{t: t, listener: &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}, metrics: prometheus.NewRegistry()}
	if p.connections, err = NewConnections("platforms", most, p.metrics); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, p.listener, h, ServerConfig{Drain: Drain{Time: time.Second}, Connections: p.connections})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	return p
}

// A caller is a client's end of a connection.
type caller struct {
	t *testing.T
	net.Conn

	reader *bufio.Reader
}

// open connects; it fails the test if Accept is blocked.
func (p *port) open() *caller {
	p.t.Helper()
	ours, theirs := net.Pipe()
	p.listener.accepted <- theirs
	synctest.Wait()
	p.t.Cleanup(func() { _ = ours.Close() })
	return &caller{t: p.t, Conn: ours, reader: bufio.NewReader(ours)}
}

// get sends a request with these headers, and returns the status; 0 where the
// connection is closed.
func (c *caller) get(headers string) int {
	c.t.Helper()
	send(c.Conn, "GET "+instancePath+" HTTP/1.1\r\nHost: x\r\n"+headers+"\r\n")
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	synctest.Wait() // the server reaches its next read
	return response.StatusCode
}

// isOpen reports whether the server has left the connection open.
func (c *caller) isOpen() bool {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Nanosecond))
	_, err := c.reader.Peek(1)
	_ = c.SetReadDeadline(time.Time{})
	return errors.Is(err, os.ErrDeadlineExceeded)
}

const withToken = "Authorization: Bearer " + token + "\r\nX-Broker-API-Version: 2.17\r\n"

func (p *port) wantClosed(reason string, count float64) {
	p.t.Helper()
	if got := p.closed(reason); got != count {
		p.t.Errorf("%v connections are closed as %s, want %v", got, reason, count)
	}
}

// closed returns the metric of the connections that were closed for a reason.
func (p *port) closed(reason string) (count float64) {
	p.t.Helper()
	families, err := p.metrics.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "reason" && label.GetValue() == reason {
					count += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return count
}

func TestConnections_AtTheBound_OldestUnknownIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded(t, 3)
		known, older, newer := p.open(), p.open(), p.open()
		if status := known.get(withToken); status != http.StatusOK {
			t.Fatalf("status %d with a good token", status)
		}
		last := p.open()
		if !known.isOpen() || older.isOpen() || !newer.isOpen() || !last.isOpen() {
			t.Errorf("open: %t %t %t %t, want all but the second", known.isOpen(), older.isOpen(), newer.isOpen(), last.isOpen())
		}
		if status := last.get(withToken); status != http.StatusOK {
			t.Errorf("status %d on the newest connection", status)
		}
		if status := known.get(withToken); status != http.StatusOK {
			t.Errorf("status %d on the connection that has authenticated", status)
		}
		p.wantClosed(closedOldest, 1)
	})
}

func TestConnections_AllAuthenticated_NewestIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded(t, 2)
		first, second := p.open(), p.open()
		first.get(withToken)
		second.get(withToken)
		if p.open().isOpen() || !first.isOpen() || !second.isOpen() {
			t.Error("a third connection is open, or took a place of the two that have authenticated")
		}
		p.wantClosed(closedNewest, 1)
		_ = first.Close()
		synctest.Wait()
		if status := p.open().get(withToken); status != http.StatusOK {
			t.Errorf("status %d once there is a place again", status)
		}
	})
}

func TestConnections_Answered_GoBeforeFreshOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded(t, 4)
		fresh, refused, guessing := p.open(), p.open(), p.open()
		if status := refused.get(""); status != http.StatusUnauthorized {
			t.Fatalf("status %d without credentials", status)
		}
		for range 2 * freeFailures { // until guesses are delayed
			guessing.get("Authorization: Bearer guess\r\n")
		}
		send(guessing.Conn, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess\r\n\r\n")
		synctest.Wait()
		p.open()
		p.open()
		if refused.isOpen() {
			t.Error("the connection that had its answer is open")
		}
		p.open()
		if _, err := guessing.reader.ReadByte(); err == nil {
			t.Error("the connection of the guess got an answer before its time")
		}
		if !fresh.isOpen() {
			t.Error("the connection without an answer was closed, though it is the oldest")
		}
	})
}

func TestConnections_LargeHeaders_OldestIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded(t, 1000)
		small := p.open()
		send(small.Conn, "GET "+instancePath+" HTTP/1.1\r\n")
		large := "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", maxHeader-8<<10)
		var all []*caller
		for range mostHeaders/len(large) + 2 {
			c := p.open()
			send(c.Conn, large)
			synctest.Wait()
			all = append(all, c)
		}
		if all[0].isOpen() || !all[len(all)-1].isOpen() {
			t.Error("the oldest large header is still held, or the newest is not")
		}
		send(small.Conn, "Host: x\r\n"+withToken+"\r\n")
		response, err := http.ReadResponse(small.reader, nil)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("a small request that began before all others: %v, %v", response, err)
		}
		if p.connections.headers > mostHeaders || p.closed(closedHeader) == 0 {
			t.Errorf("%d bytes of headers are held", p.connections.headers)
		}
	})
}

func TestConnections_AllClosed_LeaveNothingCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded(t, 5)
		for i := range 20 {
			c := p.open()
			if i%3 == 0 {
				c.get(withToken)
			}
			if i%4 == 0 {
				c.get("")
			}
			if i%2 == 0 {
				_ = c.Close()
			}
		}
		<-time.After(2 * idleTimeout) // what is open is idle
		synctest.Wait()
		c := p.connections
		if c.open != 0 || c.authenticated != 0 || c.headers != 0 || c.fresh.Len() != 0 || c.answered.Len() != 0 {
			t.Errorf("open %d, authenticated %d, %d bytes, fresh %d, answered %d; want none", c.open, c.authenticated, c.headers, c.fresh.Len(), c.answered.Len())
		}
	})
}

func TestServe_IdleConnection_EndsSoonWithoutLogin(t *testing.T) {
	osbtest.Proves(t, "HARD-02")
	for _, tc := range []struct {
		name, headers string
		first         bool // a request is sent
		longest       time.Duration
	}{
		{"silent", "", false, readHeaderTimeout},
		{"refused", "", true, idleBeforeLogin},
		{"authenticated", withToken, true, idleTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := bounded(t, 5).open()
			if tc.first {
				c.get(tc.headers)
			}
			begin := time.Now()
			_, _ = c.reader.ReadByte()
			if took := time.Since(begin); took != tc.longest {
				t.Errorf("%s: an idle connection ends after %v, want %v", tc.name, took, tc.longest)
			}
		})
	}
}

// Without authentication, as behind client certificates, every client may stay.
func TestServe_InsecureNoAuth_IdleConnectionStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := boundedWith(t, 5, Config{InsecureNoAuth: true}).open()
		if status := c.get("X-Broker-API-Version: 2.17\r\n"); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		begin := time.Now()
		_, _ = c.reader.ReadByte()
		if took := time.Since(begin); took != idleTimeout {
			t.Errorf("an idle connection ends after %v, want %v", took, idleTimeout)
		}
	})
}

// respond serves one raw request and returns the status of its answer.
func respond(t *testing.T, request string) int {
	t.Helper()
	status := 0
	synctest.Test(t, func(t *testing.T) {
		c := bounded(t, 5).open()
		send(c.Conn, request)
		if response, err := http.ReadResponse(c.reader, nil); err == nil {
			status = response.StatusCode
		}
	})
	return status
}

func TestServe_Header_IsBoundedInSizeAndLines(t *testing.T) {
	osbtest.Proves(t, "HARD-01")
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = fmt.Sprintf("%060d", i)
	}
	identity := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"username":"u","groups":["%s"]}`, strings.Join(groups, `","`)))
	lines := func(count int) string {
		var text strings.Builder
		for i := range count {
			fmt.Fprintf(&text, "X-%d:\r\n", i)
		}
		return text.String()
	}
	begin := "GET " + instancePath + " HTTP/1.1\r\nHost: x\r\n" + withToken
	for name, tc := range map[string]struct {
		request string
		status  int
	}{
		"identity of 200 groups": {begin + identityHeader + ": kubernetes " + identity + "\r\n\r\n", http.StatusOK},
		"100 lines":              {begin + lines(100) + "\r\n", http.StatusOK},
		"129 lines":              {begin + lines(maxHeaderLines) + "\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"unfinished lines":       {begin + lines(3*maxHeaderLines), http.StatusRequestHeaderFieldsTooLarge},
		"bare newlines":          {strings.ReplaceAll(begin+lines(3*maxHeaderLines), "\r", ""), http.StatusRequestHeaderFieldsTooLarge},
		"33 KiB":                 {begin + "X: " + strings.Repeat("x", 33<<10) + "\r\n\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"body of many lines": {
			"PUT " + instancePath + " HTTP/1.1\r\nHost: x\r\n" + withToken + "Content-Length: 1002\r\n\r\n{" + strings.Repeat("\n", 1000) + "}",
			http.StatusOK,
		},
	} {
		if got := respond(t, tc.request); got != tc.status {
			t.Errorf("%s: status %d, want %d", name, got, tc.status)
		}
	}
}

// A client may send the next request before the answer to the last: what net/http
// has read ahead of a body is a header to one side and none to the other.
func TestServe_PipelinedRequests_KeepTheirBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := bounded(t, 5).open()
		body := "{" + strings.Repeat("\n", 40_000) + "}"
		put := "PUT " + instancePath + " HTTP/1.1\r\nHost: x\r\n" + withToken + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
		send(c.Conn, strings.Repeat(put, 3))
		for i := range 3 {
			response, err := http.ReadResponse(c.reader, nil)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("request %d: %v, %v", i, response, err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
		}
	})
}

func TestServe_PlainRequestToTLS_IsTold(t *testing.T) {
	t.Parallel()
	var certificates Certificates
	newPair(t, 1).set(t, &certificates)
	conn, err := net.Dial("tcp", serveTLS(t, &certificates))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("%v, %v; want status 400", response, err)
	}
}

func TestNewConnections_NoPlace_IsRefused(t *testing.T) {
	t.Parallel()
	if _, err := NewConnections("platforms", 0, nil); err == nil {
		t.Error("NewConnections took a bound of 0")
	}
}
