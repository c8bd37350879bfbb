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

// isNobodys says whether what a call made stands in no record and never will,
// although the call was good: recording it failed with err.
func (m *move) isNobodys(ctx context.Context, made providers.Facts, err error) bool {
	switch {
	case errors.Is(err, errDeposed), errors.Is(err, errMoved):
		return true
	case m.lease.Held(): // the call stays open in the record: this process looks what it gave
		return false
	}
	// The write was cut off together with the lease: it may be done. Where
	// another process has not taken the record over, that one looks before it
	// goes on.
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), m.config.LookTimeout)
	defer end()
	now, err := m.store.Get(ctx, m.r.Key)
	if err != nil || now.Epoch <= m.lease.Epoch {
		return false
	}
	for name, value := range made.Open {
		if now.Facts[name] != value {
			return true
		}
	}
	return false
}

// undo takes back what a call made whose result could not be recorded, since
// another process runs the operations now, where making it again would not find
// it.
func (m *move) undo(step providers.Step, made providers.Facts) {
	undoer, ok := providers.As[providers.Undoer](m.provider, m.task.Kind)
	if !ok {
		return
	}
	ctx, end := context.WithTimeout(context.Background(), m.config.CallTimeout)
	ended := make(chan error, 1)
	go func() {
		defer end()
		defer func() {
			if p := recover(); p != nil {
				ended <- &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
			}
		}()
		ended <- undoer.Undo(ctx, m.task, step, made)
	}()
	patience := time.NewTimer(m.config.CallTimeout + m.config.Grace)
	defer patience.Stop()
	var err error
	select {
	case err = <-ended:
	case <-patience.C:
		err = fmt.Errorf("undo: %w", errGivenUp)
	}
	if err != nil {
		glog.Errorf("%s step %q came too late and could not be taken back; the process that runs the operations now removes what it does not know: %v", m.r.Key, step.Name, err)
		return
	}
	glog.Warningf("%s step %q came too late and was taken back", m.r.Key, step.Name)
}
