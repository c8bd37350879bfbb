package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// BenchmarkCatalog reads a catalog of some 20 KB over loopback: from a bare
// net/http handler that writes the same bytes, and from ours with its
// authentication, version check, log line and metrics.
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
	s := &script{}
	ours, err := New(Config{
		Broker: s, Instances: s, Catalog: catalog,
		Users: []User{{userName, password}},
		Log:   func(_ bool, line string) { _, _ = io.WriteString(io.Discard, line) },
	})
	if err != nil {
		b.Fatal(err)
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	b.Run("bare", func(b *testing.B) { readCatalog(b, bare) })
	b.Run("ours", func(b *testing.B) { readCatalog(b, ours) })
}

func readCatalog(b *testing.B, handler http.Handler) {
	b.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/v2/catalog", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.SetBasicAuth(userName, password)
	request.Header.Set(versionHeader, "2.17")
	for b.Loop() {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %v", response.StatusCode, err)
		}
	}
}
