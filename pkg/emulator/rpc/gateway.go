package rpc

import (
	"mime"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// maxForm limits the form of a request, in bytes.
const maxForm = 4 << 20

// Options are what a gateway needs. Keys and Clock are required.
type Options struct {
	Keys       cloud.Keys
	Authorizer cloud.Authorizer // nil lets every caller do everything
	Clock      *cloud.Clock
	Faults     *cloud.Faults  // nil plays none
	Journal    *cloud.Journal // nil keeps none
	Region     string         // the region of requests without RegionId
	// Wall is the time by which clients sign; nil means real time.
	Wall func() time.Time
}

// A Gateway is the HTTP handler in front of the RPC products.
type Gateway struct {
	keys       cloud.Keys
	authorizer cloud.Authorizer
	clock      *cloud.Clock
	faults     *cloud.Faults
	journal    *cloud.Journal
	region     string
	wall       func() time.Time
	products   map[string]Product // by version
	nonces     nonces

	mu      sync.Mutex
	unknown map[string]struct{}
}

// NewGateway returns a gateway to the products. Their versions must differ.
func NewGateway(o Options, products ...Product) *Gateway {
	g := &Gateway{
		keys: o.Keys, authorizer: o.Authorizer, clock: o.Clock, faults: o.Faults, journal: o.Journal,
		region: o.Region, wall: o.Wall, products: make(map[string]Product, len(products)), unknown: map[string]struct{}{},
	}
	if g.wall == nil {
		g.wall = func() time.Time { return time.Now().UTC() }
	}
	if g.faults == nil {
		g.faults = &cloud.Faults{}
	}
	if g.journal == nil {
		g.journal = &cloud.Journal{}
	}
	for _, p := range products {
		g.products[p.Version] = p
	}
	return g
}

// Matches tells whether a request is for an RPC gateway: by its Action in the
// query or in the x-acs-action header, or as a form sent to "/".
func Matches(r *http.Request) bool {
	if r.URL.Path != "/" {
		return false
	}
	return r.URL.Query().Has("Action") || r.Header.Get("x-acs-action") != "" || r.Method == http.MethodPost && hasForm(r)
}

// Unknown returns the actions that were answered 501, as "Rds:MigrateToOtherZone"
// or, where the version is unknown, "2020-01-01:Action", sorted.
func (g *Gateway) Unknown() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]string, 0, len(g.unknown))
	for name := range g.unknown {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func (g *Gateway) noteUnknown(product, version, what string) {
	if product == "" {
		product = version
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unknown[product+":"+what] = struct{}{}
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	params, err := parameters(w, r)
	c := &call{g: g, w: w, r: r, params: params, requestID: cloud.NewRequestID()}
	c.action = params.Get("Action")
	c.product = g.products[params.Get("Version")]
	if err == nil {
		err = c.admit()
	}
	if err != nil {
		c.fail(err, false)
		return
	}
	c.run()
}

// parameters returns query and form together.
func parameters(w http.ResponseWriter, r *http.Request) (url.Values, *Error) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err == nil && r.Method == http.MethodPost && hasForm(r) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err = r.ParseForm(); err == nil {
			for name, values := range r.PostForm {
				params[name] = append(params[name], values...)
			}
		}
	}
	if err != nil {
		return params, Errorf(http.StatusBadRequest, "InvalidParameter", "The parameters cannot be read.")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return params, Errorf(http.StatusForbidden, "UnsupportedHTTPMethod", "This HTTP method is not supported.")
	}
	return params, nil
}

func hasForm(r *http.Request) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return strings.EqualFold(media, "application/x-www-form-urlencoded")
}
