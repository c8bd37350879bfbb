package engine

import (
	"context"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// watchers are the requests that wait for the end of an operation.
type watchers struct {
	mu sync.Mutex
	by map[store.Key]map[chan struct{}]struct{}
}

// add returns a channel that gets a value after each change of k, and the
// function that ends it.
func (w *watchers) add(k store.Key) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[store.Key]map[chan struct{}]struct{}{}
	}
	if w.by[k] == nil {
		w.by[k] = map[chan struct{}]struct{}{}
	}
	w.by[k][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.by[k], ch)
		if len(w.by[k]) == 0 {
			delete(w.by, k)
		}
	}
}

// notify wakes the requests that wait for k.
func (w *watchers) notify(k store.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.by[k] {
		select {
		case ch <- struct{}{}:
		default: // an earlier value is still unread
		}
	}
}

// Await waits until the operation has ended and returns it with its record.
// When ctx ends first it returns the operation as it is then.
func (e *Engine) Await(ctx context.Context, k store.Key, operation string) (store.Operation, store.Record, error) {
	changed, end := e.watchers.add(k)
	defer end()
	for {
		// The last read happens also after the end of ctx.
		r, err := e.store.Find(context.WithoutCancel(ctx), k)
		if err != nil {
			return store.Operation{}, r, err
		}
		op, ok := lifecycle.OperationOf(&r, operation)
		if !ok { // forgotten after many later operations
			return store.Operation{ID: operation, State: store.Failed, Description: lifecycle.TextCancelled}, r, nil
		}
		if op.State.Finished() || ctx.Err() != nil {
			return op, r, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}
