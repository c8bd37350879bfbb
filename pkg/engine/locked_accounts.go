package engine

import (
	"context"
	"errors"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// changeAccount stores a change of the accounts that the record of the binding's
// instance lists; nil is none. Instance and binding are two records, so the change
// comes first: after a crash the binding is unfinished, and its next attempt
// stores the same change again, which changes nothing.
func (a *attempt) changeAccount(ctx context.Context, c *providers.AccountChange) error {
	if c == nil || a.instance == nil {
		return nil
	}
	of := a.record.Parent
	if of == "" {
		of = a.instance.Incarnation
	}
	var removed store.LockedAccount
	saved, err := a.term.write(ctx, a.instance.Key, func(r *store.Record) error {
		if !lifecycle.Exists(r) || r.Incarnation != of {
			return lifecycle.ErrUnchanged // the instance is gone, with its accounts
		}
		if !lifecycle.ChangeAccount(r, a.record, *c, a.now) {
			return lifecycle.ErrUnchanged
		}
		if c.Event == providers.AccountRemoved {
			removed = r.Locked[len(r.Locked)-1]
		}
		return nil
	})
	if errors.Is(err, lifecycle.ErrUnchanged) {
		return nil
	}
	if err != nil {
		return err
	}
	*a.instance = saved
	if c.Event == providers.AccountRemoved {
		a.term.engine.metrics.removed(a.record.Provider)
		glog.Warningf("locked account removed to make room for another %s account=%q locked_by=%q locked=%s",
			keyValues(a.record.Key), removed.Name, removed.Binding, removed.Locked.UTC().Format(time.RFC3339))
	}
	return nil
}
