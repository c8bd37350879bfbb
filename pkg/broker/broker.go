// Package broker is the business logic of the service broker: BusinessLogic
// decides on each request inside the store's compare-and-swap, stores the
// intent and answers. The cloud is the engine's, which runs the stored intents.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	client "github.com/pmorie/go-open-service-broker-client/v2"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// BusinessLogic implements osb-broker-lib's broker.Interface. What the
// library's types lack travels in the osb.Call of the request's context.
type BusinessLogic struct {
	config  Config
	catalog *catalog.Catalog
	store   *lifecycle.CheckedStore
	waiting chan struct{} // one place for each request that waits
}

var _ lib.Interface = (*BusinessLogic)(nil)

// An Operator runs the operations whose intents are stored.
type Operator interface {
	// Wake tells that the record of k has a new intent; tenant is its
	// lifecycle.TenantOf.
	Wake(k store.Key, tenant string)
	// Await waits until the operation of k has ended and returns it with its
	// record. When ctx ends first it returns the operation as it is then.
	Await(ctx context.Context, k store.Key, operation string) (store.Operation, store.Record, error)
}

// Config is what the business logic is made with. Zero durations and counts
// take the defaults.
type Config struct {
	BrokerID  string
	Now       func() time.Time // nil: the real clock
	Catalog   *catalog.Catalog
	Providers map[string]providers.Provider // by the name that offerings state
	Store     *lifecycle.CheckedStore
	Engine    Operator
	Region    string
	Metrics   prometheus.Registerer // nil: none

	// AsyncWait is how long a request waits for its own operation where the
	// platform takes asynchronous answers (20 s), SyncWait where it does not
	// (50 s: Service Catalog and Cloud Controller give up at 60 s).
	AsyncWait, SyncWait time.Duration
	// PollInterval is the Retry-After of polls (10 s).
	PollInterval time.Duration
	Options

	// Waiting bounds the requests that wait at a time; more are answered at
	// once (256).
	Waiting int
}

// Options are decisions where the specification, or platforms, differ. The
// zero value is the default of each.
type Options struct {
	// DeletedIsSucceeded answers polls of a finished deletion with 200 and
	// "succeeded" instead of 410: the two mean the same (LO-07), and
	// conformance checkers want one or the other.
	DeletedIsSucceeded bool
	// SendEndpoints adds the endpoints to bindings (BIND-22). Off, because
	// platforms built on the Go client library of 2020 cannot read the
	// specification's form of them.
	SendEndpoints bool
	// DropUnfinishedBinds leaves a bind from Kubernetes that is not done in
	// time unanswered: Service Catalog sends it again after a lost connection,
	// and gives up at any HTTP error. Not for use behind a proxy that would
	// answer in our place.
	DropUnfinishedBinds bool
}

// New returns the business logic.
func New(c Config) (*BusinessLogic, error) {
	for _, o := range c.Catalog.Offerings() {
		if c.Providers[o.Provider] == nil {
			return nil, fmt.Errorf("offering %s: there is no provider %q", o.Name, o.Provider)
		}
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
	b := &BusinessLogic{config: c, catalog: c.Catalog, store: c.Store, waiting: make(chan struct{}, c.Waiting)}
	if c.Metrics != nil {
		c.Metrics.MustRegister(b.waitingGauges()...)
	}
	return b, nil
}

// A request is one call of the platform, with the time it is decided at.
type request struct {
	*osb.Call

	now time.Time
}

// since says whether the platform speaks 2.minor or later: older ones are not
// sent what they do not know (VER-05).
func (r request) since(minor int) bool { return r.Minor >= minor }

// serve runs one method: its answer, or error, goes into the call, from where
// the HTTP layer writes it. The library gets an error too, so that it does not
// take a failure for a success.
func (b *BusinessLogic) serve(c *lib.RequestContext, method func(context.Context, request) (int, any, error)) error {
	ctx := c.Request.Context()
	call := osb.CallFrom(ctx)
	if call == nil {
		return errors.New("the request did not come through the broker's HTTP layer")
	}
	status, body, err := method(ctx, request{Call: call, now: b.config.Now()})
	if err == nil {
		call.Answer.Status, call.Answer.Body = status, body
		return nil
	}
	known, ok := errors.AsType[*osb.Error](err)
	switch {
	case errors.Is(err, store.ErrTooLarge) && len(call.Body) > 0: // a DELETE brings nothing that could be shorter
		known = osb.ErrBadRequest("This request holds more than the broker can keep of one instance or binding: send shorter parameters and a shorter context.")
	case !ok:
		known = osb.ErrUnavailable(err) // the store, most likely: nothing was decided
	}
	call.Answer.Err = known
	return client.HTTPStatusCodeError{StatusCode: known.Status, Description: &known.Description}
}

// ValidateBrokerAPIVersion accepts every version: the HTTP layer has checked
// it, since other checks must come after it.
func (b *BusinessLogic) ValidateBrokerAPIVersion(string) error { return nil }

// GetCatalog answers with the whole catalog.
func (b *BusinessLogic) GetCatalog(c *lib.RequestContext) (*lib.CatalogResponse, error) {
	return &lib.CatalogResponse{}, b.serve(c, func(context.Context, request) (int, any, error) {
		return http.StatusOK, b.catalog.Render(), nil
	})
}

// Provision stores the intent to make an instance.
func (b *BusinessLogic) Provision(_ *client.ProvisionRequest, c *lib.RequestContext) (*lib.ProvisionResponse, error) {
	return &lib.ProvisionResponse{}, b.serve(c, b.provision)
}

// Update stores the intent to change an instance.
func (b *BusinessLogic) Update(_ *client.UpdateInstanceRequest, c *lib.RequestContext) (*lib.UpdateInstanceResponse, error) {
	return &lib.UpdateInstanceResponse{}, b.serve(c, b.update)
}

// Deprovision stores the intent to remove an instance, in whatever state it is.
func (b *BusinessLogic) Deprovision(_ *client.DeprovisionRequest, c *lib.RequestContext) (*lib.DeprovisionResponse, error) {
	return &lib.DeprovisionResponse{}, b.serve(c, b.deprovision)
}

// LastOperation tells how far an operation on an instance is.
func (b *BusinessLogic) LastOperation(_ *client.LastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	return &lib.LastOperationResponse{}, b.serve(c, b.lastOperation)
}

// Bind stores the intent to make a binding.
func (b *BusinessLogic) Bind(_ *client.BindRequest, c *lib.RequestContext) (*lib.BindResponse, error) {
	return &lib.BindResponse{}, b.serve(c, b.bind)
}

// Unbind stores the intent to remove a binding.
func (b *BusinessLogic) Unbind(_ *client.UnbindRequest, c *lib.RequestContext) (*lib.UnbindResponse, error) {
	return &lib.UnbindResponse{}, b.serve(c, b.unbind)
}

// GetBinding fetches a binding.
func (b *BusinessLogic) GetBinding(_ *client.GetBindingRequest, c *lib.RequestContext) (*lib.GetBindingResponse, error) {
	return &lib.GetBindingResponse{}, b.serve(c, b.getBinding)
}

// BindingLastOperation tells how far an operation on a binding is.
func (b *BusinessLogic) BindingLastOperation(_ *client.BindingLastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	return &lib.LastOperationResponse{}, b.serve(c, b.lastOperation)
}

// GetInstance fetches an instance; the library has no method for it.
func (b *BusinessLogic) GetInstance(c *lib.RequestContext) error {
	return b.serve(c, b.getInstance)
}
