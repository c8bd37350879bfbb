package rpc

import (
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// Options configure a gateway. Keys and Clock are required.
type Options struct {
	Keys       cloud.Keys
	Authorizer cloud.Authorizer // nil allows everything to every caller
	Clock      *cloud.Clock
	Faults     *cloud.Faults  // nil: none
	Journal    *cloud.Journal // nil: none
	Region     string         // the region of requests that lack RegionId
	// Wall is the time by which clients sign; nil means real time.
	Wall func() time.Time
	// RequireTLS refuses plain HTTP for products that are HTTPSOnly.
	RequireTLS bool
	// Unknown receives each call that the emulator does not know, once; it may be nil.
	Unknown func(call string)
	// Switches may be shared with products of other protocols; nil: the default.
	Switches *Switches
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
	products   map[string]API               // by version
	spellings  map[string]map[string]string // of actions, by version and lower case
	switches   *Switches
	nonces     nonces
	requireTLS bool
	onUnknown  func(call string) // receives each unknown call once

	mu      sync.Mutex
	unknown map[string]struct{}
}

// NewGateway returns a gateway to the products. Their versions must differ.
func NewGateway(o Options, products ...API) *Gateway {
	g := &Gateway{
		keys: o.Keys, authorizer: o.Authorizer, clock: o.Clock, faults: o.Faults, journal: o.Journal,
		region: o.Region, wall: o.Wall, products: make(map[string]API, len(products)), unknown: map[string]struct{}{},
		requireTLS: o.RequireTLS, onUnknown: o.Unknown, switches: o.Switches, spellings: make(map[string]map[string]string, len(products)),
	}
	if g.switches == nil {
		g.switches = &Switches{}
	}
	if g.wall == nil {
		g.wall = g.switches.Now
	}
	if g.faults == nil {
		g.faults = &cloud.Faults{}
	}
	if g.journal == nil {
		g.journal = &cloud.Journal{}
	}
	for _, p := range products {
		g.products[p.Version] = p
		g.spellings[p.Version] = make(map[string]string, len(p.Actions))
		for action := range p.Actions {
			g.spellings[p.Version][strings.ToLower(action)] = action
		}
	}
	return g
}

// spelling returns an action's name as the product's table has it: requests may
// spell it in any case (A012). An unknown name is returned as it is.
func (g *Gateway) spelling(version, action string) string {
	if name, ok := g.spellings[version][strings.ToLower(action)]; ok {
		return name
	}
	return action
}

// Matches reports whether a request is for an RPC gateway: by its Action in the
// query or in the x-acs-action header, or as a form sent to "/".
func Matches(r *http.Request) bool {
	if r.URL.Path != "/" {
		return false
	}
	query := r.URL.RawQuery // unparsed: it is parsed once, later
	if r.Header.Get("x-acs-action") != "" || strings.HasPrefix(query, "Action=") || strings.Contains(query, "&Action=") {
		return true
	}
	form, _ := bodyKind(r)
	return r.Method == http.MethodPost && form
}

// Unknown returns the actions that the emulator does not know, as "Rds:MigrateToOtherZone"
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
	name := product + ":" + what
	g.mu.Lock()
	_, again := g.unknown[name]
	g.unknown[name] = struct{}{}
	g.mu.Unlock()
	if !again && g.onUnknown != nil {
		g.onUnknown(name)
	}
}

// MayChange reports whether a request can change the state of a product. An
// action inside a form is unread here and counts as a change.
func (g *Gateway) MayChange(r *http.Request) bool {
	query := r.URL.Query()
	action := first(r.Header.Get("x-acs-action"), query.Get("Action"))
	version := first(r.Header.Get("x-acs-version"), query.Get("Version"))
	return !g.products[version].Actions[g.spelling(version, action)].ReadOnly
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{g: g, w: w, r: r, requestID: cloud.NewRequestID()}
	err := c.read()
	if err == nil {
		err = c.admit()
	}
	if err != nil {
		c.fail(err, false)
		return
	}
	c.run()
}
