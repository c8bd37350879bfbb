package lifecycle_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

func TestCheckedStore_WriteWithoutTransition_IsRefused(t *testing.T) {
	known := map[[2]lifecycle.Stage]bool{}
	for _, transition := range lifecycle.Transitions() {
		known[[2]lifecycle.Stage{transition.From, transition.To}] = true
	}
	file, err := bolt.Open(filepath.Join(t.TempDir(), "store.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	source := sealed.File(filepath.Join(t.TempDir(), "keyset.json"))
	keys, err := sealed.Ensure(t.Context(), source, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	unchecked := sealed.New(file, keys)
	st := lifecycle.Checked(unchecked)
	tries := 0
	// try writes a change of a new record at a stage.
	try := func(from lifecycle.Stage, change func(*store.Record)) error {
		tries++
		k := store.Key{InstanceID: fmt.Sprint(tries)}
		put := func(st store.Store, change func(*store.Record)) error {
			_, err := st.Update(t.Context(), k, func(r *store.Record) error { change(r); return nil })
			return err
		}
		to := func(next store.Record) func(*store.Record) {
			return func(r *store.Record) { next.Key, next.Revision = r.Key, r.Revision; *r = next }
		}
		if from != lifecycle.None {
			if err := put(unchecked, to(at(from))); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := file.Get(t.Context(), k)
		err := put(st, change)
		after, _ := file.Get(t.Context(), k)
		if err != nil && cmp.Diff(before.Revision, after.Revision) != "" {
			t.Errorf("from %s: a write was refused, but made", from)
		}
		return err
	}
	for _, from := range stages() {
		for _, to := range stages() {
			err := try(from, func(r *store.Record) {
				next := at(to)
				next.Key, next.Revision = r.Key, r.Revision
				*r = next
			})
			if want := from == to || known[[2]lifecycle.Stage{from, to}]; (err == nil) != want {
				t.Errorf("from %s to %s: %v", from, to, err)
			}
		}
		if from == lifecycle.None || from == lifecycle.Inconsistent {
			continue
		}
		if try(from, func(r *store.Record) { r.Operation.ID = "2" }) == nil {
			t.Errorf("%s: its operation changed without a transition", from)
		}
		if try(from, func(r *store.Record) { r.Incarnation = "f" + r.Incarnation[1:] }) == nil {
			t.Errorf("%s: its incarnation changed without a transition", from)
		}
	}
	if try(lifecycle.Ready, func(r *store.Record) { *r, r.Incarnation = at(lifecycle.Deleting), "f" }) == nil {
		t.Error("a delete changed the incarnation")
	}
	if try(lifecycle.Deleted, func(r *store.Record) { *r, r.Incarnation = at(lifecycle.Creating), "f" }) != nil {
		t.Error("a create could not begin a new incarnation")
	}
}
