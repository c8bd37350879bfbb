package operations_test

import (
	"context"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The owner of resources depends on the credentials that call the cloud, and so on
// the profile of the record.
func TestOwner_Task_HasTheProfileOfItsRecord(t *testing.T) {
	inBubble(t, func(w *harness) {
		var (
			mu    sync.Mutex
			asked = map[string]bool{} // kind and profile of each task, with its instance's
		)
		w.config = func(c *settings) {
			ours := c.Engine.Owner
			c.Engine.Owner = func(ctx context.Context, provider string, t providers.Task) (string, error) {
				mu.Lock()
				defer mu.Unlock()
				key := string(t.Kind) + " " + t.Profile
				if t.Of != nil {
					key += " of " + t.Of.Profile
				}
				asked[key] = true
				return ours(ctx, provider, t)
			}
		}
		w.restart()
		want := func(what string, keys ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if len(asked) != len(keys) {
				t.Errorf("%s: the owner was asked for %v, want %q", what, asked, keys)
			}
			for _, key := range keys {
				if !asked[key] {
					t.Errorf("%s: the owner was asked for %v, want %q", what, asked, keys)
				}
			}
			clear(asked)
		}
		w.made("i", "fast")
		want("provision", "instance ")
		w.change(storeKey("i"), func(r *store.Record) { r.Profile = "p1" })
		w.bound("i", "b")
		want("bind", "binding p1 of p1")
		w.change(storeKey("i"), func(r *store.Record) { r.Profile = "p2" })
		w.want("deprovision", w.deprovision("i", "fast"), 200)
		want("deprovision", "instance p2", "binding p1 of p2") // each is fixed with its intent
	})
}
