// Package emulator is Alibaba Cloud in one process: the RPC gateway with RDS,
// VPC, RAM and STS, the Object Storage Service and the instance metadata
// service, all on one HTTP port, for the unmodified SDKs. It verifies
// signatures, checks parameters and answers with the documented codes; what it
// does not know it refuses with 501. Time, faults and what happened are in the
// hands of the test that owns it.
package emulator

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
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
	Listen        string        // host:port of the cloud; empty: 127.0.0.1 and a free port
	ControlListen string        // host:port of the control API; empty: none
	AccountID     string        // 16 digits; empty: one of our own
	AccessKey     AccessKey     // the account's key; empty: made
	Region        string        // the region of the metadata service; empty: cn-hangzhou
	Regions       []vpc.Region  // the networks; nil: vpc.DefaultRegions(Region)
	Profile       rds.Profile   // how long things take; the zero value: no time
	Engine        engine.Engine // real database servers; nil: none. It stays the caller's to close
	Clock         *cloud.Clock  // nil: real time
	MetadataV1    bool          // the metadata service answers without a token too
	Report        func(error)   // hears of failures in the background; nil: nobody
}

// An AccessKey is a long-lived access key.
type AccessKey struct{ ID, Secret string }

// A Server is a running emulator.
type Server struct {
	config  Config
	faults  cloud.Faults
	journal cloud.Journal
	gateway *rpc.Gateway

	network  *vpc.Service
	rds      *rds.Service
	sts      *sts.Service
	ram      *ram.RAM
	oss      *oss.Service
	metadata *metadata.Service

	listener, control net.Listener
	servers           []*http.Server
	serving           sync.WaitGroup
	inflight          sync.RWMutex // read-held by each request that is being served
}

// New starts an emulator; Close ends it.
func New(config Config) (*Server, error) {
	s := &Server{config: withDefaults(config)}
	c := s.config
	s.network = vpc.New(c.AccountID, c.Regions)
	s.sts = sts.New(c.Clock, c.AccountID)
	s.ram = ram.New(c.Clock, c.AccountID)
	s.ram.AddAccountKey(c.AccessKey.ID, c.AccessKey.Secret)
	if err := s.ram.AddRole(InstanceRole, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	s.rds = rds.New(rds.Options{Clock: c.Clock, Network: s.network, AccountID: c.AccountID, Profile: c.Profile, Engine: c.Engine, Report: c.Report})
	keys := cloud.Keyring{s.ram, s.sts}
	s.gateway = rpc.NewGateway(
		rpc.Options{Keys: keys, Authorizer: s.ram, Clock: c.Clock, Faults: &s.faults, Journal: &s.journal, Region: c.Region},
		s.rds.Product(), s.network.Product(), s.sts.Product(), s.ram.Product(),
	)
	s.oss = oss.New(oss.Config{Clock: c.Clock, Keys: keys, Authorizer: s.ram, Faults: &s.faults, Journal: &s.journal, Region: c.Region})
	s.metadata = s.newMetadata()
	if err := s.listen(); err != nil {
		s.rds.Close()
		return nil, err
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
			break
		}
	}
	return metadata.New(o)
}

func (s *Server) listen() error {
	var err error
	if s.listener, err = net.Listen("tcp", s.config.Listen); err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	if s.config.ControlListen != "" {
		if s.control, err = net.Listen("tcp", s.config.ControlListen); err != nil {
			return errors.Join(fmt.Errorf("emulator: control: %w", err), s.listener.Close())
		}
		s.serve(s.control, s.controlHandler())
	}
	s.serve(s.listener, s.handler())
	return nil
}

func (s *Server) serve(l net.Listener, h http.Handler) {
	server := &http.Server{ReadHeaderTimeout: 30 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.inflight.RLock()
		defer s.inflight.RUnlock()
		h.ServeHTTP(w, r)
	})}
	s.servers = append(s.servers, server)
	s.serving.Go(func() { _ = server.Serve(l) }) // ends with ErrServerClosed
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
	return errors.Join(errs...)
}
