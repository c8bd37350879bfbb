package stack

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// A process is the part that a crash ends.
type process struct {
	faulty  *storetest.Faulty
	store   store.Store
	handler http.Handler
	stop    context.CancelFunc
	ended   chan error // the result of the engine
	crashed bool
}

// start opens the store and runs a broker on it.
func (s *Stack) start() (*process, error) {
	ctx, stop := context.WithCancel(context.Background())
	p := &process{stop: stop, ended: make(chan error, 1)}
	records, err := s.options.store(s.dir)
	if err != nil {
		stop()
		return nil, err
	}
	engine, err := s.wire(ctx, p, records)
	if err != nil {
		stop()
		_ = records.Close()
		return nil, err
	}
	go func() { p.ended <- engine.Run(ctx) }()
	if s.clock.speed > 1 {
		go s.hurry(ctx, p.store, engine)
	}
	return p, nil
}

// openFile opens the store in a file of the directory.
func openFile(dir string) (store.Store, error) {
	// The crashed process may still have a transaction to end.
	return bolt.Open(filepath.Join(dir, "broker.db"), &bolt.Options{LockTimeout: 10 * time.Second})
}

// brokerID of every stack.
const brokerID = "stack"

// wire makes the parts, as the program does.
func (s *Stack) wire(ctx context.Context, p *process, records store.Store) (*engine.Engine, error) {
	keys, err := sealed.Ensure(ctx, sealed.File(filepath.Join(s.dir, "keyset.json")), records, &sealed.Options{SingleProcess: true})
	if err != nil {
		return nil, err
	}
	p.faulty = storetest.NewFaulty(records)
	p.store = sealed.New(p.faulty, keys)
	offerings, err := catalog.Load(s.options.sources...)
	if err != nil {
		return nil, err
	}
	snapshot, err := catalog.NewSnapshot(offerings, s.clock.now())
	if err != nil {
		return nil, err
	}
	services, clients, err := s.services()
	if err != nil {
		return nil, err
	}
	config := broker.Config{
		BrokerID: brokerID, Now: s.clock.now, Catalog: catalog.NewCurrent(snapshot), Providers: services, Store: lifecycle.Checked(p.store), Region: s.cloud.Region(),
		AsyncWait: 2 * time.Second, SyncWait: 4 * time.Second, PollInterval: 5 * time.Millisecond,
	}
	operations := engine.Config{
		BrokerID: brokerID, Now: s.clock.now, Providers: services, Store: config.Store, Account: clients.Caller,
		PollSlow: 5 * time.Millisecond, PollQuick: 2 * time.Millisecond, Settle: 20 * time.Millisecond,
	}
	for _, change := range s.options.engine {
		change(&operations)
	}
	engine := engine.New(operations)
	config.Engine = engine
	for _, change := range s.options.broker {
		change(&config)
	}
	logic, err := broker.New(config)
	if err != nil {
		return nil, err
	}
	face := api.Config{Broker: logic, Users: s.options.users, Log: s.log.add}
	for _, change := range s.options.api {
		change(&face)
	}
	p.handler, err = api.New(face)
	return engine, err
}

// services returns all providers, on the emulated cloud.
func (s *Stack) services() (map[string]providers.Provider, *alicloud.Clients, error) {
	at, err := url.Parse(s.cloud.URL())
	if err != nil {
		return nil, nil, err
	}
	key := s.cloud.AccessKey()
	source := alicloud.Static(alicloud.Key{ID: key.ID, Secret: key.Secret})
	if s.options.source != nil {
		source = s.options.source(s.cloud)
	}
	services := all.Services()
	clients, err := alicloud.New(alicloud.Config{
		Region: s.cloud.Region(), Endpoints: alicloud.EndpointsAt(at, services.Products()...), CallsPerSecond: 10_000, Credentials: source,
	}, services.Products()...)
	if err != nil {
		return nil, nil, err
	}
	made, err := services.Providers(descriptor.Deps{Clients: clients, Metadata: alicloud.NewMetadata(at)})
	return made, clients, err
}

// hurry wakes the engine for due records: the engine counts its delays in real
// time, and its clock runs faster here.
func (s *Stack) hurry(ctx context.Context, st store.Store, engine *engine.Engine) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		keys, err := st.Unfinished(ctx)
		if err != nil {
			continue // it has crashed
		}
		for _, k := range keys {
			engine.Wake(k, "")
		}
	}
}
