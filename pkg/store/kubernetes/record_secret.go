package kubernetes

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The data of a record's Secret.
const (
	recordData   = "record"   // as store.Encode writes it
	checksumData = "checksum" // of the key and the record, in hex
)

// errBadKey rejects keys outside the limits.
var errBadKey = errors.New("the key needs an instance id, and at most 32 KiB")

func checkKey(k store.Key) error {
	if k.InstanceID == "" || len(k.InstanceID)+len(k.BindingID) > maxKey {
		return &store.RecordError{Key: k, Err: errBadKey}
	}
	return nil
}

// checksum is CRC-32C of a record and its key. It detects a record that was
// edited or copied into another Secret by hand.
func checksum(k store.Key, record []byte) string {
	table := crc32.MakeTable(crc32.Castagnoli)
	return fmt.Sprintf("%08x", crc32.Update(crc32.Checksum(keyBytes(k), table), table, record))
}

// encode returns the Secret that holds r. It keeps the labels, annotations and
// finalizers of others on old, the Secret to be replaced.
func (o *Options) encode(r *store.Record, old *corev1.Secret) (*corev1.Secret, error) {
	b, err := store.Encode(*r)
	if err != nil {
		return nil, &store.RecordError{Key: r.Key, Err: err}
	}
	next := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: o.recordName(r.Key)}, Type: recordType}
	if old != nil {
		old.DeepCopyInto(next)
		next.ManagedFields = nil
	}
	next.Data = map[string][]byte{recordData: b, checksumData: []byte(checksum(r.Key, b))}

	labels, annotations := o.labels(r), annotations(r)
	for _, name := range []string{unfinishedLabel, deletedLabel, bodiesLabel} {
		delete(next.Labels, name)
	}
	delete(next.Annotations, bindingAnnotation)
	delete(next.Annotations, deletedAnnotation)
	next.Labels = merge(next.Labels, labels)
	next.Annotations = merge(next.Annotations, annotations)
	next.Finalizers = finalizers(next, mayExistInCloud(r))
	return next, nil
}

func (o *Options) labels(r *store.Record) map[string]string {
	labels := map[string]string{storeLabel: o.Name, kindLabel: kind(r.Key), instanceLabel: hash(r.Instance())}
	if !r.Settled {
		labels[unfinishedLabel] = "true"
	}
	if !r.Deleted.IsZero() {
		labels[deletedLabel] = r.Deleted.UTC().Format(time.DateOnly)
	}
	if len(r.Bodies) > 0 {
		labels[bodiesLabel] = "true"
	}
	return labels
}

func annotations(r *store.Record) map[string]string {
	annotations := map[string]string{instanceAnnotation: quoteID(r.InstanceID), writeAnnotation: random()}
	if r.IsBinding() {
		annotations[bindingAnnotation] = quoteID(r.BindingID)
	}
	if !r.Deleted.IsZero() {
		annotations[deletedAnnotation] = r.Deleted.UTC().Format(time.RFC3339Nano)
	}
	return annotations
}

// mayExistInCloud reports whether the cloud may hold anything of r.
func mayExistInCloud(r *store.Record) bool {
	return !r.Settled || (r.Deleted.IsZero() && r.Goal != store.Absent)
}

// finalizers returns the finalizers that the object should have. It keeps ours
// on an object under deletion, because the tombstone is still needed and would
// go with the object. Deleting the record removes it.
func finalizers(object *corev1.Secret, mayExist bool) []string {
	has := slices.Contains(object.Finalizers, finalizer)
	switch {
	case mayExist && !has:
		return append(slices.Clone(object.Finalizers), finalizer)
	case !mayExist && has && object.DeletionTimestamp == nil:
		return withoutOurs(object.Finalizers)
	}
	return object.Finalizers
}

// withoutOurs returns finalizers without ours.
func withoutOurs(finalizers []string) []string {
	return slices.DeleteFunc(slices.Clone(finalizers), func(f string) bool { return f == finalizer })
}

// decode reads the record k from its Secret. The object's name decides: JSON
// drops ids that are invalid UTF-8.
func decode(k store.Key, object *corev1.Secret) (store.Record, error) {
	b := object.Data[recordData]
	revision, err := strconv.ParseUint(object.ResourceVersion, 10, 64)
	var r store.Record
	switch {
	case object.Type != recordType:
		err = fmt.Errorf("%w: its Secret is of type %q", store.ErrCorrupt, object.Type)
	case err != nil:
		err = fmt.Errorf("its resource version is not a number: %w", err)
	default:
		r, err = store.Decode(b)
		sum, ok := object.Data[checksumData]
		// Without a checksum, the record's box alone finds an edit, which an
		// operator can accept.
		boxed := r.Authentication.Box() != nil || r.Authentication.IsLost()
		if (ok || !boxed) && string(sum) != checksum(k, b) {
			err = fmt.Errorf("%w: its checksum is wrong", store.ErrCorrupt)
		}
	}
	if err != nil {
		return store.Record{}, &store.RecordError{Key: k, Err: fmt.Errorf("secret %s: %w", object.Name, err)}
	}
	r.Key, r.Revision = k, revision
	return r, nil
}

// identify returns the key of a record's Secret: from its annotations, or from
// the record if they were edited.
func (o *Options) identify(object *corev1.Secret) (store.Key, error) {
	if k, ok := o.keyOf(&object.ObjectMeta); ok {
		return k, nil
	}
	if r, err := store.Decode(object.Data[recordData]); err == nil && o.recordName(r.Key) == object.Name {
		return r.Key, nil
	}
	return store.Key{InstanceID: object.Name}, fmt.Errorf("%w: secret %s is named for other ids than it holds", store.ErrCorrupt, object.Name)
}

// merge adds our members to a map that may hold others.
func merge(into, ours map[string]string) map[string]string {
	if into == nil {
		return ours
	}
	maps.Copy(into, ours)
	return into
}

// random draws 128 bits, in hex.
func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // always succeeds, as documented
	return hex.EncodeToString(b[:])
}
