package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
)

// An api speaks to the API server about two kinds of object. It is our own, on
// client-go's REST client, because the typed clients know all kinds of objects
// and double the size of the program.
//
// The lease has a connection and a rate limit of its own, so that other traffic
// leaves its renewal alone.
type api struct {
	secrets  resource[corev1.Secret, *corev1.Secret]
	leases   resource[coordinationv1.Lease, *coordinationv1.Lease]
	metadata metadata.ResourceInterface // of secrets
	clients  []*http.Client
}

func newAPI(o *Options) (*api, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, coordinationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	base := rest.CopyConfig(o.Config)
	base.Timeout = 0 // it would end watches
	base.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	base.ContentType = "application/vnd.kubernetes.protobuf"
	base.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	base.WarningHandler = rest.NoWarnings{}
	if base.UserAgent == "" {
		base.UserAgent = o.Name
	}
	parameters := runtime.NewParameterCodec(scheme)

	core := rest.CopyConfig(base)
	core.APIPath, core.GroupVersion = "/api", &corev1.SchemeGroupVersion
	core.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(o.QPS, o.Burst)
	shared, err := httpClient(core, true)
	if err != nil {
		return nil, err
	}
	secrets, err := rest.RESTClientForConfigAndClient(core, shared)
	if err != nil {
		return nil, err
	}
	partial, err := metadata.NewForConfigAndClient(core, shared)
	if err != nil {
		return nil, err
	}

	coordination := rest.CopyConfig(base)
	coordination.APIPath, coordination.GroupVersion = "/apis", &coordinationv1.SchemeGroupVersion
	coordination.RateLimiter = flowcontrol.NewFakeAlwaysRateLimiter()
	own, err := httpClient(coordination, false)
	if err != nil {
		return nil, err
	}
	leases, err := rest.RESTClientForConfigAndClient(coordination, own)
	if err != nil {
		return nil, err
	}
	name := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	return &api{
		secrets: resource[corev1.Secret, *corev1.Secret]{
			client: secrets, parameters: parameters, name: name.Resource, namespace: o.Namespace, timeout: o.Timeout,
		},
		leases: resource[coordinationv1.Lease, *coordinationv1.Lease]{
			client: leases, parameters: parameters, name: "leases", namespace: o.Namespace, timeout: o.Timeout,
		},
		metadata: partial.Resource(name).Namespace(o.Namespace),
		clients:  []*http.Client{shared, own},
	}, nil
}

// httpClient returns a client that detects a dead connection within seconds: by
// pings with HTTP/2, where all requests share one connection, and by closing
// the connection of each timed-out request without it.
func httpClient(config *rest.Config, http2 bool) (*http.Client, error) {
	if config.Transport != nil {
		return rest.HTTPClientFor(config)
	}
	tls, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 5 * time.Second}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext,
		TLSClientConfig: tls, TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
		Protocols: new(http.Protocols),
		HTTP2:     &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second},
	}
	if config.Dial != nil {
		transport.DialContext = config.Dial
	}
	if config.Proxy != nil {
		transport.Proxy = config.Proxy
	}
	transport.Protocols.SetHTTP1(true)
	transport.Protocols.SetHTTP2(http2)
	wrapped, err := rest.HTTPWrappersForConfig(config, transport)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: wrapped}, nil
}

// close closes the idle connections.
func (a *api) close() {
	for _, c := range a.clients {
		c.CloseIdleConnections()
	}
}

// A resource is a kind of object in the store's namespace. It sends a write
// once: the caller decides whether a retry is safe.
type resource[T any, P interface {
	*T
	metav1.Object
	runtime.Object
}] struct {
	client          *rest.RESTClient
	parameters      runtime.ParameterCodec
	name, namespace string
	timeout         time.Duration
}

func (r resource[T, P]) get(ctx context.Context, name string) (*T, error) {
	return retryRead(ctx, func() (*T, error) { return r.do(ctx, "get", r.client.Get().Name(name)) })
}

func (r resource[T, P]) create(ctx context.Context, object *T) (*T, error) {
	return r.do(ctx, "create", r.client.Post().Body(P(object)))
}

// update replaces the object of the same resource version.
func (r resource[T, P]) update(ctx context.Context, object *T) (*T, error) {
	return r.do(ctx, "update", r.client.Put().Name(P(object).GetName()).Body(P(object)))
}

// delete deletes the object of the same identity and resource version.
func (r resource[T, P]) delete(ctx context.Context, object *T) error {
	uid, version := P(object).GetUID(), P(object).GetResourceVersion()
	options := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &version}}
	ctx, end := context.WithTimeout(ctx, r.timeout)
	defer end()
	return describeError("delete", r.name, r.namespace, r.request(r.client.Delete().Name(P(object).GetName()).Body(options)).Do(ctx).Error())
}

// list returns a page.
func (r resource[T, P]) list(ctx context.Context, options metav1.ListOptions, into runtime.Object) error {
	ctx, end := context.WithTimeout(ctx, r.timeout)
	defer end()
	_, err := retryRead(ctx, func() (struct{}, error) {
		return struct{}{}, r.request(r.client.Get().VersionedParams(&options, r.parameters)).Do(ctx).Into(into)
	})
	return describeError("list", r.name, r.namespace, err)
}

// watch returns the changes of one object, its present state first.
func (r resource[T, P]) watch(ctx context.Context, name string) (watch.Interface, error) {
	options := metav1.ListOptions{Watch: true, FieldSelector: "metadata.name=" + name}
	w, err := r.request(r.client.Get().VersionedParams(&options, r.parameters)).Watch(ctx)
	return w, describeError("watch", r.name, r.namespace, err)
}

func (r resource[T, P]) do(ctx context.Context, verb string, request *rest.Request) (*T, error) {
	ctx, end := context.WithTimeout(ctx, r.timeout)
	defer end()
	object := P(new(T))
	if err := r.request(request).Do(ctx).Into(object); err != nil {
		return nil, describeError(verb, r.name, r.namespace, err)
	}
	return object, nil
}

func (r resource[T, P]) request(request *rest.Request) *rest.Request {
	return request.Namespace(r.namespace).Resource(r.name).MaxRetries(0)
}

// retryRead reads up to three times while answers are missing: an idle
// connection may have died.
func retryRead[T any](ctx context.Context, read func() (T, error)) (T, error) {
	for wait, tries := (backoff{}), 2; ; tries-- {
		got, err := read()
		var answer apierrors.APIStatus
		if err == nil || tries == 0 || errors.As(err, &answer) || errors.Is(err, context.DeadlineExceeded) || wait.wait(ctx) != nil {
			return got, err
		}
	}
}

// describeError adds the request to an error, and to a forbidden one the
// permission that it needs.
func describeError(verb, resource, namespace string, err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%s %s: %w (the broker's Role in namespace %s needs the verb %q on %q)", verb, resource, err, namespace, verb, resource)
	default:
		return fmt.Errorf("%s %s: %w", verb, resource, err)
	}
}
