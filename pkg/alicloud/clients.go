package alicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A Config names the region, credentials and endpoints of clients.
type Config struct {
	// Region that requests name, such as cn-hangzhou. Required, unless FindRegion
	// finds it later.
	Region     string
	FindRegion func(context.Context) (string, error)
	// Credentials sign the requests. Required.
	Credentials CredentialsSource
	// Endpoints override the real hosts, by the name of the product. Plain http
	// is used only where an override says http.
	Endpoints map[string]*url.URL
	// CallsPerSecond limits the calls to each product; throttling lowers the rate.
	// 0 means 50.
	CallsPerSecond float64
	// Metrics takes the collectors; it may be nil.
	Metrics prometheus.Registerer
	// Shared are clients of another profile, whose products, connections, pace and
	// metrics these share. Nil: they have their own.
	Shared *Clients
}

// Clients send requests to the products of the cloud, in one region and as one
// identity. They are safe for concurrent use.
type Clients struct {
	region    *lateRegion
	source    CredentialsSource
	endpoints map[string]*url.URL
	products  products
	transport http.RoundTripper
	rate      float64
	users     *userPacers // of clients with other credentials
	signer    string      // the owner of the credentials, for metrics
	metrics   *metrics

	callers *Memo[string] // the accounts of keys

	pacers  *sharedPacers
	account atomic.Value // string: the account seen last; empty until then
	unknown string       // stands for the account until then
}

// Time-outs of calls. The page of RDS CreateDBInstance advises 20 s and more:
// the call continues after its client has timed out.
const (
	connectTimeout = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 25 * time.Second
)

// New returns clients that can call the products, and STS.
func New(c Config, list ...Product) (*Clients, error) {
	if !IsRegion(c.Region) && (c.Region != "" || c.FindRegion == nil) {
		return nil, fmt.Errorf("alicloud: region %q is not a region id", c.Region)
	}
	if c.Credentials == nil {
		return nil, errors.New("alicloud: no credentials given")
	}
	if c.CallsPerSecond <= 0 {
		c.CallsPerSecond = 50
	}
	for product, u := range c.Endpoints {
		if u == nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf("alicloud: the endpoint of %s is not a URL with http or https and a host", product)
		}
	}
	clients := &Clients{
		region: &lateRegion{region: c.Region, find: c.FindRegion}, source: c.Credentials, endpoints: c.Endpoints,
		signer: signerBroker, callers: NewMemo[string](0, nil),
	}
	clients.account.Store("")
	if shared := c.Shared; shared != nil {
		clients.products, clients.transport, clients.rate = shared.products, shared.transport, shared.rate
		clients.users, clients.pacers = shared.users, shared.pacers
		clients.unknown = shared.pacers.newUnknown()
		clients.measure(shared.metrics)
		return clients, nil
	}
	products, err := register(list)
	if err != nil {
		return nil, err
	}
	clients.products, clients.transport, clients.rate = products, strictTransport{newTransport()}, c.CallsPerSecond
	clients.users, clients.pacers = newUserPacers(c.CallsPerSecond, time.Now), newSharedPacers(c.CallsPerSecond, time.Now)
	clients.measure(newMetrics(products.names()))
	if c.Metrics != nil {
		if err := clients.register(c.Metrics); err != nil {
			return nil, fmt.Errorf("alicloud: register metrics: %w", err)
		}
	}
	return clients, nil
}

// With returns clients that sign with other credentials, such as a user's own for
// one instance. They share connections. Each key has a rate of its own, since the
// cloud limits calls by account, and all such keys share another one.
func (c *Clients) With(source CredentialsSource) *Clients {
	clients := &Clients{
		region: c.region, source: source, endpoints: c.endpoints, products: c.products,
		transport: c.transport, rate: c.rate, users: c.users, signer: signerInstance, metrics: c.metrics,
		pacers: c.pacers, callers: NewMemo[string](0, nil),
	}
	clients.account.Store("")
	return clients
}

// Region returns the region that requests name; empty while it is unknown.
func (c *Clients) Region() string { return c.region.known() }

// Override returns the configured endpoint of a product, nil for the real one.
func (c *Clients) Override(product string) *url.URL { return c.endpoints[strings.ToLower(product)] }

// HTTP returns an HTTP client with the time-outs, the proxy and the strict
// transport of our own calls, for SDKs that take one.
func (c *Clients) HTTP(access Access) *http.Client {
	return &http.Client{Transport: c.transport, Timeout: access.timeout()}
}

// Call makes one call to a product. It waits for the rate limit, then gives do the
// key to sign with. A throttled call halves the rate of the following ones. Errors
// are *Error. Do uses Call, as clients of other SDKs do.
func (c *Clients) Call(ctx context.Context, op Op, do func(Key) error) (err error) {
	defer func() { c.answered(op, err) }()
	if _, ok := c.products[op.product()]; !ok {
		return c.products.classify(op, &notSentError{fmt.Errorf("the product %s is not registered: state it in the descriptor of its service", op.product())})
	}
	key, err := c.source.Credentials(ctx)
	if err != nil {
		return c.products.classify(op, &notSentError{err})
	}
	op.Secrets = append(key.secrets(), op.Secrets...)
	if err := key.checkSendable(); err != nil {
		return c.products.classify(op, &notSentError{err})
	}
	if err := c.pace(ctx, op, key); err != nil {
		return c.products.classify(op, err)
	}
	start := time.Now()
	err = c.products.classify(op, do(key))
	c.metrics.sent(op, time.Since(start))
	if errors.Is(err, providers.ErrThrottled) {
		c.pacerOf(op, key).slowDown()
	}
	return err
}

// pacerOf returns the pacer that throttling of a call slows down.
func (c *Clients) pacerOf(op Op, key Key) *pacer {
	if c.signer == signerInstance {
		return c.users.ofKey(userKey{key.ID, op.product()})
	}
	return c.pacer(op.Product)
}

// pace waits for the rate limit.
func (c *Clients) pace(ctx context.Context, op Op, key Key) error {
	start := time.Now()
	var err error
	if c.signer == signerInstance {
		err = c.users.wait(ctx, userKey{key.ID, op.product()})
	} else {
		err = c.pacer(op.Product).wait(ctx)
	}
	c.metrics.waits.WithLabelValues(op.product()).Add(time.Since(start).Seconds())
	if err != nil {
		return &notSentError{err}
	}
	return nil
}
