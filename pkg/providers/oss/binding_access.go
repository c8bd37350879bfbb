package oss

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// accessForBindings returns the clients of bindings of every kind.
func (s service) accessForBindings() rampolicy.Access {
	return rampolicy.Access{Clients: s.clientsForBindings, Substitute: s.substituteForBindings, Explain: s.explainForBindings}
}

// clientsForBindings returns the clients that make the bindings of an instance, in
// the account of its key.
func (s service) clientsForBindings(instance providers.Task) (*alicloud.Clients, error) {
	plan, err := planForBindings(instance)
	if err != nil {
		return nil, err
	}
	if s, err = s.of(instance); err != nil {
		return nil, err
	}
	return s.clients(plan.key()), nil
}

// substituteForBindings returns clients in place of those that the cloud refuses.
func (s service) substituteForBindings(ctx context.Context, instance providers.Task, err error) (*alicloud.Clients, error) {
	plan, unreadable := planForBindings(instance)
	if unreadable != nil {
		return nil, unreadable
	}
	s, missing := s.of(instance)
	if missing != nil {
		return nil, missing
	}
	return s.substitute(ctx, instance, plan, err)
}

// explainForBindings adds the sentences of OSS, and gives refusals of a user's key
// to the user.
func (s service) explainForBindings(instance providers.Task, err error) error {
	plan, unreadable := planForBindings(instance)
	if unreadable != nil {
		return unreadable
	}
	return explain(plan, err)
}
