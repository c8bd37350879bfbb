// Package api is the broker's face over HTTP. It completes the surface of
// osb-broker-lib to OSB 2.17 without forking it: the library's handlers do the
// dispatch, and around them are authentication, versions, limits, the routes
// and headers the library lacks, and one function that writes every answer.
// It decides nothing about services.
package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	libmetrics "github.com/pmorie/osb-broker-lib/pkg/metrics"
	"github.com/pmorie/osb-broker-lib/pkg/rest"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Instances serves GET /v2/service_instances/:instance_id, for which
// osb-broker-lib has no method. It fills the Answer of the
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

	// Users and Tokens are all valid at once, so that they can be rotated; see
	// Handler.SetAccounts. There must be some, or a Reviewer.
	Users  []User
	Tokens []Token
	// Reviewer decides on bearer tokens that are none of Tokens; nil for nobody.
	Reviewer *TokenReviewer
	// InsecureNoAuth lets everybody in, and must then be alone.
	InsecureNoAuth bool
	// FailureDelay is the longest time that a 401 is held back after repeated
	// failures; 1 s by default.
	FailureDelay time.Duration

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

// A Handler serves the platforms' port.
type Handler struct {
	open                 bool // everybody may call
	accepted             atomic.Pointer[credentials]
	reviewer             *TokenReviewer
	failures             failures
	missingVersionStatus int
	now                  func() time.Time
	log                  func(failed bool, line string)
	metrics              metrics
	routes               routes
}

// New returns the handler of the platforms' port.
func New(config Config) (*Handler, error) {
	if config.Broker == nil || config.Instances == nil {
		return nil, errors.New("api: the broker or its instances are missing")
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
	a := &Handler{
		open:                 config.InsecureNoAuth,
		reviewer:             config.Reviewer,
		failures:             failures{longest: cmp.Or(config.FailureDelay, longestDelay)},
		missingVersionStatus: config.MissingVersionStatus,
		now:                  config.Now,
		log:                  config.Log,
		metrics:              newMetrics(),
	}
	if err := a.SetAccounts(config.Users, config.Tokens); err != nil {
		return nil, err
	}
	actions := libmetrics.New()
	if config.Metrics != nil {
		for _, c := range append(a.metrics.collectors(), actions) {
			if err := config.Metrics.Register(c); err != nil {
				return nil, fmt.Errorf("api: register metrics: %w", err)
			}
		}
	}
	catalog, err := newCatalog(config.Catalog, config.Now())
	if err != nil {
		return nil, fmt.Errorf("api: render catalog: %w", err)
	}
	surface, err := rest.NewAPISurface(guarded{config.Broker}, actions)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a.routes = a.newRoutes(surface, config.Instances, catalog)
	return a, nil
}
