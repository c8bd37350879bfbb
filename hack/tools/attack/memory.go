package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The bars of memory before a password.
const (
	mostMemory   = 128             // MB
	attackTime   = 5 * time.Second // after the last connection is open
	probeEvery   = 100 * time.Millisecond
	reconnecting = time.Second // before a closed connection is replaced
	perSecond    = 2000        // new connections
	perSecondTLS = 250
)

// A door is a port of the broker.
type door struct {
	name   string
	tls    bool
	ops    bool
	secure bool
}

// attackMemory sends large unfinished headers and holds idle connections, on each
// port and over TLS, and measures memory, probes and a platform meanwhile.
func attackMemory(ctx context.Context, l *lab) error {
	tiny, long := tinyHeader(60<<10), longLines(28<<10)
	for _, d := range []door{{name: "platforms"}, {name: "platforms TLS", tls: true, secure: true}, {name: "operators", ops: true}} {
		for _, c := range []struct {
			name  string
			count int
			hold  func(ctx context.Context, conn net.Conn)
		}{
			{"250 headers of 60 KiB", 250, unfinished(tiny)},
			{"1,000 headers of 60 KiB", 1000, unfinished(tiny)},
			{"1,000 headers of 28 KiB, 100 lines", 1000, unfinished(long)},
			{"1,000 guesses with such headers", 1000, unfinished(long + "Content-Length: 9\r\nAuthorization: Basic eDp5\r\n\r\n")},
			{"10,000 idle keep-alive", 10_000, keepAlive},
		} {
			if !l.isChosen(d.name + ", " + c.name) {
				continue
			}
			if err := l.memoryCase(ctx, d, d.name+", "+c.name, c.count, c.hold); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lab) memoryCase(ctx context.Context, d door, name string, count int, hold func(context.Context, net.Conn)) error {
	s, err := l.start(ctx, setup{tls: d.tls})
	if err != nil {
		return err
	}
	defer s.close()
	address := s.platforms
	if d.ops {
		address = s.ops
	}
	rate := perSecond
	if d.tls {
		rate = perSecondTLS
	}
	opening := time.Second * time.Duration(count) / time.Duration(rate)
	attack, end := context.WithTimeout(ctx, opening+attackTime)
	defer end()
	client := fresh("")
	get := func(url string, change func(*http.Request)) func() (int, error) {
		return func() (int, error) {
			found, _, err := send(attack, client, http.MethodGet, url, nil, change)
			return found, err
		}
	}
	wait := probe(attack, probeEvery, map[string]func() (int, error){
		"healthz":  get("http://"+s.ops+"/healthz", nil),
		"readyz":   get("http://"+s.ops+"/readyz", nil),
		"platform": get(s.scheme+"://"+s.platforms+"/v2/catalog", asPlatform),
	})
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			pause(attack, opening*time.Duration(i)/time.Duration(count))
			for attack.Err() == nil {
				if conn, err := s.dial(attack, address, d.secure); err == nil {
					hold(attack, conn)
					_ = conn.Close()
				}
				pause(attack, max(reconnecting, opening))
			}
		})
	}
	all.Wait()
	found := wait()
	l.atMost(name+": memory", s.peak(), mostMemory, "MB")
	for _, kind := range []string{"healthz", "readyz", "platform"} {
		sent, failed := len(found.took[kind]), found.failed[kind]
		answered := fmt.Sprintf("%d of %d, slowest %.0f ms", sent-failed, sent, found.quantile(kind, 1))
		if failed > 0 {
			answered += "; " + found.first[kind]
		}
		l.holds(name+": "+kind+" answered", answered, failed == 0 && sent > 0)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// unfinished sends a header without its end, or a whole request, and holds the
// connection until the server closes it.
func unfinished(header string) func(context.Context, net.Conn) {
	return func(ctx context.Context, conn net.Conn) {
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		if _, err := io.WriteString(conn, header); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	}
}

// keepAlive sends one request and leaves the connection idle.
func keepAlive(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	reader := bufio.NewReaderSize(conn, 512)
	if _, err := answerOn(conn, reader, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", attackTime); err == nil {
		_ = conn.SetDeadline(time.Time{})
		_, _ = reader.ReadByte() // until the server closes it
	}
	<-ctx.Done()
}

// tinyHeader is the begin of a request with as many different headers as fit.
func tinyHeader(size int) string {
	var text strings.Builder
	text.WriteString("GET /v2/catalog HTTP/1.1\r\nHost: x\r\n")
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, "%x:\r\n", i)
	}
	return text.String()
}

// longLines is the begin of a request with a hundred long headers.
func longLines(size int) string {
	const lines = 100
	var text strings.Builder
	text.WriteString("GET /v2/catalog HTTP/1.1\r\nHost: x\r\n")
	for i := range lines {
		fmt.Fprintf(&text, "X-%d: %s\r\n", i, strings.Repeat("v", size/lines-8))
	}
	return text.String()
}
