package operations_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// stages are all, in the order of a life.
func stages() []lifecycle.Stage {
	return []lifecycle.Stage{
		lifecycle.None, lifecycle.Creating, lifecycle.Ready, lifecycle.Updating, lifecycle.Cleaning, lifecycle.CreateFailed,
		lifecycle.Deleting, lifecycle.DeleteFailed, lifecycle.Deleted, lifecycle.Inconsistent,
	}
}

// at is a record of an instance at a stage.
func at(stage lifecycle.Stage) store.Record {
	r := store.Record{Incarnation: "0123456789abcdef0123456789abcdef"}
	operation := func(kind store.Kind, state store.State) {
		r.Operation = &store.Operation{ID: "1", Kind: kind, State: state}
		r.Goal = store.Present
		if kind.Deletes() {
			r.Goal = store.Absent
		}
	}
	switch stage {
	case lifecycle.None:
		r = store.Record{}
	case lifecycle.Creating:
		operation(store.Provision, store.Running)
	case lifecycle.Ready:
		operation(store.Provision, store.Succeeded)
		r.Have, r.Settled = &store.Spec{}, true
	case lifecycle.Updating:
		operation(store.Update, store.Pending)
		r.Have = &store.Spec{}
	case lifecycle.Cleaning, lifecycle.CreateFailed:
		operation(store.Provision, store.Failed)
		r.Goal, r.Settled = store.Absent, stage == lifecycle.CreateFailed
	case lifecycle.Deleting:
		operation(store.Deprovision, store.Running)
	case lifecycle.DeleteFailed:
		operation(store.Deprovision, store.Failed)
	case lifecycle.Deleted:
		operation(store.Deprovision, store.Succeeded)
		r.Settled, r.Deleted = true, time.Unix(1, 0)
	case lifecycle.Inconsistent:
	}
	return r
}

func TestStages_EveryRecord_IsAtOne(t *testing.T) {
	for _, stage := range stages() {
		r := at(stage)
		if got := lifecycle.StageOf(&r); got != stage {
			t.Errorf("StageOf(%s) = %s", stage, got)
		}
	}
	nonsense := map[string]func(r *store.Record){
		"ready, and never made":            func(r *store.Record) { r.Have = nil },
		"ready, with work to do":           func(r *store.Record) { r.Settled = false },
		"settled, while an operation runs": func(r *store.Record) { r.Operation.State = store.Running },
		"present, after a deprovision":     func(r *store.Record) { r.Operation.Kind = store.Deprovision },
		"deleted, and to be present":       func(r *store.Record) { r.Deleted = time.Unix(1, 0) },
		"without a goal":                   func(r *store.Record) { r.Goal = "" },
		"absent, while its create runs":    func(r *store.Record) { r.Goal, r.Operation.State = store.Absent, store.Running },
		"deleted, while its delete runs":   func(r *store.Record) { *r = at(lifecycle.Deleting); r.Deleted = time.Unix(1, 0) },
		"deleted by nobody":                func(r *store.Record) { *r = at(lifecycle.Deleting); r.Settled = true },
		"deleted, by a create that failed": func(r *store.Record) { *r = at(lifecycle.CreateFailed); r.Deleted = time.Unix(1, 0) },
		"of a life, and at no operation":   func(r *store.Record) { r.Operation = nil },
	}
	for name, change := range nonsense {
		r := at(lifecycle.Ready)
		change(&r)
		if got := lifecycle.StageOf(&r); got != lifecycle.Inconsistent {
			t.Errorf("%s: StageOf = %s", name, got)
		}
	}
}

func TestStages_WriteWithoutTransition_IsRefused(t *testing.T) {
	known := map[[2]lifecycle.Stage]bool{}
	for _, m := range lifecycle.Transitions() {
		known[[2]lifecycle.Stage{m.From, m.To}] = true
	}
	file, err := bolt.Open(filepath.Join(environment.Folder(t), "store.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	st := lifecycle.Checked(file)
	tries := 0
	// try changes a record that is at a stage.
	try := func(from lifecycle.Stage, change func(*store.Record)) error {
		tries++
		k := storeKey(fmt.Sprint(tries))
		put := func(st store.Store, change func(*store.Record)) error {
			_, err := st.Update(t.Context(), k, func(r *store.Record) error { change(r); return nil })
			return err
		}
		to := func(next store.Record) func(*store.Record) {
			return func(r *store.Record) { next.Key, next.Revision = r.Key, r.Revision; *r = next }
		}
		if from != lifecycle.None {
			if err := put(file, to(at(from))); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := file.Get(t.Context(), k)
		err := put(st, change)
		after, _ := file.Get(t.Context(), k)
		if err != nil && cmp.Diff(before.Revision, after.Revision) != "" {
			t.Errorf("from %s: a write was refused and made", from)
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
			t.Errorf("%s: its operation became another without a move", from)
		}
		if try(from, func(r *store.Record) { r.Incarnation = "f" + r.Incarnation[1:] }) == nil {
			t.Errorf("%s: it became another incarnation without a move", from)
		}
	}
	if try(lifecycle.Ready, func(r *store.Record) { *r, r.Incarnation = at(lifecycle.Deleting), "f" }) == nil {
		t.Error("a delete changed the incarnation")
	}
	if try(lifecycle.Deleted, func(r *store.Record) { *r, r.Incarnation = at(lifecycle.Creating), "f" }) != nil {
		t.Error("a create could not begin a new incarnation")
	}
}

// An onlooker is a store that sees the moves of records.
type onlooker struct {
	store.Store

	mu   sync.Mutex
	seen map[[2]lifecycle.Stage]bool
}

// Update implements store.Store.
func (o *onlooker) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	var move [2]lifecycle.Stage
	r, err := o.Store.Update(ctx, k, func(r *store.Record) error {
		move[0] = lifecycle.StageOf(r)
		err := change(r)
		move[1] = lifecycle.StageOf(r)
		return err
	})
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen[move] = true
	}
	return r, err
}

// Every line of the table is used.
func TestStages_EveryTransition_IsMade(t *testing.T) {
	inBubble(t, func(w *harness) {
		var moves *onlooker
		w.config = func(c *settings) {
			moves = &onlooker{Store: c.Store, seen: map[[2]lifecycle.Stage]bool{}}
			c.Store = moves
		}
		w.restart()
		begin := func(id string) { w.provision(id, body("slow", "")); w.pass(time.Second) }
		update := func(id string) {
			w.readyInstance(id)
			w.want("update", w.update(id, largePlan), 202)
			w.pass(time.Second)
		}
		stuck := func(is bool) { w.cloud.set(func(f *fakeCloud) { f.stuck = is }) }
		refused := func(id string) { // its create fails at its last step
			stuck(true)
			w.cloud.failNext("finish", providers.ErrInvalid)
			w.ended(id, "", w.provision(id, body("slow", "")))
			w.pass(time.Minute)
		}
		remove := func(id string) { w.ended(id, "", w.deprovision(id, "slow")) }
		purge := func(id string) {
			if _, err := w.runs.Purge(t.Context(), storeKey(id), true); err != nil {
				t.Errorf("purging %s: %v", id, err)
			}
		}
		breakIt := func(id string) {
			_, err := w.store.Update(t.Context(), storeKey(id), func(r *store.Record) error { r.Goal = ""; return nil })
			if err != nil {
				t.Fatal(err)
			}
		}

		update("a") // none, creating, ready, updating
		w.pass(time.Hour)
		remove("a")
		begin("a")
		remove("a")
		update("b")
		remove("b")
		refused("c")
		remove("c") // fails
		stuck(false)
		remove("c")
		refused("d")
		stuck(false)
		w.pass(time.Hour)
		begin("d")
		remove("d")
		refused("e")
		stuck(false)
		w.pass(time.Hour)
		w.want("DELETE of what was never made", w.deprovision("e", "slow"), 200)
		w.readyInstance("f")
		stuck(true)
		remove("f")
		stuck(false)
		w.pass(time.Hour)
		begin("g")
		purge("g")
		w.readyInstance("h")
		purge("h")
		update("i")
		purge("i")
		refused("j")
		purge("j")
		w.readyInstance("k")
		breakIt("k")
		purge("k")
		w.readyInstance("l")
		breakIt("l")
		remove("l")

		moves.mu.Lock()
		defer moves.mu.Unlock()
		for _, m := range lifecycle.Transitions() {
			if !moves.seen[[2]lifecycle.Stage{m.From, m.To}] {
				t.Errorf("from %s to %s: never made", m.From, m.To)
			}
		}
	})
}

func TestStages_Page_DocumentsTheLifecycle(t *testing.T) {
	documented(t, "docs/lifecycle.md", lifecyclePage())
}

// lifecyclePage is docs/lifecycle.md.
func lifecyclePage() string {
	var page strings.Builder
	page.WriteString(`# The life of an instance or binding

<!-- Written by TestStages_Page_DocumentsTheLifecycle in test/operations with -update; do not edit. -->

A record is at one of these stages, and these are all the moves there are. A write that would make another is refused:
the request that asked for it gets a 503, and a record whose work asks for it is set aside. What requests get at each
stage is in [idempotency.md](idempotency.md).

| from | to | by |
|---|---|---|
`)
	for _, m := range lifecycle.Transitions() {
		fmt.Fprintf(&page, "| %s | %s | %s |\n", m.From, m.To, m.By)
	}
	page.WriteString("\n```mermaid\nstateDiagram-v2\n")
	names := map[lifecycle.Stage]string{}
	for i, stage := range stages() {
		names[stage] = fmt.Sprintf("s%d", i)
		fmt.Fprintf(&page, "    s%d: %s\n", i, stage)
	}
	for _, m := range lifecycle.Transitions() {
		if m.By != lifecycle.ByPurge {
			fmt.Fprintf(&page, "    %s --> %s: %s\n", names[m.From], names[m.To], strings.ReplaceAll(m.By, ":", ","))
		}
	}
	page.WriteString("```\n\nThe drawing leaves out what operators purge.\n")
	return page.String()
}
