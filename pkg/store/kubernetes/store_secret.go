package kubernetes

import (
	"context"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The data of the Secret about the store.
const (
	formatData = "format" // format of the objects; others are foreign
	heldData   = "held"   // "true": it has held a record
	epochData  = "epoch"  // of the last lease

	format = "1"
)

// meta returns the Secret about the store, and creates a missing one. If it was
// deleted by hand, the existing records show whether the store was used.
func (s *Store) meta(ctx context.Context) (*corev1.Secret, error) {
	for wait := (backoff{}); ; {
		object, err := s.read(ctx, s.options.metaName())
		switch {
		case err != nil:
			return nil, err
		case object != nil:
			return object, s.checkMeta(object)
		}
		held, err := s.hasRecords(ctx)
		if err != nil {
			return nil, err
		}
		fresh := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: s.options.Namespace, Name: s.options.metaName(), Labels: map[string]string{storeLabel: s.options.Name},
			},
			Type: metaType,
			Data: map[string][]byte{formatData: []byte(format), heldData: []byte(strconv.FormatBool(held)), epochData: []byte("0")},
		}
		object, err = s.api.secrets.create(ctx, fresh)
		switch outcomeOf(err, true) {
		case written:
			return object, nil
		case rejected, unknown:
			return nil, err
		case conflict, throttled:
		}
		if err := wait.wait(ctx); err != nil {
			return nil, err
		}
	}
}

func (s *Store) checkMeta(object *corev1.Secret) error {
	var what string
	switch f := string(object.Data[formatData]); {
	case object.Type != metaType:
		what = fmt.Sprintf("it is of type %q", object.Type)
	case f != format:
		what = fmt.Sprintf("its format is %q, and this version of the broker reads %q", f, format)
	default:
		return nil
	}
	return fmt.Errorf("secret %s in namespace %s: %w: %s; it was left as it is: use the version of the broker "+
		"that wrote it, or give this broker's store another name", object.Name, object.Namespace, store.ErrForeign, what)
}

// updateMeta changes the Secret about the store. change reports whether it
// changed anything.
func (s *Store) updateMeta(ctx context.Context, change func(data map[string][]byte) bool) error {
	leave, err := s.locks.lock(ctx, s.options.metaName())
	if err != nil {
		return err
	}
	defer leave()
	limited, end := context.WithTimeout(ctx, s.options.Timeout)
	defer end()
	for wait := (backoff{}); ; {
		object, err := s.meta(ctx)
		if err != nil {
			return err
		}
		if !change(object.Data) {
			return nil
		}
		_, err = s.api.secrets.update(ctx, object)
		limit := ctx
		switch outcomeOf(err, false) {
		case written:
			return nil
		case rejected:
			return err
		case conflict:
		case throttled, unknown: // repeating the change is harmless
			limit = limited
		}
		if wait.wait(limit) != nil {
			return err
		}
	}
}

// markUsed notes, before the first record is created, that the store has held
// one.
func (s *Store) markUsed(ctx context.Context) error {
	if s.everUsed.Load() {
		return nil
	}
	err := s.updateMeta(ctx, func(data map[string][]byte) bool {
		if string(data[heldData]) == "true" {
			return false
		}
		data[heldData] = []byte("true")
		return true
	})
	if err == nil {
		s.everUsed.Store(true)
	}
	return err
}

// nextEpoch draws an epoch: greater than the last, and at least the clock's
// milliseconds, in case the Secret with the last was lost.
func (s *Store) nextEpoch(ctx context.Context, clock int64) (epoch uint64, err error) {
	err = s.updateMeta(ctx, func(data map[string][]byte) bool {
		epoch = max(lastEpoch(data)+1, uint64(max(clock, 0)))
		data[epochData] = []byte(strconv.FormatUint(epoch, 10))
		return true
	})
	return epoch, err
}

// lastEpoch is the epoch of the last lease, 0 before the first.
func lastEpoch(data map[string][]byte) uint64 {
	epoch, _ := strconv.ParseUint(string(data[epochData]), 10, 64) // a malformed number was edited by hand and counts as 0
	return epoch
}

// Empty implements store.Store.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	done, err := s.startCall(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	object, err := s.meta(ctx)
	if err != nil || string(object.Data[heldData]) == "true" {
		return false, err
	}
	held, err := s.hasRecords(ctx)
	return err == nil && !held, err
}

// hasRecords reports whether the store holds a record.
func (s *Store) hasRecords(ctx context.Context) (bool, error) {
	list, err := s.listMetadata(ctx, metav1.ListOptions{LabelSelector: s.options.selector(), Limit: 1})
	if err != nil {
		return false, err
	}
	return len(list.Items) > 0, nil
}
