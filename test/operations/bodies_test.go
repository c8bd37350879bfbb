package operations_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A manifestCloud is the fake cloud with a provider that applies manifests, which
// are larger than a record. Observe and Do read the manifest by its name, and
// check that it is the one of the task's plan.
type manifestCloud struct {
	*fakeCloud

	mu    sync.Mutex
	reads map[string]int // by method, and by step of Do
}

var _ providers.BodyPlanner = (*manifestCloud)(nil)

const manifest = "manifest"

// manifestOf returns the manifest of a task. It holds a secret.
func manifestOf(t providers.Task) []byte {
	line := fmt.Sprintf("%s %s password: hunter2 settings: %s\n", t.Kind, t.Life.Incarnation, t.Settings)
	return bytes.Repeat([]byte(line), store.MaxRecord/len(line)+1)
}

func (*manifestCloud) PlanBodies(t providers.Task, _ providers.Plan) (map[string][]byte, error) {
	return map[string][]byte{manifest: manifestOf(t)}, nil
}

// read reads and checks the bodies of a task.
func (m *manifestCloud) read(ctx context.Context, method string, t providers.Task) error {
	for _, of := range []*providers.Task{&t, t.Of} {
		if of == nil {
			continue
		}
		got, err := of.Body(ctx, manifest)
		if err != nil {
			return err
		}
		if want := manifestOf(*of); !bytes.Equal(got, want) {
			m.t.Errorf("%s of the %s read the manifest %.120q, want %.120q", method, of.Kind, got, want)
		}
		if _, err := of.Body(ctx, "other"); providers.ClassOf(err) != providers.Operator {
			m.t.Errorf("%s read a value that the plan lacks: %v", method, err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads[method]++
	return nil
}

func (m *manifestCloud) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	if err := m.read(ctx, "observe", t); err != nil {
		return providers.Seen{}, err
	}
	return m.fakeCloud.Observe(ctx, t)
}

func (m *manifestCloud) Next(t providers.Task, seen providers.Seen) providers.Step {
	if t.Body != nil || t.Of != nil && t.Of.Body != nil {
		m.t.Error("Next can read bodies")
	}
	return m.fakeCloud.Next(t, seen)
}

func (m *manifestCloud) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	if err := m.read(ctx, s.Name, t); err != nil {
		return providers.Facts{}, err
	}
	return m.fakeCloud.Do(ctx, t, s)
}

// wasRead checks that each of the methods has read bodies since the last call.
func (m *manifestCloud) wasRead(methods ...string) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, method := range methods {
		if m.reads[method] == 0 {
			m.t.Errorf("%s read no body; reads: %v", method, m.reads)
		}
	}
	clear(m.reads)
}

// inBodies runs a test in a bubble on a manifestCloud.
func inBodies(t *testing.T, test func(w *harness, m *manifestCloud)) {
	t.Helper()
	inBubble(t, func(w *harness) {
		m := &manifestCloud{fakeCloud: w.cloud, reads: map[string]int{}}
		w.provider = m
		w.restart()
		test(w, m)
	})
}

// bodiesOf returns the content of the bodies of a record, by digest.
func (w *harness) bodiesOf(r store.Record) map[string][]byte {
	w.t.Helper()
	bodies := map[string][]byte{}
	for digest, key := range r.Bodies {
		content, err := w.store.Body(w.t.Context(), digest, key)
		if err != nil {
			w.t.Fatalf("%s: %v", r.Key, err)
		}
		bodies[digest] = content
	}
	return bodies
}

// lacksBodies checks that the bodies of a record, as it was, are deleted.
func (w *harness) lacksBodies(r store.Record) {
	w.t.Helper()
	for digest, key := range r.Bodies {
		if _, err := w.store.Body(w.t.Context(), digest, key); !errors.Is(err, store.ErrNoBody) {
			w.t.Errorf("body %s of %s is still stored (%v)", digest, r.Key, err)
		}
	}
}

const largeSlow = `{"service_id":"slow-id","plan_id":"slow-large"}`

func TestBodies_Restarted_AreReadByName(t *testing.T) {
	inBodies(t, func(w *harness, m *manifestCloud) {
		accepted := w.provision("i", body("slow", ""))
		w.pass(time.Second) // its create is made, and its finish is ahead
		m.wasRead("observe", "create")
		w.restart()
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Fatalf("the provision ended as %s: %s", op.State, op.Description)
		}
		m.wasRead("observe", "finish")
		bound := w.finally("i", "b", w.bind("i", "b", body("slow", "")))
		if bound.State != osb.Succeeded {
			t.Fatalf("the bind ended as %s: %s", bound.State, bound.Description)
		}
		m.wasRead("observe", "create", "finish")

		accepted = w.update("i", largeSlow)
		w.pass(time.Second)
		w.restart()
		if n := len(w.record("i", "").Bodies); n != 2 {
			t.Errorf("during the update the record names %d bodies, want the old and the new one", n)
		}
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Fatalf("the update ended as %s: %s", op.State, op.Description)
		}
		m.wasRead("observe", "resize")
		if n := len(w.record("i", "").Bodies); n != 1 {
			t.Errorf("after the update the record names %d bodies, want the new one", n)
		}
	})
}

func TestBodies_UpdateFailed_KeepsTheOldBody(t *testing.T) {
	inBodies(t, func(w *harness, m *manifestCloud) {
		w.readyInstance("i")
		before := w.record("i", "")
		old := w.bodiesOf(before)
		w.cloud.failNext("resize", providers.ErrInvalid)
		accepted := w.update("i", largeSlow)
		during := w.record("i", "")
		if op := w.ended("i", "", accepted); op.State != osb.Failed {
			t.Fatalf("the update ended as %s", op.State)
		}
		after := w.record("i", "")
		if !maps.EqualFunc(old, w.bodiesOf(after), bytes.Equal) {
			t.Errorf("after the failed update the record names %v, before %v", slices.Collect(maps.Keys(after.Bodies)), slices.Collect(maps.Keys(old)))
		}
		w.pass(3 * store.BodyAge)
		if !maps.EqualFunc(old, w.bodiesOf(w.record("i", "")), bytes.Equal) {
			t.Error("the sweep changed the old body")
		}
		maps.DeleteFunc(during.Bodies, func(digest string, _ store.Sealed) bool { return old[digest] != nil })
		if len(during.Bodies) != 1 {
			t.Fatalf("during the update the record named %d new bodies, want 1", len(during.Bodies))
		}
		w.lacksBodies(during)
		m.wasRead("resize")
		if op := w.ended("i", "", w.deprovision("i", "slow")); op.State != osb.Succeeded {
			t.Fatalf("the deletion ended as %s", op.State)
		}
		m.wasRead("observe", "delete")
	})
}

func TestBodies_DeletedWithUpdateRunning_AreSwept(t *testing.T) {
	inBodies(t, func(w *harness, m *manifestCloud) {
		w.boundInstance("i")
		instance, binding := w.record("i", ""), w.record("i", "b")
		w.operation(w.update("i", largeSlow))
		updating := w.record("i", "")
		if len(instance.Bodies) != 1 || len(binding.Bodies) != 1 || len(updating.Bodies) != 2 {
			t.Fatalf("named: %d, by the binding %d, during the update %d", len(instance.Bodies), len(binding.Bodies), len(updating.Bodies))
		}
		m.wasRead("observe")
		if op := w.ended("i", "", w.deprovision("i", "slow")); op.State != osb.Succeeded {
			t.Fatalf("the deletion ended as %s", op.State)
		}
		m.wasRead("observe", "delete")
		w.nothingLeft()
		for _, id := range []string{"", "b"} {
			if r := w.record("i", id); len(r.Bodies) != 0 || len(r.Want.Bodies) != 0 || r.Have != nil && len(r.Have.Bodies) != 0 {
				t.Errorf("the tombstone of %s names bodies", r.Key)
			}
		}
		w.bodiesOf(updating) // a sweep deletes them, and not the deletion
		w.pass(3 * store.BodyAge)
		w.lacksBodies(updating)
		w.lacksBodies(binding)
	})
}

func TestBodies_CreateFailed_AreSwept(t *testing.T) {
	inBodies(t, func(w *harness, m *manifestCloud) {
		w.cloud.failNext("finish", providers.ErrInvalid)
		accepted := w.provision("i", body("slow", ""))
		creating := w.record("i", "")
		if op := w.ended("i", "", accepted); op.State != osb.Failed {
			t.Fatalf("the provision ended as %s", op.State)
		}
		w.pass(time.Hour) // its clean-up
		m.wasRead("finish", "delete")
		w.nothingLeft()
		if r := w.record("i", ""); len(r.Bodies) != 0 {
			t.Errorf("after its clean-up the record names %d bodies", len(r.Bodies))
		}
		w.pass(3 * store.BodyAge)
		w.lacksBodies(creating)
	})
}

func TestBodies_Secrets_AreSealedInTheFile(t *testing.T) {
	inBodies(t, func(w *harness, _ *manifestCloud) {
		w.boundInstance("i")
		for _, content := range w.bodiesOf(w.record("i", "")) {
			if !strings.Contains(string(content), "hunter2") {
				t.Fatal("the body holds no secret")
			}
		}
		w.stop()
		file, err := os.ReadFile(environment.StoreFile(w.dir))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(file, []byte("hunter2")) {
			t.Error("the file holds a secret of a body in plain")
		}
		w.start()
	})
}

// A lost body is a fault of the record: the record is quarantined, and the others
// go on.
func TestBodies_LostByTheStore_QuarantineTheRecord(t *testing.T) {
	inBodies(t, func(w *harness, m *manifestCloud) {
		w.readyInstance("i")
		w.change(storeKey("i"), func(r *store.Record) {
			r.Want.Bodies[manifest], r.Have.Bodies[manifest] = strings.Repeat("0", 64), strings.Repeat("0", 64)
		})
		w.operation(w.deprovision("i", "slow"))
		w.pass(5 * time.Minute)
		w.wantQuarantined(1)
		w.readyInstance("j")
		m.wasRead("observe", "create")
	})
}
