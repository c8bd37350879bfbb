// Package broker decides on the requests of platforms.
//
// BusinessLogic has one method for each request of the Open Service Broker API,
// in types of package osb. A method checks the request against catalog, schema
// and record, stores the intent and answers; the cloud is the engine's business.
// The engine is reached by the interface Engine alone.
//
// Requirement ids in brackets, such as (PROV-02), are rows of
// pkg/osb/osbtest/requirements.yaml, which numbers the specification's
// sentences.
//
// Reading order: broker.go, provision.go, intent.go, await.go, then the other
// requests.
package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// BusinessLogic decides on requests. It is safe for concurrent use.
type BusinessLogic struct {
	config    Config
	store     *lifecycle.CheckedStore
	waiting   *waitingPlaces
	shortened shortenedWaits
}

// An Engine runs the operations of stored intents.
type Engine interface {
	// Wake announces a new intent in the record of k; tenant is the record's
	// lifecycle.TenantOf.
	Wake(k store.Key, tenant string)
	// Await waits until the operation of k has ended and returns it with its
	// record. If ctx ends first, it returns the operation as it is then.
	Await(ctx context.Context, k store.Key, operation string) (store.Operation, store.Record, error)
}

// Config configures a BusinessLogic. Zero durations and counts take the defaults
// in brackets.
type Config struct {
	BrokerID  string
	Now       func() time.Time // nil: the real clock
	Catalog   *catalog.Current
	Providers map[string]providers.Provider // by the names in the catalog
	// Resources names, by provider, the fact that is the id of an instance's
	// resource. Platforms get it under that name (PROV-16).
	Resources map[string]string
	Store     *lifecycle.CheckedStore
	Engine    Engine
	// Region is where instances are made. RegionOf tells it by profile; nil: Region
	// for all.
	Region   string
	RegionOf func(profile string) (string, error)
	Metrics  prometheus.Registerer // may be nil

	// AsyncWait is the time that a request waits for its own operation if the
	// platform accepts asynchronous answers (20 s), SyncWait the time otherwise
	// (50 s: Service Catalog and Cloud Controller give up at 60 s).
	AsyncWait, SyncWait time.Duration
	// PollInterval is the Retry-After of polls (10 s).
	PollInterval time.Duration
	// Waiting bounds the requests that wait at a time (256). Tenants share the
	// places; a request without one is answered at once.
	Waiting int
	Options
}

// Options are decisions on which the specification, or platforms, differ. The
// zero value is the default of each.
type Options struct {
	// DeletedIsSucceeded answers polls of a finished deletion with 200 and
	// "succeeded" instead of 410. The two mean the same (LO-07), and each is
	// wanted by some conformance checkers.
	DeletedIsSucceeded bool
	// SendEndpoints adds the endpoints to bindings (BIND-22). It is off, because
	// platforms built on the Go client library of 2020 fail on the
	// specification's form of them.
	SendEndpoints bool
	// DropUnfinishedBinds leaves a bind from Kubernetes unanswered if the binding
	// is not ready in time: Service Catalog repeats a bind after a lost
	// connection, and gives up after any HTTP error. A proxy that answers in the
	// broker's place defeats it.
	DropUnfinishedBinds bool
}

// New returns the business logic.
func New(c Config) (*BusinessLogic, error) {
	for _, o := range c.Catalog.Snapshot().Catalog.Offerings() {
		if c.Providers[o.Provider] == nil {
			return nil, fmt.Errorf("offering %s: provider %q is missing", o.Name, o.Provider)
		}
	}
	if err := checkLifetimes(c.Catalog.Snapshot().Catalog.Offerings(), c.Providers); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, d := range []struct {
		value     *time.Duration
		byDefault time.Duration
	}{{&c.AsyncWait, 20 * time.Second}, {&c.SyncWait, 50 * time.Second}, {&c.PollInterval, 10 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.byDefault
		}
	}
	if c.Waiting <= 0 {
		c.Waiting = 256
	}
	b := &BusinessLogic{config: c, store: c.Store, waiting: newWaitingPlaces(c.Waiting), shortened: newShortenedWaits()}
	if c.Metrics != nil {
		c.Metrics.MustRegister(append(b.waitingGauges(), b.shortened.CounterVec)...)
	}
	return b, nil
}

// GetCatalog returns the catalog as it was rendered for the platform's version.
func (b *BusinessLogic) GetCatalog(_ context.Context, in osb.CatalogRequest) osb.CatalogResponse {
	snapshot := b.config.Catalog.Snapshot()
	answer := snapshot.Answer(in.Caller.Minor)
	return osb.CatalogResponse{Body: answer.Body, ETag: answer.ETag, Modified: snapshot.Modified}
}
