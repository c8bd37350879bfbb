package kubernetes_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

// A fault is a failure of the network during a write.
type fault int

const (
	noFault fault = iota
	notSent
	answerLost
	answer500 // after the effect
)

var errNetwork = errors.New("the network is broken")

// A network breaks the next writes of records.
type network struct {
	next http.RoundTripper

	mu     sync.Mutex
	faults []fault
	then   func() // called before the answer is lost
	before func() // the next request to delete
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet || !strings.Contains(r.URL.Path, "/secrets") || strings.HasSuffix(r.URL.Path, "-store") {
		return n.next.RoundTrip(r)
	}
	n.mu.Lock()
	f := noFault
	if len(n.faults) > 0 {
		f, n.faults = n.faults[0], n.faults[1:]
	}
	then, before := n.then, n.before
	if r.Method == http.MethodDelete {
		n.before = nil
	}
	n.mu.Unlock()
	if r.Method == http.MethodDelete && before != nil {
		before()
	}
	if f == notSent {
		return nil, errNetwork
	}
	response, err := n.next.RoundTrip(r)
	if f == noFault || err != nil {
		return response, err
	}
	_ = response.Body.Close()
	if then != nil {
		then()
	}
	if f == answer500 {
		response.StatusCode, response.Status, response.Body = 500, "500 Internal Server Error", io.NopCloser(strings.NewReader("{}"))
		return response, nil
	}
	return nil, errNetwork
}

func (n *network) breaks(faults ...fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = faults
}

// brokenEnvironment is a store over a network that breaks.
func brokenEnvironment(t *testing.T) (*environment, *network) {
	t.Helper()
	n := &network{}
	o := options(t, cluster.Server(t).Namespace(t))
	o.Config.Wrap(func(next http.RoundTripper) http.RoundTripper { n.next = next; return n })
	return &environment{open(t, o), o.Namespace}, n
}

func TestUpdate_LostAnswer_TakesEffectOnce(t *testing.T) {
	w, n := brokenEnvironment(t)
	for name, faults := range map[string][]fault{
		"answer lost":          {answerLost},
		"error after effect":   {answer500},
		"not sent":             {notSent},
		"not sent, then lost":  {notSent, answerLost},
		"lost twice":           {answerLost, answerLost},
		"not sent, error, ...": {notSent, notSent, answer500},
	} {
		t.Run(name, func(t *testing.T) {
			k := store.Key{InstanceID: name}
			for sequence := range uint64(3) { // made, then saved
				n.breaks(faults...)
				r := w.put(t, k, func(r *store.Record) { r.Sequence++ })
				got, err := w.Get(t.Context(), k)
				if err != nil || r.Sequence != sequence+1 || got.Sequence != r.Sequence || got.Revision != r.Revision {
					t.Errorf("saved as sequence %d, revision %d; it is %d, %d, %v", r.Sequence, r.Revision, got.Sequence, got.Revision, err)
				}
			}
			n.breaks(faults...)
			if err := w.Delete(t.Context(), k, nil); err != nil {
				t.Errorf("Delete: %v", err)
			}
			if _, err := w.Get(t.Context(), k); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get after Delete = %v", err)
			}
		})
	}
}

func TestUpdate_LostAnswerAndOtherWriters_NeverRepeats(t *testing.T) {
	w, n := brokenEnvironment(t)
	other := &environment{open(t, options(t, w.namespace)), w.namespace}
	count := func(r *store.Record) error { r.Sequence++; return nil }
	for round := range uint64(5) {
		n.then = func() { other.put(t, instance, func(r *store.Record) { r.Epoch++ }) }
		n.breaks(answerLost)
		if _, err := w.Update(t.Context(), instance, count); err == nil {
			t.Error("Update says that it is done, and cannot know what it saved")
		}
		if r, err := w.Get(t.Context(), instance); err != nil || r.Sequence != round+1 {
			t.Errorf("sequence %d after %d updates, %v", r.Sequence, round+1, err)
		}
	}
}

func TestDelete_NewLifeMeanwhile_IsKept(t *testing.T) {
	w, n := brokenEnvironment(t)
	other := &environment{open(t, options(t, w.namespace)), w.namespace}
	lives := errors.New("it lives")
	check := func(r *store.Record) error {
		if r.Deleted.IsZero() {
			return lives
		}
		return nil
	}
	for name, first := range map[string]func(*store.Record){"tombstone": tombstone, "with a finalizer": func(r *store.Record) { tombstone(r); r.Settled = false }} {
		k := store.Key{InstanceID: name}
		w.put(t, k, first)
		n.before = func() { other.put(t, k, func(r *store.Record) { unsettled(r); r.Deleted = time.Time{} }) }
		if err := w.Delete(t.Context(), k, check); !errors.Is(err, lives) {
			t.Errorf("%s: Delete = %v, want the check's error", name, err)
		}
		if r, err := w.Get(t.Context(), k); err != nil || !r.Deleted.IsZero() {
			t.Errorf("%s: Get = deleted %s, %v", name, r.Deleted, err)
		}
	}
}

func TestUpdate_EndedContext_Returns(t *testing.T) {
	w, n := brokenEnvironment(t)
	ctx, end := context.WithCancel(t.Context())
	n.then = end
	n.breaks(answerLost)
	if _, err := w.Update(ctx, instance, func(*store.Record) error { return nil }); err == nil {
		t.Error("Update says that it is done")
	}
	if _, err := w.Get(t.Context(), instance); err != nil {
		t.Errorf("Get: %v", err)
	}
}

// role is the broker's Role in its namespace.
func role() []map[string]any {
	return []map[string]any{
		{"apiGroups": []string{""}, "resources": []string{"secrets"}, "verbs": []string{"get", "list", "watch", "create", "update", "delete"}},
		{"apiGroups": []string{"coordination.k8s.io"}, "resources": []string{"leases"}, "verbs": []string{"create"}},
		{
			"apiGroups": []string{"coordination.k8s.io"}, "resources": []string{"leases"}, "resourceNames": []string{leaseObject},
			"verbs": []string{"get", "watch", "update"},
		},
	}
}

func TestStore_ChartRole_IsEnoughAndItsLackIsNamed(t *testing.T) {
	namespace := cluster.Server(t).Namespace(t)
	o := options(t, namespace)
	o.Config.Impersonate.UserName = "broker"
	var denied apierrors.APIStatus
	if _, err := kubernetes.Open(t.Context(), o); !errors.As(err, &denied) || denied.Status().Code != http.StatusForbidden {
		t.Errorf("Open without any right = %v", err)
	}
	path := "/apis/rbac.authorization.k8s.io/v1/namespaces/" + namespace
	name := map[string]any{"name": "broker"}
	cluster.Server(t).Request(t, http.MethodPost, path+"/roles", map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": name, "rules": role(),
	})
	cluster.Server(t).Request(t, http.MethodPost, path+"/rolebindings", map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": name,
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "broker"},
		"subjects": []map[string]any{{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "broker"}},
	})
	w := &environment{openWhenAllowed(t, o), namespace}
	heard := make(chan store.Key, 10)
	ctx, end := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { watched <- w.Watch(ctx, func(k store.Key) { heard <- k }) }()
	err := w.Lead(t.Context(), func(context.Context, store.Lease) error {
		w.put(t, instance, unsettled)
		<-heard
		_, sound := all(t, w.Store)
		keys, err := w.Unfinished(t.Context())
		if len(sound) != 1 || len(keys) != 1 {
			t.Errorf("All = %v, Unfinished = %v", sound, keys)
		}
		return errors.Join(err, w.Delete(t.Context(), instance, nil))
	})
	end()
	if err := errors.Join(err, <-watched); err != nil {
		t.Error(err)
	}
}

// openWhenAllowed waits until the server knows the role.
func openWhenAllowed(t *testing.T, o kubernetes.Options) *kubernetes.Store {
	t.Helper()
	for {
		s, err := kubernetes.Open(t.Context(), o)
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		if !apierrors.IsForbidden(err) {
			t.Fatal(err)
		}
	}
}
