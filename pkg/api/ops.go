package api

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// OpsConfig is what the handler of the second port is made of.
type OpsConfig struct {
	// Ready says why requests cannot be served now, or nil. Its text is shown.
	Ready func() error
	// Metrics are shown at /metrics; nil for none.
	Metrics prometheus.Gatherer
	// Operators serves what is under /operator/; nil for nothing.
	Operators http.Handler
}

// Ops returns the handler of the operators' port: /healthz (the process
// lives), /readyz (it can serve) and /metrics, which ask for no credentials, so
// the port must not be open to platforms (HARD-08); and the operators' API,
// which does.
func Ops(config OpsConfig) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		report(w, http.StatusOK, "")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if config.Ready != nil {
			if err := config.Ready(); err != nil {
				report(w, http.StatusServiceUnavailable, err.Error())
				return
			}
		}
		report(w, http.StatusOK, "")
	})
	if config.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(config.Metrics, promhttp.HandlerOpts{}))
	}
	if config.Operators == nil {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Past the mux, which would clean paths: ids may hold anything.
		if strings.HasPrefix(r.URL.EscapedPath(), "/operator/") {
			config.Operators.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// report writes {} or {"description": …}.
func report(w http.ResponseWriter, status int, description string) {
	body, err := encode(errorBody{Description: description})
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a failure is the client's: it has gone
}
