package kubernetes

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// bodyData is the data of a body's Secret: the body as it is.
const bodyData = "body"

// PutBody implements store.Store.
func (s *Store) PutBody(ctx context.Context, content []byte) (digest string, _ store.Sealed, err error) {
	if err := store.CheckBody(content); err != nil {
		return "", store.Sealed{}, err
	}
	digest = store.BodyDigest(content)
	fresh := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.options.Namespace, Name: s.options.bodyName(digest),
			Labels: map[string]string{storeLabel: s.options.Name, bodyLabel: "true"},
		},
		Type: bodyType,
		Data: map[string][]byte{bodyData: content},
	}
	err = s.editBody(ctx, digest, func(old *corev1.Secret) (next *corev1.Secret, err error) {
		switch {
		case old == nil:
			return fresh, nil
		case old.Type == bodyType && bytes.Equal(old.Data[bodyData], content):
			return withoutMark(old), nil
		default:
			old.Data, old.Type = fresh.Data, fresh.Type
			return old, nil
		}
	})
	if err != nil {
		return "", store.Sealed{}, err
	}
	return digest, store.Sealed{}, nil
}

// Body implements store.Store.
func (s *Store) Body(ctx context.Context, digest string, _ store.Sealed) ([]byte, error) {
	done, err := s.startCall(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if !store.IsBodyDigest(digest) {
		return nil, noBody(digest)
	}
	object, err := s.read(ctx, s.options.bodyName(digest))
	switch {
	case err != nil:
		return nil, err
	case object == nil:
		return nil, noBody(digest)
	}
	content := object.Data[bodyData]
	return content, store.VerifyBody(digest, content)
}

func noBody(digest string) error { return fmt.Errorf("body %q: %w", digest, store.ErrNoBody) }

// keepBodies removes the marks of sweeps from bodies that a record is about to
// name. The error is ErrNoBody if one is missing. An unmarked body stays for
// BodyAge at least, far longer than the write of the record may take.
func (s *Store) keepBodies(ctx context.Context, digests []string) error {
	for _, digest := range digests {
		if !store.IsBodyDigest(digest) {
			return noBody(digest)
		}
		err := s.editBody(ctx, digest, func(old *corev1.Secret) (*corev1.Secret, error) {
			if old == nil {
				return nil, noBody(digest)
			}
			return withoutMark(old), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// withoutMark returns the Secret to write so that a body loses its mark; nil if
// it has none.
func withoutMark(body *corev1.Secret) *corev1.Secret {
	if _, marked := body.Annotations[unnamedAnnotation]; !marked {
		return nil
	}
	delete(body.Annotations, unnamedAnnotation)
	return body
}

// editBody replaces a body's Secret by the result of edit; a nil result leaves
// it alone. Repeating such a write is harmless, so a lost answer is retried.
func (s *Store) editBody(ctx context.Context, digest string, edit func(old *corev1.Secret) (next *corev1.Secret, err error)) error {
	done, err := s.startCall(ctx)
	if err != nil {
		return err
	}
	defer done()
	name := s.options.bodyName(digest)
	leave, err := s.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer leave()
	limited, end := context.WithTimeout(ctx, s.options.Timeout)
	defer end()
	for wait := (backoff{}); ; {
		old, err := s.read(ctx, name)
		if err != nil {
			return err
		}
		isNew := old == nil
		next, err := edit(old)
		if err != nil || next == nil {
			return err
		}
		if isNew {
			_, err = s.api.secrets.create(ctx, next)
		} else {
			_, err = s.api.secrets.update(ctx, next)
		}
		limit := ctx
		switch outcomeOf(err, isNew) {
		case written:
			return nil
		case rejected:
			return fmt.Errorf("write body %s: %w", digest, err)
		case conflict:
		case throttled, unknown:
			limit = limited
		}
		if wait.wait(limit) != nil {
			return fmt.Errorf("write body %s: %w", digest, err)
		}
	}
}

// SweepBodies implements store.Store. It lists the bodies before the records:
// a writer that names a marked body changes the body first, and the deletion of
// the version listed here fails then.
func (s *Store) SweepBodies(ctx context.Context, now time.Time) (deleted int, err error) {
	var bodies []*metav1.PartialObjectMetadata
	for body, err := range s.metadata(ctx, s.options.bodySelector()) {
		if err != nil {
			return 0, err
		}
		bodies = append(bodies, body)
	}
	if len(bodies) == 0 {
		return 0, nil
	}
	named, err := s.namedBodies(ctx)
	if err != nil {
		return 0, err
	}
	for _, body := range bodies {
		gone, err := s.sweepBody(ctx, &body.ObjectMeta, named, now)
		if err != nil {
			return deleted, err
		}
		if gone {
			deleted++
		}
	}
	return deleted, nil
}

// namedBodies returns the names of the Secrets of bodies that records name. An
// undecodable record stops the sweep, because its bodies are unknown.
func (s *Store) namedBodies(ctx context.Context) (map[string]bool, error) {
	named := map[string]bool{}
	for object, err := range s.records(ctx, s.options.selector(bodiesLabel+"=true")) {
		if err != nil {
			return nil, err
		}
		item := s.item(object)
		if item.Err != nil {
			return nil, fmt.Errorf("find the bodies in use: repair or purge this record: %w", item.Err)
		}
		for digest := range item.Record.Bodies {
			named[s.options.bodyName(digest)] = true
		}
	}
	return named, nil
}

// sweepBody marks a body, removes its mark, or deletes it.
func (s *Store) sweepBody(ctx context.Context, body *metav1.ObjectMeta, named map[string]bool, now time.Time) (gone bool, err error) {
	mark, marked := body.Annotations[unnamedAnnotation]
	since, err := time.Parse(time.RFC3339Nano, mark)
	readable := err == nil
	digest := strings.TrimPrefix(body.Name, s.options.bodyName(""))
	switch {
	case named[body.Name] && !marked:
		return false, nil
	case named[body.Name]:
		return false, s.editBody(ctx, digest, unlessChanged(body, withoutMark))
	case !marked || !readable:
		return false, s.editBody(ctx, digest, unlessChanged(body, func(old *corev1.Secret) *corev1.Secret {
			old.Annotations = merge(old.Annotations, map[string]string{unnamedAnnotation: now.UTC().Format(time.RFC3339Nano)})
			return old
		}))
	case now.Sub(since) < store.BodyAge:
		return false, nil
	}
	return s.deleteBody(ctx, body)
}

// unlessChanged edits a body if it is still of the version that was listed.
func unlessChanged(listed *metav1.ObjectMeta, edit func(*corev1.Secret) *corev1.Secret) func(*corev1.Secret) (*corev1.Secret, error) {
	return func(old *corev1.Secret) (*corev1.Secret, error) {
		if old == nil || old.ResourceVersion != listed.ResourceVersion {
			return nil, nil
		}
		return edit(old), nil
	}
}

// deleteBody deletes the version of a body that was listed. Where the answer is
// lost, the next sweep looks again.
func (s *Store) deleteBody(ctx context.Context, listed *metav1.ObjectMeta) (gone bool, err error) {
	done, err := s.startCall(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	err = s.api.secrets.delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: listed.Namespace, Name: listed.Name, UID: listed.UID, ResourceVersion: listed.ResourceVersion,
	}})
	switch outcomeOf(err, false) {
	case written:
		return true, nil
	case conflict:
		return false, nil
	default:
		return false, fmt.Errorf("delete body %s, which no record names: %w", listed.Name, err)
	}
}
