// Package emulator is Alibaba Cloud in one process for the unmodified SDKs: an
// RPC gateway, Object Storage Service and the instance metadata service share
// one HTTP port. It verifies signatures, checks parameters and answers with the
// documented codes; unknown requests get a 501. The test that owns an emulator
// controls its time, its faults and its state.
//
// The services come from a list (Products). The port, the saved state, the
// control API and reports of leftovers derive from that list.
package emulator

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/location"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// A Config describes the emulated cloud. Its zero value is good.
type Config struct {
	Listen         string        // host:port of the cloud; empty: 127.0.0.1 and a free port
	TLSListen      string        // host:port of the cloud over HTTPS; empty: none
	MetadataListen string        // host:port of the metadata service alone, besides Listen; empty: none
	ControlListen  string        // host:port of the control API; empty: none
	AccountID      string        // 16 digits; empty: a fixed number
	AccessKey      AccessKey     // the account's key; empty: drawn at random
	Region         string        // the region of the metadata service; empty: cn-hangzhou
	Regions        []vpc.Region  // the networks; nil: vpc.DefaultRegions(Region)
	Profile        rds.Profile   // durations of the cloud's work; the zero value: everything is instant
	Access         ram.Behaviour // delays of keys and policies at first; the zero value: none
	Engine         engine.Engine // real database servers; nil: none. The caller closes it
	Clock          *cloud.Clock  // nil: real time
	MetadataV1     bool          // the metadata service answers requests without a token too
	// Account says when the emulated account was opened, and sets single switches by
	// it; empty means AccountToday.
	Account Account
	// PublicBuckets lets new OSS buckets have public ACLs, as before October 2025;
	// since then public access to them is blocked until it is allowed (A087).
	PublicBuckets bool
	// Switches change single switches at the start, after all others of the Config.
	Switches Switches
	// StrictTLS refuses RAM and STS over plain HTTP, as the real services do.
	StrictTLS bool
	// UnknownNotFound answers what the emulator lacks with codes that clients take as
	// final instead of 501, which they repeat for minutes (rpc.Behaviour).
	UnknownNotFound bool
	OIDC            []sts.Provider    // identity providers that AssumeRoleWithOIDC accepts
	StateFile       string            // file that keeps the state over restarts, secrets included; empty: none
	Report          func(error)       // receives failures in the background; nil: they are dropped
	Unknown         func(call string) // receives each call that the emulator does not know, once; nil: they are only listed
}

// An AccessKey is a long-lived access key.
type AccessKey struct{ ID, Secret string }

// A Product is one service of the emulated cloud.
type Product = product.Product

// An Environment is shared by the products of one cloud.
type Environment struct {
	Config   Config // with its defaults
	Faults   *cloud.Faults
	Journal  *cloud.Journal
	Switches *rpc.Switches // of all products together
}

// A Server is a running emulator.
type Server struct {
	config   Config
	account  account
	madeKey  bool // the emulator drew the account's access key
	faults   cloud.Faults
	journal  cloud.Journal
	switches rpc.Switches
	products []Product
	gateway  *rpc.Gateway

	keeper                                           *keeper      // nil without a state file
	ca                                               *authority   // nil without HTTPS
	listener, tlsListener, metadataListener, control net.Listener // nil where the Config has no address
	servers                                          []*http.Server
	serving                                          sync.WaitGroup
	inflight                                         sync.RWMutex // read-held by each request in progress
}

// New starts an emulator of the products that the list returns: Products, or a
// list of the caller's own. Close ends it.
func New(config Config, list func(Environment) ([]Product, error)) (*Server, error) {
	saved, found, err := readStateFile(config.StateFile)
	if err != nil {
		return nil, err
	}
	made := config.AccessKey == (AccessKey{})
	if made {
		config.AccessKey = saved.AccessKey // a restarted emulator keeps the key that it drew
	}
	s := &Server{config: withDefaults(config), madeKey: made}
	s.account.opened = s.config.Account
	s.switches.Behave(func(b *rpc.Behaviour) { b.UnknownNotFound = s.config.UnknownNotFound })
	if s.products, err = list(Environment{Config: s.config, Faults: &s.faults, Journal: &s.journal, Switches: &s.switches}); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	s.products = append(s.products, location.New(s.config.Regions, s.products).Product(),
		Product{Name: "gateway", Behave: product.Behave(s.switches.Behave)}, s.accountProduct())
	if err := checkProducts(s.products); err != nil {
		s.closeProducts()
		return nil, err
	}
	s.gateway = s.newGateway()
	if err = s.set(s.config.Switches); err != nil {
		err = fmt.Errorf("emulator: the switches: %w", err)
	}
	if found && err == nil {
		err = s.restore(saved)
	}
	if config.StateFile != "" && err == nil {
		s.keeper = newKeeper(config.StateFile, s.Save, config.Report)
	}
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		s.closeProducts()
		return nil, errors.Join(err, s.keeper.close())
	}
	return s, nil
}

func withDefaults(c Config) Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.AccountID == "" {
		c.AccountID = "1000000000000001"
	}
	if c.AccessKey.ID == "" {
		c.AccessKey.ID = "LTAI" + rand.Text()[:20]
	}
	if c.AccessKey.Secret == "" {
		c.AccessKey.Secret = rand.Text() + rand.Text()[:4]
	}
	if c.Account == "" {
		c.Account = AccountToday
	}
	if c.Region == "" {
		c.Region = "cn-hangzhou"
	}
	if c.Regions == nil {
		c.Regions = vpc.DefaultRegions(c.Region)
	}
	if c.Clock == nil {
		c.Clock = cloud.NewClock()
	}
	return c
}

// checkProducts reports names that two products share. Their faults, states and
// resources would be mixed up.
func checkProducts(products []Product) error {
	names, versions, kinds := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range products {
		switch v := p.RPC.Version; {
		case p.Name == "" || names[p.Name]:
			return fmt.Errorf("emulator: two products are named %q, or one has no name", p.Name)
		case v != "" && versions[v]:
			return fmt.Errorf("emulator: %s: another product has the API version %s", p.Name, v)
		case (p.Snapshot == nil) != (p.Restore == nil):
			return fmt.Errorf("emulator: %s: a product has both Snapshot and Restore, or neither", p.Name)
		default:
			names[p.Name], versions[v] = true, true
		}
	}
	for _, r := range resourcesOf(products) {
		if kinds[r.Kind] || slices.Contains(reservedKinds(), r.Kind) {
			return fmt.Errorf("emulator: the kind of resources %q is in use already", r.Kind)
		}
		kinds[r.Kind] = true
	}
	return nil
}

// newGateway returns the gateway to the products that have an RPC API.
func (s *Server) newGateway() *rpc.Gateway {
	c := s.config
	o := rpc.Options{Clock: c.Clock, Faults: &s.faults, Journal: &s.journal, Region: c.Region, RequireTLS: c.StrictTLS, Unknown: c.Unknown, Switches: &s.switches}
	var keys cloud.Keyring
	var apis []rpc.API
	for _, p := range s.products {
		if p.Keys != nil {
			keys = append(keys, p.Keys)
		}
		if p.Authorizer != nil {
			o.Authorizer = p.Authorizer
		}
		if p.RPC.Version != "" {
			apis = append(apis, p.RPC)
		}
	}
	o.Keys = keys
	return rpc.NewGateway(o, apis...)
}

func (s *Server) closeProducts() {
	for _, p := range s.products {
		if p.Close != nil {
			p.Close()
		}
	}
}

// Close stops serving, ends hanging calls and waits for the work in progress.
func (s *Server) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.faults.Clear() // a held call with an unread body never notices that its client has left
	s.serving.Wait()
	s.inflight.Lock() // waits for the last request
	defer s.inflight.Unlock()
	s.closeProducts()
	return errors.Join(append(errs, s.keeper.close())...)
}
