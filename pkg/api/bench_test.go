package api

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// BenchmarkCatalog reads a catalog of some 20 KB over loopback on two
// connections: from a bare net/http handler that writes the same bytes, and
// from ours with its authentication, version check, metrics and real log, whose
// lines go to /dev/null. The two alternate; ours/bare is the median of the
// ratios of their requests per second. The client's own work is in both.
func BenchmarkCatalog(b *testing.B) {
	catalog := osb.Catalog{}
	for i := range 2 {
		service := osb.Service{ID: fmt.Sprint("service-", i), Name: fmt.Sprint("service-", i), Description: "A service"}
		for j := range 4 {
			service.Plans = append(service.Plans, osb.Plan{
				ID: fmt.Sprint("plan-", i, j), Name: fmt.Sprint("plan-", j), Description: strings.Repeat("x", 2400),
			})
		}
		catalog.Services = append(catalog.Services, service)
	}
	body, err := encode(catalog)
	if err != nil {
		b.Fatal(err)
	}
	logToNull(b)
	s := &script{catalog: func(osb.CatalogRequest) osb.CatalogResponse {
		return osb.CatalogResponse{Body: body, ETag: `"0123456789abcdef"`, Modified: time.Now()}
	}}
	handler, err := New(Config{Broker: s, Users: []User{{userName, password}}, Metrics: prometheus.NewRegistry()})
	if err != nil {
		b.Fatal(err)
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	})
	oursAt, bareAt := serveBench(b, handler), serveBench(b, plain)
	const round = 200 // requests
	var ours, bare, ratios []float64
	for b.Loop() {
		tookBare, tookOurs := read(b, bareAt, round), read(b, oursAt, round)
		bare = append(bare, round*connections/tookBare.Seconds())
		ours = append(ours, round*connections/tookOurs.Seconds())
		ratios = append(ratios, tookBare.Seconds()/tookOurs.Seconds())
	}
	b.ReportMetric(median(ours), "ours-req/s")
	b.ReportMetric(median(bare), "bare-req/s")
	b.ReportMetric(median(ratios), "ours/bare")
	b.ReportMetric(0, "ns/op") // of 800 requests: no figure of interest
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkHandler measures the layers of a poll without network, store and log.
func BenchmarkHandler(b *testing.B) {
	s := &script{}
	h, err := New(Config{Broker: s, Users: []User{{userName, password}}, Log: func(bool, string) {}})
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"catalog": "/v2/catalog", "last operation": instancePath + "/last_operation?operation=o"} {
		b.Run(name, func(b *testing.B) {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
			if err != nil {
				b.Fatal(err)
			}
			r.SetBasicAuth(userName, password)
			r.Header.Set(versionHeader, "2.17")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&nowhere{header: http.Header{}}, r)
			}
		})
	}
}

// A nowhere drops an answer.
type nowhere struct{ header http.Header }

func (d *nowhere) Header() http.Header            { return d.header }
func (d *nowhere) WriteHeader(int)                {}
func (d *nowhere) Write(part []byte) (int, error) { return len(part), nil }

const connections = 2

// serveBench returns connections to a server of the handler.
func serveBench(b *testing.B, handler http.Handler) []net.Conn {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { _ = server.Close() })
	var conns []net.Conn
	for range connections {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, conn)
	}
	return conns
}

// read sends n requests on each connection, one after the other, and returns the
// time they took. It does as little work as a client can.
func read(b *testing.B, conns []net.Conn, n int) time.Duration {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://broker/v2/catalog", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.SetBasicAuth(userName, password)
	r.Header.Set(versionHeader, "2.17")
	var request strings.Builder
	if err := r.Write(&request); err != nil {
		b.Fatal(err)
	}
	begin, failed := time.Now(), make(chan error, len(conns))
	for _, conn := range conns {
		go func() {
			reader := bufio.NewReaderSize(conn, 64<<10)
			for range n {
				if err := exchangeOne(conn, reader, request.String()); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range conns {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin)
}

func exchangeOne(conn net.Conn, reader *bufio.Reader, request string) error {
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// logToNull keeps the work of the log and drops that of the terminal.
func logToNull(b *testing.B) {
	b.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = null
	b.Cleanup(func() {
		os.Stderr = stderr
		_ = null.Close()
	})
	if err := flag.Set("logtostderr", "true"); err != nil {
		b.Fatal(err)
	}
}
