package broker

import (
	"context"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// checkClaim returns a 400 if a new binding takes a name that its user chose and
// that another binding of the instance holds. Two binds at once may both pass; the
// engine, which works on the bindings of an instance one by one, then fails the
// second one.
func (b *BusinessLogic) checkClaim(ctx context.Context, provider string, t providers.Task, instance *store.Record) error {
	claimer, ok := providers.As[providers.Claimer](b.config.Providers[provider], t.Kind)
	if !ok {
		return nil
	}
	own, err := claimer.Claim(t)
	if err != nil || own.Parameter == "" {
		return err
	}
	bindings, err := b.store.Bindings(ctx, t.InstanceID)
	if err != nil {
		return err
	}
	for i := range bindings {
		other := &bindings[i].Record
		if bindings[i].Err != nil || other.BindingID == t.BindingID || !lifecycle.MayHaveResources(other) ||
			other.Parent != "" && other.Parent != instance.Incarnation {
			continue
		}
		held, err := claimOf(b.config.BrokerID, claimer, other, instance)
		if err != nil { // an unreadable binding is the operator's matter
			glog.Warningf("claim unreadable instance=%q binding=%q err=%q", other.InstanceID, other.BindingID, err)
			continue
		}
		if held.Name == own.Name {
			return osb.ErrBadRequest("The %s is in use by another binding of this instance: choose another, or leave it out.", own.Parameter)
		}
	}
	return nil
}

// claimOf returns the name that a stored binding takes.
func claimOf(brokerID string, claimer providers.Claimer, r, instance *store.Record) (providers.Claim, error) {
	t, err := lifecycle.TaskOf(brokerID, r, instance)
	if err != nil {
		return providers.Claim{}, err
	}
	return claimer.Claim(t)
}
