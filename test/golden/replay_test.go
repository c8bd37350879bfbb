package golden_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// The broker that the records are of.
const (
	brokerID = "golden"
	region   = "cn-hangzhou"
	account  = "1000000000000001"
)

// accountKey is the key of the recorded account.
func accountKey() alicloud.Key {
	return alicloud.Key{ID: "LTAIgolden", Secret: "the secret of the golden files"}
}

// providersOf returns the real providers on the clients.
func providersOf(t testing.TB, clients *alicloud.Clients) map[string]providers.Provider {
	t.Helper()
	made, err := all.Services().Providers(descriptor.Deps{Profiles: descriptor.OneProfile(clients, descriptor.Network{VpcID: "vpc-cnhangzhou0default"})})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// begun is a call of Do by the engine.
type begun struct {
	task providers.Task
	step providers.Step
}

// A repeater is the provider of an engine that goes on with a call. Its Next
// names the recorded step with another request: the engine must put the frozen
// one in its place.
type repeater struct {
	providers.Provider

	step, target string
	given        chan begun // the first
}

func (p repeater) Observe(context.Context, providers.Task) (providers.Seen, error) {
	return providers.Seen{Exists: true}, nil
}

func (p repeater) Next(providers.Task, providers.Seen) providers.Step {
	return providers.Step{
		Action: providers.Call, Name: p.step, Target: p.target, Request: json.RawMessage(`{"of":"today"}`),
		Text: "The recorded step is made again.",
	}
}

func (p repeater) Do(_ context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	select {
	case p.given <- begun{t, s}:
	default:
	}
	return providers.Facts{}, providers.ErrThrottled
}

// resume stores the records of a call, starts an engine on them, and returns
// the task and step with which the engine repeats the call. change may edit the
// records first.
func (c goldenCall) resume(t *testing.T, change func(*store.Record)) begun {
	t.Helper()
	st := environment.MustOpen(t, environment.Folder(t))
	for _, r := range c.decoded(t) {
		if change != nil {
			change(&r)
		}
		seed(t, st, r)
	}
	repeat := repeater{step: c.Step, target: c.Target, given: make(chan begun, 1)}
	engine := engine.New(engine.Config{
		BrokerID: brokerID, Now: func() time.Time { return c.Now }, Store: lifecycle.Checked(st),
		Providers: map[string]providers.Provider{"rds": repeat, "oss": repeat},
		Owner:     func(context.Context, string, providers.Task) (string, error) { return account, nil },
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	}()
	select {
	case b := <-repeat.given:
		return b
	case <-time.After(20 * time.Second):
		t.Fatalf("the engine does not repeat the call of step %s", c.Step)
		return begun{}
	}
}

// seed stores a record as it is.
func seed(t *testing.T, st store.Store, r store.Record) {
	t.Helper()
	_, err := st.Update(t.Context(), r.Key, func(fresh *store.Record) error {
		key, revision := fresh.Key, fresh.Revision
		*fresh = r
		fresh.Key, fresh.Revision = key, revision
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", r.Key, err)
	}
}
