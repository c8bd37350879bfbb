// Package api is the broker's face over HTTP. It completes the surface of
// osb-broker-lib to OSB 2.17 without forking it: the library's handlers do the
// dispatch, and around them are authentication, versions, limits, the routes
// and headers the library lacks, and one function that writes every answer.
// It decides nothing about services.
package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	libmetrics "github.com/pmorie/osb-broker-lib/pkg/metrics"
	"github.com/pmorie/osb-broker-lib/pkg/rest"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Instances serves GET /v2/service_instances/:instance_id, for which
// osb-broker-lib has no method (library gap L20). It fills the Answer of the
// request's osb.Call, or returns an error.
type Instances interface {
	GetInstance(c *lib.RequestContext) error
}

// Config is what the handlers are made of.
type Config struct {
	// Broker is the business logic. It reads the request from osb.CallFrom and
	// leaves its answer there. Without an answer there, what osb-broker-lib
	// makes of its response is sent, and an error it returns counts as the
	// Answer's Err. It may panic with http.ErrAbortHandler to drop the
	// connection unanswered.
	Broker    lib.Interface
	Instances Instances
	Catalog   osb.Catalog // rendered once

	// Users and Tokens are all valid at once, so that they can be rotated. One
	// of either is required.
	Users  []User
	Tokens []Token

	// MissingVersionStatus answers a request without X-Broker-API-Version: 400
	// by default (VER-03); conformance checkers want 412.
	MissingVersionStatus int

	// Metrics takes the collectors; nil for none.
	Metrics prometheus.Registerer
	// Now is time.Now by default.
	Now func() time.Time
	// Log takes one line a request, and whether the request failed on our side;
	// glog by default. The line has ids and never credentials, queries, bodies
	// or identities.
	Log func(failed bool, line string)
}

// New returns the handler of the platforms' port.
func New(config Config) (http.Handler, error) {
	if config.Broker == nil || config.Instances == nil {
		return nil, errors.New("api: the broker or its instances are missing")
	}
	accepted, err := newCredentials(config.Users, config.Tokens)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if config.MissingVersionStatus == 0 {
		config.MissingVersionStatus = http.StatusBadRequest
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = logWithGlog
	}
	a := &api{
		credentials:          accepted,
		missingVersionStatus: config.MissingVersionStatus,
		now:                  config.Now,
		log:                  config.Log,
		metrics:              newMetrics(),
	}
	actions := libmetrics.New()
	if config.Metrics != nil {
		for _, c := range []prometheus.Collector{actions, a.metrics.requests, a.metrics.durations} {
			if err := config.Metrics.Register(c); err != nil {
				return nil, fmt.Errorf("api: register metrics: %w", err)
			}
		}
	}
	catalog, err := newDocument(config.Catalog, config.Now())
	if err != nil {
		return nil, fmt.Errorf("api: render catalog: %w", err)
	}
	surface, err := rest.NewAPISurface(guarded{config.Broker}, actions)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a.router = a.routes(surface, config.Instances, catalog)
	return a, nil
}

type api struct {
	credentials          credentials
	missingVersionStatus int
	now                  func() time.Time
	log                  func(failed bool, line string)
	metrics              metrics
	router               *mux.Router
}
