// Package secretsource keeps the keyset of a broker that runs in Kubernetes in
// a Secret beside its records.
//
// The broker creates it, and it has no owner: a keyset that was uninstalled
// with a chart would leave records that never open again.
package secretsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// Names of the Secret. They are data of users' clusters: they stay as they are.
const (
	secretType = "alibabacloud-servicebroker/keyset"
	label      = secretType                           // the store's name
	annotation = "alibabacloud-servicebroker/warning" // for people
	dataKey    = "keyset.json"                        // of the data

	warning = "These keys open the secrets in the broker's records. Never delete them while there are records, " +
		"and keep a copy apart from that of the records."
)

// requestTime bounds one request.
const requestTime = 10 * time.Second

// secret is the source in the Secret of that name.
type secret struct {
	client                 *rest.RESTClient
	namespace, name, owner string
}

// New returns the keyset of the store of that name in a namespace: the Secret
// <store>-keyset. The broker needs to get, create and update Secrets there.
func New(config *rest.Config, namespace, storeName string) (sealed.Source, error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	config = rest.CopyConfig(config)
	config.Timeout = requestTime
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.WarningHandler = rest.NoWarnings{}
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return &secret{client: client, namespace: namespace, name: storeName + "-keyset", owner: storeName}, nil
}

// String implements sealed.Source.
func (s *secret) String() string { return "Secret " + s.namespace + "/" + s.name }

// Read implements sealed.Source. It reads the present state and bypasses caches
// of the server.
func (s *secret) Read(ctx context.Context) (keyset []byte, version string, err error) {
	object, err := s.get(ctx)
	if err != nil {
		return nil, "", err
	}
	return object.Data[dataKey], versionOf(object), nil
}

// Create implements sealed.Source.
func (s *secret) Create(ctx context.Context, keyset []byte) error {
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: s.name,
			Labels: map[string]string{label: s.owner}, Annotations: map[string]string{annotation: warning},
		},
		Type: secretType,
		Data: map[string][]byte{dataKey: keyset},
	}
	return s.wrap("create", s.request(s.client.Post()).Body(object).Do(ctx).Error())
}

// Replace implements sealed.Source.
func (s *secret) Replace(ctx context.Context, keyset []byte, version string) error {
	object, err := s.get(ctx)
	switch {
	case err != nil:
		return err
	case versionOf(object) != version:
		return fmt.Errorf("%s: %w", s, sealed.ErrChanged)
	}
	object.Data[dataKey] = keyset
	// The object's resource version makes the server compare and swap.
	err = s.wrap("update", s.request(s.client.Put()).Name(s.name).Body(object).Do(ctx).Error())
	if err == nil || errors.Is(err, sealed.ErrChanged) || errors.Is(err, sealed.ErrReadOnly) {
		return err
	}
	// The answer may be lost although the change was made.
	if now, e := s.get(ctx); e == nil && bytes.Equal(now.Data[dataKey], keyset) {
		return nil
	}
	return err
}

// get reads the Secret, which must be a keyset's.
func (s *secret) get(ctx context.Context) (*corev1.Secret, error) {
	object := &corev1.Secret{}
	if err := s.wrap("get", s.request(s.client.Get()).Name(s.name).Do(ctx).Into(object)); err != nil {
		return nil, err
	}
	if object.Type != secretType || object.Data[dataKey] == nil {
		return nil, fmt.Errorf("%s: %w: it is not a broker's keyset (type %q)", s, store.ErrForeign, object.Type)
	}
	return object, nil
}

// request is sent once: the caller decides whether a retry is safe.
func (s *secret) request(r *rest.Request) *rest.Request {
	return r.Namespace(s.namespace).Resource("secrets").MaxRetries(0)
}

// versionOf returns a version that also changes when the Secret is deleted and
// created again.
func versionOf(object *corev1.Secret) string {
	return string(object.UID) + "/" + object.ResourceVersion
}

// wrap turns an answer of the API server into the errors of a source.
func (s *secret) wrap(verb string, err error) error {
	var means error
	switch {
	case err == nil:
		return nil
	case apierrors.IsNotFound(err) && verb != "create":
		means = fs.ErrNotExist
	case apierrors.IsAlreadyExists(err):
		means = fs.ErrExist
	case apierrors.IsConflict(err):
		means = sealed.ErrChanged
	case verb == "update" && (apierrors.IsForbidden(err) || apierrors.IsInvalid(err)):
		means = sealed.ErrReadOnly // by its permissions, or since it is immutable
	default:
		return fmt.Errorf("%s %s: %w", verb, s, err)
	}
	return fmt.Errorf("%s %s: %w (%w)", verb, s, means, err)
}
