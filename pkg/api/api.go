// Package api serves the Open Service Broker API 2.17 to platforms over HTTP.
// osb-broker-lib, used as it is, dispatches requests; around it are
// authentication, version checks, limits, and the routes and headers that the
// library lacks. One function writes answers. Decisions on services are the
// Broker's.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A Broker decides on decoded requests. An error that is an *osb.Error is
// answered as it says, osb.ErrUnanswered closes the connection, and every other
// error is answered with 500.
type Broker interface { //nolint:interfacebloat // one method for each request of the API
	GetCatalog(context.Context, osb.CatalogRequest) osb.CatalogResponse
	Provision(context.Context, osb.ProvisionRequest) (osb.ProvisionResponse, error)
	Update(context.Context, osb.UpdateRequest) (osb.UpdateResponse, error)
	Deprovision(context.Context, osb.DeprovisionRequest) (osb.DeprovisionResponse, error)
	LastOperation(context.Context, osb.LastOperationRequest) (osb.LastOperation, error)
	GetInstance(context.Context, osb.GetInstanceRequest) (osb.Instance, error)
	Bind(context.Context, osb.BindRequest) (osb.BindResponse, error)
	Unbind(context.Context, osb.UnbindRequest) (osb.UnbindResponse, error)
	BindingLastOperation(context.Context, osb.BindingLastOperationRequest) (osb.LastOperation, error)
	GetBinding(context.Context, osb.GetBindingRequest) (osb.Binding, error)
}

// Config configures a Handler.
type Config struct {
	Broker Broker

	// Users and Tokens are all valid at once, so that they can be rotated; see
	// Handler.SetAccounts. At least one is required, unless there is a Reviewer.
	Users  []User
	Tokens []Token
	// Reviewer decides on bearer tokens that are missing in Tokens; nil rejects
	// them.
	Reviewer *TokenReviewer
	// InsecureNoAuth accepts every request. It excludes users, tokens and a
	// reviewer.
	InsecureNoAuth bool
	// FailureDelay is the longest delay of a 401 after repeated failures; 1 s by
	// default.
	FailureDelay time.Duration

	// MissingVersionStatus answers a request without X-Broker-API-Version: 400
	// by default (VER-03); conformance checkers want 412.
	MissingVersionStatus int

	// Metrics takes the collectors; may be nil.
	Metrics prometheus.Registerer
	// Now is time.Now by default.
	Now func() time.Time
	// Log takes one line for each request, and whether the request failed in the
	// broker; glog by default. A line has ids, and is free of credentials,
	// queries, bodies and identities.
	Log func(failed bool, line string)
}

// A Handler serves the platforms' port.
type Handler struct {
	noAuth               bool // every request is accepted
	accepted             atomic.Pointer[credentials]
	reviewer             *TokenReviewer
	failures             failures
	missingVersionStatus int
	now                  func() time.Time
	log                  func(failed bool, line string)
	refusals             *CountedLog // of requests without good credentials
	metrics              metrics
	library              *library
	routes               routes
	bodies               *bodies
}

// New returns the handler of the platforms' port.
func New(config Config) (*Handler, error) {
	if config.Broker == nil {
		return nil, errors.New("api: the broker is missing")
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
	h := &Handler{
		noAuth:               config.InsecureNoAuth,
		reviewer:             config.Reviewer,
		failures:             failures{longest: cmp.Or(config.FailureDelay, longestDelay)},
		missingVersionStatus: config.MissingVersionStatus,
		now:                  config.Now,
		log:                  config.Log,
		refusals:             NewCountedLog(LogInterval, SingleRefusals, func(count int, last string) { config.Log(false, refusalsLine(count, last)) }),
		metrics:              newMetrics(),
		library:              newLibrary(config.Broker),
		bodies:               newBodies(),
	}
	if err := h.SetAccounts(config.Users, config.Tokens); err != nil {
		return nil, err
	}
	if config.Metrics != nil {
		for _, c := range append(h.metrics.collectors(), h.library.collector()) {
			if err := config.Metrics.Register(c); err != nil {
				return nil, fmt.Errorf("api: register metrics: %w", err)
			}
		}
	}
	h.routes = h.newRoutes()
	return h, nil
}
