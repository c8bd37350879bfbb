package broker

import (
	"encoding/json"
	"sync"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// heldBy returns the parameters of a spec of an instance, for comparisons with
// requests.
func (b *BusinessLogic) heldBy(req request, r *store.Record, s *store.Spec) (catalog.Held, error) {
	plan, err := req.planOf(r, s)
	if err != nil {
		return catalog.Held{}, err
	}
	parameters, err := s.Parameters.Open()
	if err != nil {
		return catalog.Held{}, err
	}
	return catalog.Held{
		Plan: plan, Parameters: parameters,
		InForce:  sync.OnceValue(func() catalog.Values { return b.inForce(r, s) }),
		Defaults: sync.OnceValue(func() catalog.Values { return b.defaults(r, s) }),
	}, nil
}

// inForce returns the parameters that the prepared plan of a spec stands for; nil
// if the provider does not tell.
func (b *BusinessLogic) inForce(r *store.Record, s *store.Spec) catalog.Values {
	reader, t, ok := b.readerOf(r, s)
	if !ok {
		return nil
	}
	return valuesOf(reader, t)
}

// defaults returns the parameters in force of an instance that is made with the
// plan of the spec and no parameters.
func (b *BusinessLogic) defaults(r *store.Record, s *store.Spec) catalog.Values {
	reader, t, ok := b.readerOf(r, s)
	if !ok {
		return nil
	}
	t.Parameters, t.Plan, t.Was, t.Facts = nil, nil, nil, providers.Facts{}
	plan, _, err := planFor(b.config.Providers[r.Provider], t)
	if err != nil {
		return nil // without parameters the plan makes nothing
	}
	t.Plan = plan
	return valuesOf(reader, t)
}

// readerOf returns the ability of the instance's provider to read a prepared
// plan, and the instance's task with the spec.
func (b *BusinessLogic) readerOf(r *store.Record, s *store.Spec) (providers.ParameterReader, providers.Task, bool) {
	provider := b.config.Providers[r.Provider]
	reader, ok := providers.As[providers.ParameterReader](provider, providers.Instance)
	if !ok {
		return nil, providers.Task{}, false
	}
	draft := *r
	draft.Want = s
	t, err := lifecycle.TaskOf(b.config.BrokerID, &draft, nil)
	if err != nil {
		glog.Warningf("parameters in force are unknown instance=%q err=%q", r.InstanceID, err)
		return nil, t, false
	}
	return reader, t, true
}

// valuesOf reads a prepared plan; nil if it cannot be read.
func valuesOf(reader providers.ParameterReader, t providers.Task) catalog.Values {
	read, err := reader.ParametersOf(t)
	if err != nil {
		glog.Warningf("parameters in force are unknown instance=%q err=%q", t.InstanceID, err)
		return nil
	}
	values := catalog.Values{}
	for name, value := range read {
		if raw, err := json.Marshal(value); err == nil {
			values[name] = raw
		}
	}
	return values
}
