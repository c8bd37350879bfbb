// Package emulator is Alibaba Cloud in one process: the RPC gateway with RDS,
// VPC, RAM and STS, the Object Storage Service and the instance metadata
// service, all on one HTTP port, for the unmodified SDKs. It verifies
// signatures, checks parameters and answers with the documented codes; what it
// does not know it refuses with 501. Time, faults and what happened are in the
// hands of the test that owns it.
package emulator

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/location"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/metadata"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// InstanceRole is the RAM role of the ECS instance that the metadata service
// describes. Its sessions may do everything.
const InstanceRole = "EmulatedInstanceRole"

// A Config says how the emulated cloud is. Its zero value is good.
type Config struct {
	Listen         string        // host:port of the cloud; empty: 127.0.0.1 and a free port
	TLSListen      string        // host:port of the cloud over HTTPS; empty: none
	MetadataListen string        // host:port of the metadata service alone, besides Listen; empty: none
	ControlListen  string        // host:port of the control API; empty: none
	AccountID      string        // 16 digits; empty: one of our own
	AccessKey      AccessKey     // the account's key; empty: made
	Region         string        // the region of the metadata service; empty: cn-hangzhou
	Regions        []vpc.Region  // the networks; nil: vpc.DefaultRegions(Region)
	Profile        rds.Profile   // how long things take; the zero value: no time
	Engine         engine.Engine // real database servers; nil: none. It stays the caller's to close
	Clock          *cloud.Clock  // nil: real time
	MetadataV1     bool          // the metadata service answers without a token too
	// StrictTLS refuses RAM and STS over plain HTTP, as the real ones do.
	StrictTLS bool
	OIDC      []sts.Provider    // whose tokens AssumeRoleWithOIDC takes
	StateFile string            // where the state is kept over restarts, with its secrets; empty: nowhere
	Report    func(error)       // hears of failures in the background; nil: nobody
	Unknown   func(call string) // hears of calls that are answered 501, once of each; nil: nobody
}

// An AccessKey is a long-lived access key.
type AccessKey struct{ ID, Secret string }

// A Server is a running emulator.
type Server struct {
	config  Config
	madeKey bool // the account's access key was not given
	faults  cloud.Faults
	journal cloud.Journal
	gateway *rpc.Gateway

	network  *vpc.Service
	rds      *rds.Service
	sts      *sts.Service
	ram      *ram.RAM
	oss      *oss.Service
	metadata *metadata.Service

	keeper                                           *keeper      // nil without a state file
	ca                                               *authority   // nil without HTTPS
	listener, tlsListener, metadataListener, control net.Listener // nil where there is none
	servers                                          []*http.Server
	serving                                          sync.WaitGroup
	inflight                                         sync.RWMutex // read-held by each request that is being served
}

// New starts an emulator; Close ends it.
func New(config Config) (*Server, error) {
	saved, known, err := readStateFile(config.StateFile)
	if err != nil {
		return nil, err
	}
	made := config.AccessKey == (AccessKey{})
	if made {
		config.AccessKey = saved.AccessKey // the key that was made before is good still
	}
	s := &Server{config: withDefaults(config), madeKey: made}
	c := s.config
	s.network = vpc.New(c.AccountID, c.Regions)
	s.ram = ram.New(c.Clock, c.AccountID)
	s.sts = sts.New(sts.Options{Clock: c.Clock, AccountID: c.AccountID, Roles: s.ram, Providers: c.OIDC})
	s.ram.AddAccountKey(c.AccessKey.ID, c.AccessKey.Secret)
	if err := s.ram.AddRole(InstanceRole, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	s.rds = rds.New(rds.Options{Clock: c.Clock, Network: s.network, AccountID: c.AccountID, Profile: c.Profile, Engine: c.Engine, Report: c.Report})
	keys := cloud.Keyring{s.ram, s.sts}
	s.gateway = rpc.NewGateway(
		rpc.Options{Keys: keys, Authorizer: s.ram, Clock: c.Clock, Faults: &s.faults, Journal: &s.journal, Region: c.Region, RequireTLS: c.StrictTLS, Unknown: c.Unknown},
		s.rds.Product(), s.network.Product(), s.sts.Product(), s.ram.Product(), location.New(regionIDs(c.Regions)).Product(),
	)
	s.oss = oss.New(oss.Config{Clock: c.Clock, Keys: keys, Authorizer: s.ram, Faults: &s.faults, Journal: &s.journal, Region: c.Region, Unknown: c.Unknown})
	s.metadata = s.newMetadata()
	if known {
		err = s.restore(saved)
	}
	if c.StateFile != "" && err == nil {
		s.keeper = newKeeper(c.StateFile, s.Save, c.Report)
	}
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		s.rds.Close()
		return nil, errors.Join(err, s.keeper.close())
	}
	return s, nil
}

func regionIDs(regions []vpc.Region) []string {
	ids := make([]string, 0, len(regions))
	for _, r := range regions {
		ids = append(ids, r.ID)
	}
	return ids
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

// newMetadata describes an instance in the first VSwitch of the region.
func (s *Server) newMetadata() *metadata.Service {
	o := metadata.Options{
		Clock: s.config.Clock, Sessions: s.sts, AccountID: s.config.AccountID, InstanceID: "i-emulated", RegionID: s.config.Region,
		Role: InstanceRole, AllowV1: s.config.MetadataV1,
	}
	region, _ := s.network.Region(s.config.Region)
	for _, v := range region.VPCs {
		if len(v.VSwitches) > 0 {
			o.VPCID, o.VSwitchID, o.ZoneID = v.ID, v.VSwitches[0].ID, v.VSwitches[0].ZoneID
			o.VPCCIDR, o.VSwitchCIDR = v.CIDR.String(), v.VSwitches[0].CIDR.String()
			break
		}
	}
	return metadata.New(o)
}

// listen opens the ports first, so that nothing is served if one of them
// cannot be had.
func (s *Server) listen() error {
	if s.config.TLSListen != "" {
		var err error
		if s.ca, err = newAuthority(); err != nil {
			return err
		}
	}
	ports := []struct {
		name, address string
		to            *net.Listener
		handler       http.Handler
	}{
		{"cloud", s.config.Listen, &s.listener, s.handler()},
		{"HTTPS", s.config.TLSListen, &s.tlsListener, s.handler()},
		{"metadata", s.config.MetadataListen, &s.metadataListener, s.metadata},
		{"control", s.config.ControlListen, &s.control, s.controlHandler()},
	}
	var open []net.Listener
	for _, p := range ports {
		if p.address == "" {
			continue
		}
		l, err := net.Listen("tcp", p.address)
		if err != nil {
			errs := []error{fmt.Errorf("emulator: %s: %w", p.name, err)}
			for _, l := range open {
				errs = append(errs, l.Close())
			}
			return errors.Join(errs...)
		}
		*p.to = l
		open = append(open, l)
	}
	for _, p := range ports {
		switch l := *p.to; {
		case l == nil:
		case p.to == &s.tlsListener:
			s.serve(tls.NewListener(l, s.ca.config()), p.handler)
		default:
			s.serve(l, p.handler)
		}
	}
	return nil
}

func (s *Server) serve(l net.Listener, h http.Handler) {
	server := &http.Server{ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(complaints{s.config.Report}, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.inflight.RLock()
		defer s.inflight.RUnlock()
		if s.keeper != nil && mayChange(r) {
			defer s.keeper.touch() // also where the handler drops the connection
		}
		h.ServeHTTP(w, r)
	})}
	s.servers = append(s.servers, server)
	s.serving.Go(func() { _ = server.Serve(l) }) // ends with ErrServerClosed
}

// complaints passes on what the HTTP server complains of: a handler that
// panics is a failure of ours. Handshakes that break off are the clients' to
// tell.
type complaints struct{ report func(error) }

func (c complaints) Write(line []byte) (int, error) {
	if c.report != nil && !bytes.Contains(line, []byte("TLS handshake error")) {
		c.report(fmt.Errorf("emulator: %s", bytes.TrimSpace(line)))
	}
	return len(line), nil
}

// handler tells the services apart that share the port.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/latest/"):
			s.metadata.ServeHTTP(w, r)
		case rpc.Matches(r):
			s.gateway.ServeHTTP(w, r)
		default:
			s.oss.ServeHTTP(w, r)
		}
	})
}

// Close stops serving, lets hanging calls go and waits for what is under way.
func (s *Server) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.faults.Clear() // a call whose body nobody has read does not see its client go
	s.serving.Wait()
	s.inflight.Lock() // until the last request has left
	defer s.inflight.Unlock()
	s.rds.Close()
	return errors.Join(append(errs, s.keeper.close())...)
}
