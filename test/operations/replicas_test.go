package operations_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// Replicas are harnesses on one store and one cloud. The holder of the lease
// runs the operations.
type replicas struct {
	*lessor

	all []*harness
}

// inReplicas runs a test in a bubble with as many replicas as there are clocks,
// each of which is so much ahead. setUp may change each before it starts.
func inReplicas(t *testing.T, clocks []time.Duration, setUp func(n int, w *harness), test func(r *replicas)) {
	t.Helper()
	dir := environment.Folder(t)
	synctest.Test(t, func(t *testing.T) {
		records, err := environment.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		cloud := newFakeCloud(t)
		r := &replicas{lessor: &lessor{}}
		for n, ahead := range clocks {
			w := &harness{t: t, cloud: cloud, dir: dir, plans: plansYAML, inner: &instrumentedStore{grants: make(chan tenure, 1)}}
			w.config = func(c *settings) {
				c.Engine.Now = func() time.Time { return time.Now().Add(ahead) }
			}
			if setUp != nil {
				setUp(n, w)
			}
			r.all = append(r.all, w)
		}
		for _, w := range r.all {
			w.twins = r.all
			w.serve(shared{records}, func(ctx context.Context) {
				if err := w.runs.Listen(ctx); err != nil {
					t.Errorf("the replica ended to listen: %v", err)
				}
			})
		}
		defer func() {
			for _, w := range r.all {
				w.stop()
			}
			if err := records.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(r)
	})
}

// A shared store stays open when a replica closes it.
type shared struct{ store.Store }

// Close implements store.Store.
func (shared) Close() error { return nil }

// hand gives the lease to the n-th replica.
func (r *replicas) hand(n int) { r.give(r.all[n].inner) }

// oneKeyring gives all replicas the same keyring, and returns it.
func oneKeyring() (*keyring, func(n int, w *harness) *keyholder) {
	ring := &keyring{keys: map[string][]string{}}
	return ring, func(_ int, w *harness) *keyholder {
		h := &keyholder{ring: ring, at: func(context.Context, string, string) {}}
		w.provider = providers.Provider(h)
		return h
	}
}
