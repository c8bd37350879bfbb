package alicloud

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A listedCloud has resources with a status, which its pages of a hundred list.
type listedCloud struct {
	t     *testing.T
	lists *SharedLists[string, string] // of ids, by status
	now   time.Time

	mu     sync.Mutex
	status map[string]string // by id
	order  []string
	pages  int           // read so far
	fail   error         // of the page failAt and the later ones
	failAt int           // 0: none
	begun  chan struct{} // gets an item with each page, if it is there
	gate   chan struct{} // holds each page, if it is there
}

const testStatus = "Creating"

func newListedCloud(t *testing.T, n int) *listedCloud {
	t.Helper()
	c := &listedCloud{t: t, now: time.Unix(0, 0), status: map[string]string{}}
	for i := range n {
		id := fmt.Sprintf("rm-%03d", i)
		c.order = append(c.order, id)
		c.status[id] = testStatus
	}
	c.lists = NewSharedLists(SharedListsConfig[string, string]{
		Page: c.page, ID: func(id string) string { return id }, Now: func() time.Time { return c.now },
	})
	return c
}

func (c *listedCloud) page(ctx context.Context, status string, page int) (ids []string, more bool, err error) {
	if c.begun != nil {
		c.begun <- struct{}{}
	}
	if c.gate != nil {
		select {
		case <-c.gate:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages++
	if c.failAt > 0 && page >= c.failAt {
		return nil, false, c.fail
	}
	var all []string
	for _, id := range c.order {
		if c.status[id] == status {
			all = append(all, id)
		}
	}
	from := min((page-1)*100, len(all))
	to := min(from+100, len(all))
	return all[from:to], to < len(all), nil
}

// tick looks at each resource at once, as passes of the engine do. It returns the
// number of pages, of single looks and of errors.
func (c *listedCloud) tick() (pages, singles, failed int) {
	c.t.Helper()
	before := c.read()
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, id := range c.order {
		all.Go(func() {
			_, found, err := c.lists.Find(c.t.Context(), testStatus, id)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed++
			case !found:
				singles++
				c.single(id)
			}
		})
	}
	all.Wait()
	return c.read() - before, singles, failed
}

// single looks at one resource.
func (c *listedCloud) single(id string) {
	c.mu.Lock()
	status := c.status[id]
	c.mu.Unlock()
	if status == testStatus {
		c.lists.Waits(c.t.Context(), status, id)
	} else {
		c.lists.Changed(c.t.Context(), id)
	}
}

func (c *listedCloud) read() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pages
}

// all waits for every resource, as single looks tell.
func (c *listedCloud) all() {
	for _, id := range c.order {
		c.single(id)
	}
}

func TestSharedLists_ManyWaiting_ReadPages(t *testing.T) {
	for n, want := range map[int][2]int{1: {0, 1}, 2: {0, 2}, 3: {1, 0}, 100: {1, 0}, 101: {2, 0}, 250: {3, 0}, 1000: {10, 0}} {
		c := newListedCloud(t, n)
		c.all()
		for tick := range 3 {
			if pages, singles, failed := c.tick(); pages != want[0] || singles != want[1] || failed != 0 {
				t.Errorf("%d waiting, tick %d: %d pages, %d single looks, %d errors; want %v", n, tick, pages, singles, failed, want)
			}
		}
	}
}

func TestSharedLists_SomeChange_LooksAtTheseSingly(t *testing.T) {
	c := newListedCloud(t, 150)
	c.all()
	c.status["rm-007"], c.status["rm-120"] = "Running", "Running"
	if pages, singles, _ := c.tick(); pages != 2 || singles != 2 {
		t.Errorf("%d pages, %d single looks; want 2 of each", pages, singles)
	}
}

func TestSharedLists_OtherKeys_DoNotShare(t *testing.T) {
	c := newListedCloud(t, 6)
	for i, id := range c.order {
		c.status[id] = []string{"Creating", "Deleting"}[i%2]
		c.lists.Waits(t.Context(), c.status[id], id)
	}
	for _, id := range c.order {
		if _, found, err := c.lists.Find(t.Context(), c.status[id], id); !found || err != nil {
			t.Errorf("%s: %t, %v", id, found, err)
		}
	}
	if n := c.read(); n != 2 {
		t.Errorf("%d pages, want one for each status", n)
	}
}

func TestSharedLists_CallAfterTheList_LooksSingly(t *testing.T) {
	c := newListedCloud(t, 5)
	c.all()
	find := func(id string) bool {
		_, found, err := c.lists.Find(t.Context(), testStatus, id)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	find("rm-000")
	c.status["rm-001"] = "Running"
	c.lists.Changed(t.Context(), "rm-001") // a call, and the list began before
	if find("rm-001") {
		t.Error("a list from before a call answers a look after it")
	}
	if n := c.read(); n != 2 {
		t.Errorf("%d pages: another list had to be read", n)
	}
	if !find("rm-002") || c.read() != 2 {
		t.Error("the list is not shared with the others")
	}
}

func TestSharedLists_CallDuringTheList_LooksSingly(t *testing.T) {
	c := newListedCloud(t, 5)
	c.all()
	c.begun, c.gate = make(chan struct{}), make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() { _, _, _ = c.lists.Find(t.Context(), testStatus, "rm-000") })
	<-c.begun
	c.lists.Changed(t.Context(), "rm-001")
	if _, found, err := c.lists.Find(t.Context(), testStatus, "rm-001"); found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
	close(c.gate)
	first.Wait()
}

func TestSharedLists_OldList_IsReadAgain(t *testing.T) {
	c := newListedCloud(t, 3)
	c.all()
	for range 2 {
		if _, found, err := c.lists.Find(t.Context(), testStatus, "rm-000"); !found || err != nil {
			t.Fatal(found, err)
		}
	}
	c.now = c.now.Add(31 * time.Second)
	if _, found, err := c.lists.Find(t.Context(), testStatus, "rm-001"); !found || err != nil {
		t.Fatal(found, err)
	}
	if n := c.read(); n != 3 {
		t.Errorf("%d pages, want 3", n)
	}
}

func TestSharedLists_OtherTerm_ForgetsLists(t *testing.T) {
	c := newListedCloud(t, 3)
	find := func(epoch uint64, id string) bool {
		_, found, err := c.lists.Find(providers.WithEpoch(t.Context(), epoch), testStatus, id)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for range 2 {
		for _, id := range c.order {
			find(1, id)
		}
	}
	before := c.read()
	// Another process ran the operations, and this one runs them again.
	c.status["rm-002"] = "Running"
	for _, id := range c.order {
		if found := find(3, id); found && id == "rm-002" {
			t.Error("a list of an earlier term answers")
		}
	}
	if n := c.read(); n != before+1 {
		t.Errorf("%d pages in the new term, want 1", n-before)
	}
}

func TestSharedLists_FirstIsCancelled_ServesTheOthers(t *testing.T) {
	c := newListedCloud(t, 3)
	c.all()
	c.begun, c.gate = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var first, second sync.WaitGroup
	first.Go(func() {
		if _, _, err := c.lists.Find(ctx, testStatus, "rm-000"); !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled look: %v", err)
		}
	})
	<-c.begun
	second.Go(func() {
		if _, found, err := c.lists.Find(t.Context(), testStatus, "rm-001"); !found || err != nil {
			t.Errorf("the other look: %t, %v", found, err)
		}
	})
	cancel()
	first.Wait()
	close(c.gate)
	second.Wait()
	if n := c.read(); n != 1 {
		t.Errorf("%d pages", n)
	}
}

func TestSharedLists_ThrottledInTheMiddle_FailsTheRest(t *testing.T) {
	c := newListedCloud(t, 250)
	c.all()
	c.fail, c.failAt = providers.ErrThrottled, 2
	pages, singles, failed := c.tick()
	if pages != 2 || singles != 0 || failed != 150 {
		t.Errorf("%d pages, %d single looks, %d errors; want 2, 0 and 150", pages, singles, failed)
	}
	// Retries of the failed looks share lists too, and one list a moment is tried.
	if pages, singles, failed = c.tick(); pages != 0 || singles != 0 || failed != 250 {
		t.Errorf("at once: %d pages, %d single looks, %d errors; want 0, 0 and 250", pages, singles, failed)
	}
	for range 10 {
		c.now = c.now.Add(failedListAge)
		if pages, singles, failed = c.tick(); pages != 2 || singles != 0 || failed != 150 {
			t.Errorf("later: %d pages, %d single looks, %d errors; want 2, 0 and 150", pages, singles, failed)
		}
	}
	c.failAt, c.now = 0, c.now.Add(failedListAge)
	if pages, singles, failed = c.tick(); pages != 3 || singles+failed != 0 {
		t.Errorf("without throttling: %d pages, %d single looks, %d errors", pages, singles, failed)
	}
}

func TestSharedLists_RefusedList_LooksSinglyForAWhile(t *testing.T) {
	for name, refusal := range map[string]error{"Invalid": providers.ErrInvalid, "Unexplained": providers.ErrUnexplained} {
		t.Run(name, func(t *testing.T) {
			c := newListedCloud(t, 10)
			c.all()
			c.fail, c.failAt = refusal, 1
			if pages, singles, failed := c.tick(); pages != 1 || singles != 10 || failed != 0 {
				t.Errorf("%d pages, %d single looks, %d errors; want 1, 10, 0", pages, singles, failed)
			}
			if pages, singles, _ := c.tick(); pages != 0 || singles != 10 {
				t.Errorf("%d pages, %d single looks; want 0, 10", pages, singles)
			}
			c.failAt, c.now = 0, c.now.Add(brokenFor)
			c.all()
			if pages, singles, _ := c.tick(); pages != 1 || singles != 0 {
				t.Errorf("later: %d pages, %d single looks; want 1, 0", pages, singles)
			}
		})
	}
}

func TestSharedLists_DeniedList_IsTheOperatorsError(t *testing.T) {
	c := newListedCloud(t, 10)
	c.all()
	c.fail, c.failAt = providers.ErrDenied, 1
	if pages, singles, failed := c.tick(); pages != 1 || singles != 0 || failed != 10 {
		t.Errorf("%d pages, %d single looks, %d errors; want 1, 0, 10", pages, singles, failed)
	}
}

func TestSharedLists_ListKeepsFailing_LooksSingly(t *testing.T) {
	c := newListedCloud(t, 10)
	c.all()
	c.fail, c.failAt = errors.New("service unavailable"), 1
	var singles int
	for range mostFailedLists {
		_, singles, _ = c.tick()
		c.now = c.now.Add(failedListAge)
	}
	if singles != 10 {
		t.Errorf("%d single looks after %d failed lists", singles, mostFailedLists)
	}
}

func TestSharedLists_PagePanics_PanicsInTheLook(t *testing.T) {
	lists := NewSharedLists(SharedListsConfig[string, string]{
		Page: func(context.Context, string, int) ([]string, bool, error) { panic("broken") },
		ID:   func(id string) string { return id },
	})
	for _, id := range []string{"a", "b"} {
		lists.Waits(t.Context(), testStatus, id)
	}
	defer func() {
		if recover() == nil {
			t.Error("the look went on")
		}
	}()
	if _, found, err := lists.Find(t.Context(), testStatus, "c"); found || err != nil {
		t.Error(found, err)
	}
}
