package stack

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A process is the part that a crash ends.
type process struct {
	store   *environment.Store
	handler http.Handler
	stop    context.CancelFunc
	ended   chan error // the result of the engine
	crashed bool
}

// start opens the store and runs a broker on it.
func (s *Stack) start() (*process, error) {
	ctx, stop := context.WithCancel(context.Background())
	p := &process{stop: stop, ended: make(chan error, 1)}
	var err error
	if p.store, err = s.options.store(ctx, s.dir); err != nil {
		stop()
		return nil, err
	}
	engine, err := s.wire(p)
	if err != nil {
		stop()
		_ = p.store.Close()
		return nil, err
	}
	go func() { p.ended <- engine.Run(ctx) }()
	if s.clock.speed > 1 {
		go s.hurry(ctx, p.store, engine)
	}
	return p, nil
}

// brokerID of every stack.
const brokerID = "stack"

// wire makes the parts, as the program does.
func (s *Stack) wire(p *process) (*engine.Engine, error) {
	offerings, err := catalog.Load(s.options.sources...)
	if err != nil {
		return nil, err
	}
	if offerings, err = offerings.WithOverlay([]byte(s.options.overlay)); err != nil {
		return nil, err
	}
	offerings, _ = offerings.WithProfiles(func(name string) bool { return name == descriptor.DefaultProfile || s.options.more[name] != nil })
	snapshot, err := catalog.NewSnapshot(offerings, s.clock.now())
	if err != nil {
		return nil, err
	}
	source := environment.AccountKey(s.cloud)
	if s.options.source != nil {
		source = s.options.source(s.cloud)
	}
	clients, err := environment.Clients(s.cloud, source)
	if err != nil {
		return nil, err
	}
	deps, err := environment.Deps(s.cloud, clients)
	if err != nil {
		return nil, err
	}
	maps.Copy(deps.Profiles, s.options.more)
	services, err := all.Services().Providers(deps)
	if err != nil {
		return nil, err
	}
	config := broker.Config{
		BrokerID: brokerID, Now: s.clock.now, Catalog: catalog.NewCurrent(snapshot), Providers: services, Resources: all.Services().Resources(), Store: lifecycle.Checked(p.store), RegionOf: deps.Profiles.RegionOf,
		AsyncWait: 2 * time.Second, SyncWait: 4 * time.Second, PollInterval: 5 * time.Millisecond,
	}
	operations := engine.Config{
		BrokerID: brokerID, Now: s.clock.now, Providers: services, Store: config.Store, Owner: all.Services().Owner(deps),
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
