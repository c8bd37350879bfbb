package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// BenchmarkLastOperation polls instances of a running broker, the whole program
// with authentication, log and metrics, at 2,000 requests a second, whether or
// not it keeps up. The latency of what could not be sent in time, since all
// connections were waiting, counts from when it should have been. Longer, and
// more exact, with -benchtime=10s.
func BenchmarkLastOperation(b *testing.B) {
	for _, records := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(records, "-records"), func(b *testing.B) {
			dir := b.TempDir()
			fillStore(b, dir, records)
			logToNowhere(b)
			p := runBroker(b, nil, "--data-dir", dir)
			b.Run("2000-per-second", func(b *testing.B) { openLoad(b, p.listen, records) })
		})
	}
}

const perSecond = 2000

// openLoad sends b.N requests on some connections.
func openLoad(b *testing.B, address string, records int) {
	b.Helper()
	const connections = 32
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var workers sync.WaitGroup
	begin := time.Now().Add(10 * time.Millisecond)
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		workers.Go(func() {
			defer func() { _ = conn.Close() }()
			reader := bufio.NewReader(conn)
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				due := begin.Add(time.Duration(i) * time.Second / perSecond)
				if wait := time.Until(due); wait > 0 {
					<-time.After(wait)
					due = time.Now() // that a timer is late is not the broker's fault
				}
				if err := poll(conn, reader, int(i)*7919%records); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(due)
			}
		})
	}
	workers.Wait()
	spent := time.Since(begin)
	slices.Sort(took)
	quantile := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(quantile(0.5), "p50-ms")
	b.ReportMetric(quantile(0.99), "p99-ms")
	b.ReportMetric(float64(b.N)/spent.Seconds(), "req/s")
	b.ReportMetric(0, "ns/op") // the pace is given
}

func poll(conn net.Conn, reader *bufio.Reader, instance int) error {
	_, err := fmt.Fprintf(conn, "GET /v2/service_instances/%s/last_operation?operation=%s HTTP/1.1\r\nHost: broker\r\n"+
		"X-Broker-API-Version: 2.17\r\nAuthorization: Basic cGxhdGZvcm06c2VjcmV0\r\n\r\n", benchID(instance), benchOperation)
	if err != nil {
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
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), `"succeeded"`) {
		return fmt.Errorf("status %d, body %s", response.StatusCode, body)
	}
	return nil
}

const benchOperation = "0123456789abcdef-1"

func benchID(i int) string { return fmt.Sprintf("6f1c3b6e-0000-4000-8000-%012d", i) }

// fillStore stores settled instances of about the size that real ones have, 100 at
// once.
func fillStore(b *testing.B, dir string, records int) {
	b.Helper()
	st, _, err := openStore(b.Context(), &config{dataDir: dir}, nil)
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	op := store.Operation{
		ID: benchOperation, Kind: store.Provision, State: store.Succeeded, Started: now, Finished: now, Description: "The instance is ready.",
	}
	change := func(r *store.Record) error {
		secret := store.Seal([]byte(strings.Repeat("s", 400)))
		r.Incarnation, r.Created, r.Sequence, r.Provider, r.ServiceID = "0123456789abcdef", now, 1, "rds", "service"
		r.Goal, r.Settled, r.Usable, r.Secrets = store.Present, true, true, secret
		r.Want = &store.Spec{PlanID: "plan", Plan: json.RawMessage(`{"storage":20}`), Parameters: secret, Prepared: secret}
		r.Have = r.Want
		r.Facts = map[string]string{"id": "rm-1", "host": "rm-1.mysql.rds.aliyuncs.com", "port": "3306"}
		r.Operation, r.Results = &op, []store.Operation{op}
		for range 10 {
			r.History = append(r.History, store.Event{Time: now, Op: store.Provision, Step: "create", What: "done"})
		}
		return nil
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range 100 {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(records); i = next.Add(1) - 1 {
				if _, err := st.Update(b.Context(), store.Key{InstanceID: benchID(int(i))}, change); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
}

// logToNowhere leaves the log's own work in, but for the terminal's.
func logToNowhere(b *testing.B) {
	b.Helper()
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = nowhere
	b.Cleanup(func() {
		os.Stderr = stderr
		_ = nowhere.Close()
	})
}
