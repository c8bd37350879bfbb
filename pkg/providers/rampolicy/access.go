package rampolicy

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An Access says with which clients the bindings of an instance are made. Its
// functions get the task of the instance.
type Access struct {
	// Clients returns the clients of the instance. Required.
	Clients func(instance providers.Task) (*alicloud.Clients, error)
	// Substitute returns clients that may act in place of the instance's, whose key
	// the cloud refuses with err: clients of the same account, or nil for none. Its
	// own error replaces err. Nil: there are none.
	Substitute func(ctx context.Context, instance providers.Task, err error) (*alicloud.Clients, error)
	// Explain adds the service's sentences to an error of the cloud, or gives
	// the error to the user. Nil leaves errors as they are.
	Explain func(instance providers.Task, err error) error
}

// Do runs do with the clients of the binding's instance, and again with those of
// Substitute if the cloud refuses the first. A refused call has no effect.
func (a Access) Do(ctx context.Context, binding providers.Task, do func(*alicloud.Clients) error) error {
	instance, err := InstanceOf(binding)
	if err != nil {
		return err
	}
	clients, err := a.Clients(instance)
	if err != nil {
		return err
	}
	if err = do(clients); err == nil {
		return nil
	}
	if a.Substitute != nil {
		substitute, failed := a.Substitute(ctx, instance, err)
		switch {
		case failed != nil:
			return failed
		case substitute != nil:
			return do(substitute)
		}
	}
	if a.Explain == nil {
		return err
	}
	return a.Explain(instance, err)
}

// errNoInstance is the cause of a failure: the record of the binding's instance is
// missing.
var errNoInstance = errors.New("rampolicy: a binding without an instance")

// InstanceOf returns the task of the binding's instance.
func InstanceOf(binding providers.Task) (providers.Task, error) {
	if binding.Of == nil {
		return providers.Task{}, providers.Unreadable(errNoInstance)
	}
	return *binding.Of, nil
}
