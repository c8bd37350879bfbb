package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// isOrphaned reports whether a successful call's result is lost for good; err is
// the error of saving the record.
func (a *attempt) isOrphaned(ctx context.Context, made providers.Facts, err error) bool {
	switch {
	case errors.Is(err, errDeposed), errors.Is(err, errSuperseded):
		return true
	case a.term.lease.Held(): // the call stays open in the record: this process observes its result
		return false
	}
	// The write was cut off together with the lease and may be done. Unless another
	// process has taken the record over, that process observes before its next call.
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), a.config.LookTimeout)
	defer end()
	now, err := a.term.engine.store.Get(ctx, a.record.Key)
	if err != nil || now.Epoch <= a.term.lease.Epoch {
		return false
	}
	for name, value := range made.Open {
		if now.Facts[name] != value {
			return true
		}
	}
	return false
}

// undo removes the result of an orphaned call, if a repeated call would make a
// second resource.
func (a *attempt) undo(step providers.Step, made providers.Facts) {
	undoer, ok := providers.As[providers.Undoer](a.provider, a.task.Kind)
	if !ok {
		return
	}
	ctx, end := context.WithTimeout(context.Background(), a.config.CallTimeout)
	ended := make(chan error, 1)
	go func() {
		defer end()
		defer func() {
			if p := recover(); p != nil {
				ended <- &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
			}
		}()
		ended <- undoer.Undo(ctx, a.task, step, made)
	}()
	limit := time.NewTimer(a.config.CallTimeout + a.config.Grace)
	defer limit.Stop()
	var err error
	select {
	case err = <-ended:
	case <-limit.C:
		err = fmt.Errorf("undo: %w", errHung)
	}
	if err != nil {
		glog.Errorf("undo of a late call failed: the process that runs the operations removes resources it does not know %s step=%s err=%q", keyValues(a.record.Key), step.Name, err)
		return
	}
	glog.Warningf("late call undone %s step=%s", keyValues(a.record.Key), step.Name)
}
