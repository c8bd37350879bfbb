package kubernetes_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

const (
	leaseObject = kubernetes.DefaultName + "-lease"
	metaObject  = kubernetes.DefaultName + "-store"
)

// A leader holds the lease until its release.
type leader struct {
	lease store.Lease
	held  context.Context //nolint:containedctx // it is what is tested
	let   chan struct{}
	ended chan error
}

// lead waits until s leads.
func lead(t *testing.T, s store.Store) *leader {
	t.Helper()
	l := &leader{let: make(chan struct{}), ended: make(chan error, 1)}
	leading := make(chan struct{})
	go func() {
		l.ended <- s.Lead(t.Context(), func(held context.Context, lease store.Lease) error {
			l.held, l.lease = held, lease
			close(leading)
			<-l.let
			return nil
		})
	}()
	select {
	case <-leading:
	case err := <-l.ended:
		t.Fatalf("Lead: %v", err)
	}
	return l
}

func (l *leader) end(t *testing.T) {
	t.Helper()
	close(l.let)
	if err := <-l.ended; err != nil {
		t.Errorf("Lead: %v", err)
	}
}

func (e *environment) holder(t *testing.T) string {
	t.Helper()
	var lease coordinationv1.Lease
	decodeJSON(t, cluster.Server(t).Request(t, http.MethodGet, e.path("leases", leaseObject), nil), &lease)
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

func TestLease_DeletedByHand_HasOneHolder(t *testing.T) {
	t.Parallel() // beside candidates that wait for seconds
	w := newEnvironment(t)
	first := lead(t, w.Store)
	w.remove(t, "leases", leaseObject)
	second := lead(t, w.Store)
	if first.lease.Held() || first.held.Err() == nil {
		t.Error("two hold the lease")
	}
	if second.lease.Epoch <= first.lease.Epoch {
		t.Errorf("epoch %d after %d", second.lease.Epoch, first.lease.Epoch)
	}
	first.end(t)
	if !second.lease.Held() {
		t.Error("the end of who lost it took it from who has it")
	}
	second.end(t)
}

func TestLease_TakenByHand_IsLost(t *testing.T) {
	w := newEnvironment(t)
	l := lead(t, w.Store)
	const other = "somebody"
	cluster.Server(t).Request(t, http.MethodPatch, w.path("leases", leaseObject), map[string]any{"spec": map[string]any{"holderIdentity": other}})
	<-l.held.Done()
	if l.lease.Held() {
		t.Error("it is held")
	}
	l.end(t)
	if got := w.holder(t); got != other {
		t.Errorf("the holder is %q, want %q: it was not ours to release", got, other)
	}
}

func TestLease_EditedByHand_IsKept(t *testing.T) {
	namespace := cluster.Server(t).Namespace(t)
	o := options(t, namespace)
	renewed := make(chan struct{}, 100)
	o.Warn = func(error) { renewed <- struct{}{} }
	w := &environment{open(t, o), namespace}
	l := lead(t, w.Store)
	cluster.Server(t).Request(t, http.MethodPatch, w.path("leases", leaseObject),
		map[string]any{"metadata": map[string]any{"annotations": map[string]any{"note": "mine"}}})
	<-renewed // the renewal failed by its version, and read the lease
	if !l.lease.Held() {
		t.Error("it was lost")
	}
	l.end(t)
}

func TestLease_EveryEndOfRun_Releases(t *testing.T) {
	w := newEnvironment(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		_ = w.Lead(t.Context(), func(context.Context, store.Lease) error { panic("broken") })
	}()
	if got := w.holder(t); got != "" {
		t.Errorf("%q still holds the lease after a panic", got)
	}
	l := lead(t, w.Store)
	if got := w.holder(t); got == "" {
		t.Error("nobody holds the lease")
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if l.lease.Held() {
		t.Error("the lease of a closed store is held")
	}
	<-l.held.Done()
	l.end(t)
	if got := w.holder(t); got != "" {
		t.Errorf("%q still holds the lease after Close", got)
	}
}

func TestLead_Outages_KeepsWaiting(t *testing.T) {
	namespace := cluster.Server(t).Namespace(t)
	proxy := cluster.Server(t).Proxy(t)
	o := options(t, namespace)
	warned := make(chan error, 1000)
	o.Config, o.Warn = proxy.Config(), func(err error) { warned <- err }
	s := open(t, o)
	proxy.Cut()
	led := make(chan error, 1)
	go func() { led <- s.Lead(t.Context(), func(context.Context, store.Lease) error { return errDone }) }()
	for range 2 {
		if err := <-warned; err == nil {
			t.Error("it was warned of nothing")
		}
	}
	proxy.Heal()
	if err := <-led; !errors.Is(err, errDone) {
		t.Errorf("Lead = %v", err)
	}
	proxy.Cut()
	go func() { led <- s.Lead(t.Context(), func(context.Context, store.Lease) error { return nil }) }()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-led; !errors.Is(err, store.ErrClosed) {
		t.Errorf("Lead of a closed store = %v, want ErrClosed", err)
	}
}

func TestLease_HungRenewal_IsLostInTime(t *testing.T) {
	t.Parallel()
	o := options(t, cluster.Server(t).Namespace(t))
	o.Lease = 2 * time.Second
	hangs, release := &atomic.Pointer[chan struct{}]{}, make(chan struct{})
	o.Config.Wrap(func(next http.RoundTripper) http.RoundTripper { return hanging{next, hangs} })
	l := lead(t, open(t, o))
	hangs.Store(&release)
	<-l.held.Done()
	if l.lease.Held() {
		t.Error("it is held")
	}
	close(release)
	l.end(t)
}

// A hanging network holds each request for a lease and ignores its context.
type hanging struct {
	next  http.RoundTripper
	until *atomic.Pointer[chan struct{}]
}

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if until := h.until.Load(); until != nil && strings.Contains(r.URL.Path, "/leases") {
		<-*until
	}
	return h.next.RoundTrip(r)
}

var errDone = errors.New("done")

func TestStore_DeletedStoreSecret_IsRebuilt(t *testing.T) {
	w := newEnvironment(t)
	first := lead(t, w.Store)
	first.end(t)
	w.put(t, instance, settled)
	w.remove(t, "secrets", metaObject)
	other := open(t, options(t, w.namespace))
	for _, s := range []store.Store{w.Store, other} {
		if empty, err := s.Empty(t.Context()); err != nil || empty {
			t.Errorf("Empty = %t, %v", empty, err)
		}
	}
	if err := other.Delete(t.Context(), instance, nil); err != nil {
		t.Error(err)
	}
	if empty, err := other.Empty(t.Context()); err != nil || empty {
		t.Errorf("Empty = %t, %v without the record that there was", empty, err)
	}
	second := lead(t, other)
	second.end(t)
	if second.lease.Epoch <= first.lease.Epoch {
		t.Errorf("epoch %d after %d", second.lease.Epoch, first.lease.Epoch)
	}
}

func TestOpen_InvalidOptions_Fail(t *testing.T) {
	config := cluster.Server(t).Config()
	for name, o := range map[string]kubernetes.Options{
		"no way":           {Namespace: "n"},
		"no namespace":     {Config: config},
		"name in capitals": {Config: config, Namespace: "n", Name: "Name"},
		"long name":        {Config: config, Namespace: "n", Name: "a123456789-123456789-123456789-123456789-"},
		"short lease":      {Config: config, Namespace: "n", Lease: time.Millisecond},
	} {
		if _, err := kubernetes.Open(t.Context(), o); err == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
	o := options(t, "there-is-none")
	if _, err := kubernetes.Open(t.Context(), o); err == nil {
		t.Error("it was opened in a namespace that is not there")
	}
}
