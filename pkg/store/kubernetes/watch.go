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

// Watch implements store.Store. It hears of metadata only. Of what is not
// settled it keeps the keys, so that it can tell what is gone when it had lost
// the connection for so long that the server has forgotten what happened.
func (s *Store) Watch(ctx context.Context, changed func(store.Key)) error {
	done, err := s.startCall(ctx)
	switch {
	case err == nil:
		done() // Close ends watches, and does not wait for them
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
	told := &notifier{store: s, ctx: watching, changed: changed, known: map[string]store.Key{}}
	cache.NewReflectorWithOptions(source, &metav1.PartialObjectMetadata{}, told, cache.ReflectorOptions{
		Logger: &quiet, Name: s.options.Name,
		Backoff: &wait.Backoff{Duration: 100 * time.Millisecond, Cap: 2 * time.Second, Steps: 10, Factor: 2, Jitter: 0.5},
	}).RunWithContext(watching)
	if ctx.Err() == nil {
		return store.ErrClosed
	}
	return nil
}

// warn tells of an error that is ridden out, and returns it.
func (s *Store) warn(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		s.options.Warn(fmt.Errorf("watch for work: %w", err))
	}
	return err
}

// A notifier is what the reflector takes for its cache. One goroutine calls it.
type notifier struct {
	store   *Store
	ctx     context.Context //nolint:containedctx // the methods are the reflector's, and have none
	changed func(store.Key)
	known   map[string]store.Key // by the object's name
}

var _ cache.ReflectorStore = (*notifier)(nil)

// Add tells of an object that was made, or is no longer settled.
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

// Update tells of an object that was saved.
func (t *notifier) Update(object any) error { return t.Add(object) }

// Delete tells of an object that was deleted, or is settled now.
func (t *notifier) Delete(object any) error {
	if err := t.Add(object); err != nil {
		return err
	}
	if m, ok := object.(*metav1.PartialObjectMetadata); ok {
		delete(t.known, m.Name)
	}
	return nil
}

// Replace tells of all objects that there are now, and of those that are gone.
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

// Resync does nothing: each object is told of once.
func (t *notifier) Resync() error { return nil }
