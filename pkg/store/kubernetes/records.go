package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, k store.Key) (store.Record, error) {
	done, err := s.startCall(ctx)
	if err != nil {
		return store.Record{}, err
	}
	defer done()
	object, err := s.read(ctx, s.options.recordName(k))
	switch {
	case err != nil:
		return store.Record{}, err
	case object == nil:
		return store.Record{}, &store.RecordError{Key: k, Err: store.ErrNotFound}
	}
	return decode(k, object)
}

// read returns the Secret of that name as it is stored now, or nil. Without a
// resource version in the request, the server reads from an etcd quorum, so the
// writes of all replicas are visible.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
func (s *Store) read(ctx context.Context, name string) (*corev1.Secret, error) {
	object, err := s.api.secrets.get(ctx, name)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return object, err
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if err := checkKey(k); err != nil {
		return store.Record{}, err
	}
	done, err := s.startCall(ctx)
	if err != nil {
		return store.Record{}, err
	}
	defer done()
	name := s.options.recordName(k)
	leave, err := s.locks.lock(ctx, name)
	if err != nil {
		return store.Record{}, err
	}
	defer leave()
	for wait := (backoff{}); ; {
		old, err := s.read(ctx, name)
		if err != nil {
			return store.Record{}, err
		}
		next, added, err := s.change(k, old, change)
		if err != nil {
			return store.Record{}, err
		}
		if old == nil {
			if err := s.markUsed(ctx); err != nil {
				return store.Record{}, err
			}
		}
		saved, err := s.saveNaming(ctx, added, old, next)
		switch {
		case errors.Is(err, store.ErrNoBody):
			return store.Record{}, &store.RecordError{Key: k, Err: err}
		case err != nil:
			return store.Record{}, fmt.Errorf("%s: %w", k, err)
		case saved != nil:
			return decode(k, saved)
		}
		if err := wait.wait(ctx); err != nil {
			return store.Record{}, err
		}
	}
}

// change returns the Secret that replaces old, which is nil for a new record,
// and the bodies that the record names anew.
func (s *Store) change(k store.Key, old *corev1.Secret, change func(*store.Record) error) (next *corev1.Secret, added []string, err error) {
	r := store.Record{Key: k}
	if old != nil {
		if r, err = decode(k, old); err != nil {
			return nil, nil, err
		}
	}
	schema, named := r.Schema, maps.Clone(r.Bodies)
	if err := change(&r); err != nil {
		return nil, nil, err
	}
	r.Key, r.Schema = k, schema
	next, err = s.options.encode(&r, old)
	return next, store.NewBodies(named, r.Bodies), err
}

// saveNaming saves a record that names added bodies. One timeout spans both
// steps: a process that was stopped between them writes nothing after a sweep.
func (s *Store) saveNaming(ctx context.Context, added []string, old, next *corev1.Secret) (*corev1.Secret, error) {
	if len(added) == 0 {
		return s.save(ctx, old, next)
	}
	limited, end := context.WithTimeout(ctx, s.options.Timeout)
	defer end()
	if err := s.keepBodies(limited, added); err != nil {
		return nil, err
	}
	return s.save(limited, old, next)
}

// save writes next in the place of old and returns it as stored, or nil after
// losing a race. If the answer is lost, save reads the object and repeats the
// write while nothing has changed. The write takes effect once at most, because
// every write changes the version that it replaces.
func (s *Store) save(ctx context.Context, old, next *corev1.Secret) (*corev1.Secret, error) {
	limited, end := context.WithTimeout(ctx, s.options.Timeout)
	defer end()
	var lost error
	for wait := (backoff{}); ; {
		saved, err := s.write(ctx, old, next)
		outcome := outcomeOf(err, old == nil)
		switch {
		case outcome == written:
			return saved, nil
		case outcome == conflict && lost == nil:
			return nil, nil
		case outcome == rejected && lost == nil:
			return nil, err
		case outcome == unknown:
			lost = err
		}
		if lost != nil {
			now, err := s.read(ctx, next.Name)
			switch {
			case err != nil: // look again after the next try
			case now != nil && now.Annotations[writeAnnotation] == next.Annotations[writeAnnotation]:
				return now, nil
			case outcome == conflict || resourceVersion(now) != resourceVersion(old):
				return nil, fmt.Errorf("the outcome of this write is unknown, and others have written since: read the record again: %w", lost)
			case outcome == rejected:
				return nil, lost
			}
		}
		if wait.wait(limited) != nil {
			return nil, fmt.Errorf("the API server gave no definite answer in time: %w", err)
		}
	}
}

func (s *Store) write(ctx context.Context, old, next *corev1.Secret) (*corev1.Secret, error) {
	if old == nil {
		return s.api.secrets.create(ctx, next)
	}
	return s.api.secrets.update(ctx, next)
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	done, err := s.startCall(ctx)
	if err != nil {
		return err
	}
	defer done()
	name := s.options.recordName(k)
	leave, err := s.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer leave()
	limited, end := context.WithTimeout(ctx, s.options.Timeout)
	defer end()
	for wait := (backoff{}); ; {
		object, err := s.read(ctx, name)
		if err != nil || object == nil {
			return err
		}
		if check != nil {
			r, err := decode(k, object)
			if err != nil {
				return err
			}
			if err := check(&r); err != nil {
				return err
			}
		}
		err = s.remove(ctx, object)
		limit := ctx // races end soon; an outage may last
		switch outcomeOf(err, false) {
		case written:
			return nil
		case rejected:
			return fmt.Errorf("%s: %w", k, err)
		case conflict:
		case throttled, unknown:
			limit = limited
		}
		if wait.wait(limit) != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
}

// remove deletes an object and, before that, our finalizer, which readers
// ignore.
func (s *Store) remove(ctx context.Context, object *corev1.Secret) error {
	rest := withoutOurs(object.Finalizers)
	if len(rest) != len(object.Finalizers) {
		object.Finalizers = rest
		bare, err := s.api.secrets.update(ctx, object)
		switch {
		case err != nil:
			return err
		case bare.DeletionTimestamp != nil: // and now it is gone
			return nil
		}
		object = bare
	}
	return s.api.secrets.delete(ctx, object)
}
