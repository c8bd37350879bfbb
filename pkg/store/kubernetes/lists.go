package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Page sizes. A whole record may have 256 KiB.
const (
	recordPage   = 100
	metadataPage = 2000
)

// recentDays bounds the length of a selector of tombstones.
const recentDays = 60

// Bindings implements store.Store.
func (s *Store) Bindings(ctx context.Context, instanceID string) ([]store.Item, error) {
	var bindings []store.Item
	selector := s.options.selector(kindLabel+"=binding", instanceLabel+"="+hash(store.Key{InstanceID: instanceID}))
	for object, err := range s.records(ctx, selector) {
		if err != nil {
			return nil, err
		}
		item := s.item(object)
		if k := item.Record.Key; k.InstanceID == instanceID && k.IsBinding() {
			bindings = append(bindings, item)
		}
	}
	slices.SortFunc(bindings, func(a, b store.Item) int { return a.Record.Compare(b.Record.Key) })
	return bindings, nil
}

// All implements store.Store.
func (s *Store) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for object, err := range s.records(ctx, s.options.selector()) {
			if err != nil {
				yield(store.Record{}, err)
				return
			}
			if item := s.item(object); !yield(item.Record, item.Err) {
				return
			}
		}
	}
}

// item reads an object.
func (s *Store) item(object *corev1.Secret) store.Item {
	k, err := s.options.identify(object)
	if err != nil {
		return store.Item{Record: store.Record{Key: k}, Err: &store.RecordError{Key: k, Err: err}}
	}
	r, err := decode(k, object)
	if err != nil {
		r = store.Record{Key: k}
	}
	return store.Item{Record: r, Err: err}
}

// Unfinished implements store.Store.
func (s *Store) Unfinished(ctx context.Context) ([]store.Key, error) {
	var keys []store.Key
	for object, err := range s.metadata(ctx, s.options.selector(unfinishedLabel+"=true")) {
		if err != nil {
			return nil, err
		}
		if k, ok := s.keyOf(ctx, &object.ObjectMeta); ok {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, store.Key.Compare)
	return keys, nil
}

// Tombstones implements store.Store. The label excludes the days after before,
// which most tombstones belong to; the annotation has the exact time.
func (s *Store) Tombstones(ctx context.Context, before time.Time, limit int) ([]store.Key, error) {
	if limit <= 0 {
		return nil, nil
	}
	var keys []store.Key
	for object, err := range s.metadata(ctx, s.options.selector(deletedLabel, notDeletedSince(before, time.Now()))) {
		if err != nil {
			return nil, err
		}
		at, err := time.Parse(time.RFC3339Nano, object.Annotations[deletedAnnotation])
		if err != nil || !at.Before(before) {
			continue
		}
		k, ok := s.keyOf(ctx, &object.ObjectMeta)
		if !ok {
			continue
		}
		if keys = append(keys, k); len(keys) == limit {
			break
		}
	}
	return keys, nil
}

// notDeletedSince selects records deleted on the day of before or earlier. It
// excludes tomorrow too, because the clocks of other replicas may be ahead.
func notDeletedSince(before, now time.Time) string {
	const day = 24 * time.Hour
	days := []string{"none"}
	last := now.UTC().Truncate(day).Add(day)
	first := before.UTC().Truncate(day).Add(day)
	for at, n := last, 0; !at.Before(first) && n < recentDays; at, n = at.Add(-day), n+1 {
		days = append(days, at.Format(time.DateOnly))
	}
	return deletedLabel + " notin (" + strings.Join(days, ",") + ")"
}

// keyOf returns the key of an object from its metadata, or from its record if
// the annotations were edited. An object without a readable key causes a
// warning here and comes as damaged with All.
func (s *Store) keyOf(ctx context.Context, m *metav1.ObjectMeta) (store.Key, bool) {
	if k, ok := s.options.keyOf(m); ok {
		return k, true
	}
	object, err := s.read(ctx, m.Name)
	if err == nil && object != nil {
		var k store.Key
		if k, err = s.options.identify(object); err == nil {
			return k, true
		}
	}
	if err != nil {
		s.options.Warn(err)
	}
	return store.Key{}, false
}

// records yields the Secrets of a selector, each once.
func (s *Store) records(ctx context.Context, selector string) iter.Seq2[*corev1.Secret, error] {
	return pages(ctx, s, selector, recordPage, func(ctx context.Context, o metav1.ListOptions) ([]corev1.Secret, string, error) {
		var list corev1.SecretList
		err := s.api.secrets.list(ctx, o, &list)
		return list.Items, list.Continue, err
	})
}

// metadata yields the same without their data.
func (s *Store) metadata(ctx context.Context, selector string) iter.Seq2[*metav1.PartialObjectMetadata, error] {
	return pages(ctx, s, selector, metadataPage, func(ctx context.Context, o metav1.ListOptions) ([]metav1.PartialObjectMetadata, string, error) {
		list, err := s.listMetadata(ctx, o)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	})
}

// listMetadata returns a page.
func (s *Store) listMetadata(ctx context.Context, o metav1.ListOptions) (*metav1.PartialObjectMetadataList, error) {
	ctx, end := context.WithTimeout(ctx, s.options.Timeout)
	defer end()
	list, err := retryRead(ctx, func() (*metav1.PartialObjectMetadataList, error) { return s.api.metadata.List(ctx, o) })
	return list, describeError("list", "secrets", s.options.Namespace, err)
}

// pages lists page by page. The server orders by name and serves all pages as
// of the first one; if that version has expired, it continues with the present
// objects after the last name.
func pages[T any, P interface {
	*T
	metav1.Object
}](ctx context.Context, s *Store, selector string, size int64, list func(context.Context, metav1.ListOptions) ([]T, string, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		options := metav1.ListOptions{LabelSelector: selector, Limit: size}
		last := ""
		for {
			items, token, err := page(ctx, s, options, list)
			if next, expired := isExpired(err); expired && options.Continue != "" {
				options.Continue = next // empty: from the beginning
				continue
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range items {
				name := P(&items[i]).GetName()
				if cmp.Compare(name, last) <= 0 { // was given before
					continue
				}
				last = name
				if !yield(&items[i], nil) {
					return
				}
			}
			if token == "" {
				return
			}
			options.Continue = token
		}
	}
}

// page requests one page. Close waits for the request, and the consumer of the
// page may outlast it.
func page[T any](ctx context.Context, s *Store, o metav1.ListOptions, list func(context.Context, metav1.ListOptions) ([]T, string, error)) ([]T, string, error) {
	done, err := s.startCall(ctx)
	if err != nil {
		return nil, "", err
	}
	defer done()
	items, token, err := list(ctx, o)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("list the records: %w", err)
	}
	return items, token, err
}
