package kubernetes

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Watch implements store.Store. It watches metadata only, and keeps the keys of
// unsettled records: after a long disconnection it reports the keys that are
// missing from the new list.
func (s *Store) Watch(ctx context.Context, changed func(store.Key)) error {
	done, err := s.startCall(ctx)
	switch {
	case err == nil:
		done() // Close ends watches by s.closing
	case ctx.Err() != nil:
		return nil
	default:
		return err
	}
	watching, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(s.closing, end)()
	// The lost connections that client-go would log are warned of below.
	watching = klog.NewContext(watching, logr.Discard())

	quiet := logr.Discard()
	selected := func(o *metav1.ListOptions) { o.LabelSelector = s.options.selector(unfinishedLabel + "=true") }
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			selected(&o)
			list, err := s.listMetadata(ctx, o)
			return list, s.warn(ctx, err)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			selected(&o)
			w, err := s.api.metadata.Watch(ctx, o)
			return w, s.warn(ctx, describeError("watch", "secrets", s.options.Namespace, err))
		},
	}
	reports := &notifier{store: s, ctx: watching, changed: changed, known: map[string]store.Key{}}
	cache.NewReflectorWithOptions(source, &metav1.PartialObjectMetadata{}, reports, cache.ReflectorOptions{
		Logger: &quiet, Name: s.options.Name,
		Backoff: &wait.Backoff{Duration: 100 * time.Millisecond, Cap: 2 * time.Second, Steps: 10, Factor: 2, Jitter: 0.5},
	}).RunWithContext(watching)
	if ctx.Err() == nil {
		return store.ErrClosed
	}
	return nil
}

// warn reports an error that the watch recovers from, and returns it.
func (s *Store) warn(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		s.options.Warn(fmt.Errorf("watch for work: %w", err))
	}
	return err
}

// A notifier serves as the reflector's cache and calls changed. One goroutine
// uses it.
type notifier struct {
	store   *Store
	ctx     context.Context //nolint:containedctx // the methods are the reflector's, and have none
	changed func(store.Key)
	known   map[string]store.Key // by the object's name
}

var _ cache.ReflectorStore = (*notifier)(nil)

// Add reports an object that was created, or became unsettled.
func (t *notifier) Add(object any) error {
	m, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return nil
	}
	k, ok := t.known[m.Name]
	if !ok {
		if k, ok = t.store.keyOf(t.ctx, &m.ObjectMeta); !ok {
			return nil
		}
		t.known[m.Name] = k
	}
	t.changed(k)
	return nil
}

// Update reports an object that was saved.
func (t *notifier) Update(object any) error { return t.Add(object) }

// Delete reports an object that was deleted, or was settled.
func (t *notifier) Delete(object any) error {
	if err := t.Add(object); err != nil {
		return err
	}
	if m, ok := object.(*metav1.PartialObjectMetadata); ok {
		delete(t.known, m.Name)
	}
	return nil
}

// Replace reports all present objects, and the ones that are missing since the
// last list.
func (t *notifier) Replace(objects []any, _ string) error {
	before := t.known
	t.known = map[string]store.Key{}
	for _, object := range objects {
		m, ok := object.(*metav1.PartialObjectMetadata)
		if !ok {
			continue
		}
		if k, ok := before[m.Name]; ok {
			t.known[m.Name] = k
			delete(before, m.Name)
		}
		if err := t.Add(object); err != nil {
			return err
		}
	}
	for _, k := range before {
		t.changed(k)
	}
	return nil
}

// Resync does nothing, because each object is reported once.
func (t *notifier) Resync() error { return nil }
