package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// openLoad sends n requests at a fixed pace on 32 connections and returns their
// latencies in ascending order. A request that waits for a connection counts from
// its due time.
func openLoad(b *testing.B, address string, n, perSecond int, request func(i int) string, want string) []time.Duration {
	b.Helper()
	took := make([]time.Duration, n)
	begin := time.Now().Add(10 * time.Millisecond)
	onConnections(b, address, 32, n, func(conn net.Conn, reader *bufio.Reader, i int) error {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		if wait := time.Until(due); wait > 0 {
			<-time.After(wait)
			due = time.Now() // a late timer is the client's fault
		}
		err := exchange(conn, reader, request(i), want)
		took[i] = time.Since(due)
		return err
	})
	slices.Sort(took)
	return took
}

// A cost is the wall time and the processor time of a load. The processor time
// covers client and server, and depends less on other work of the machine.
type cost struct{ time, work time.Duration }

// closedLoad sends n requests on two connections, each request after the answer
// to the one before.
func closedLoad(b *testing.B, address string, n int, request func(i int) string, want string) cost {
	b.Helper()
	begin, before := time.Now(), processorTime(b)
	onConnections(b, address, 2, n, func(conn net.Conn, reader *bufio.Reader, i int) error {
		return exchange(conn, reader, request(i), want)
	})
	return cost{time.Since(begin), processorTime(b) - before}
}

// processorTime returns the user time of this process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// onConnections calls do n times, spread over several connections.
func onConnections(b *testing.B, address string, connections, n int, do func(conn net.Conn, reader *bufio.Reader, i int) error) {
	b.Helper()
	var next atomic.Int64
	var workers sync.WaitGroup
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		workers.Go(func() {
			defer func() { _ = conn.Close() }()
			reader := bufio.NewReader(conn)
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := do(conn, reader, int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
}

// getInstance returns a raw GET request for a path below an instance.
func getInstance(i int, path string) string {
	return fmt.Sprintf("GET /v2/service_instances/%s%s HTTP/1.1\r\nHost: broker\r\n"+
		"X-Broker-API-Version: 2.17\r\nAuthorization: Basic cGxhdGZvcm06c2VjcmV0\r\n\r\n", benchID(i), path)
}

// exchange sends a request and checks that the answer is a 200 with the wanted text.
func exchange(conn net.Conn, reader *bufio.Reader, request, want string) error {
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
		return fmt.Errorf("status %d, body %s", response.StatusCode, body)
	}
	return nil
}

// milliseconds returns a quantile of sorted latencies.
func milliseconds(took []time.Duration, quantile float64) float64 {
	return took[int(quantile*float64(len(took)-1))].Seconds() * 1000
}
