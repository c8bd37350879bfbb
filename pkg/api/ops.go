package api

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthPath is the path of the liveness probe, on both ports.
const healthPath = "/healthz"

// OpsConfig configures the handler of the operators' port.
type OpsConfig struct {
	// Ready returns nil while requests can be served, or else the reason, which
	// is shown.
	Ready func() error
	// Operators serves the paths under /operator/; nil turns them off.
	Operators http.Handler
}

// Ops returns the handler of the operators' port. /healthz (the process lives) and
// /readyz (requests can be served) are open to every client that reaches the port,
// so the port must be closed to platforms (HARD-08); the operator API requires a
// token.
func Ops(config OpsConfig) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+healthPath, func(w http.ResponseWriter, _ *http.Request) {
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
	if config.Operators == nil {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would clean paths, and ids may hold dots and slashes.
		if strings.HasPrefix(r.URL.EscapedPath(), "/operator/") {
			config.Operators.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// Metrics returns the handler of the metrics' port, which has /metrics alone, open
// to every client that reaches it. It is a port of its own so that a scraper needs
// no way to the operator API.
func Metrics(metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

// report writes {} or {"description": …}.
func report(w http.ResponseWriter, status int, description string) {
	body, err := encode(errorBody{Description: description})
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the client is gone
}
