package alicloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// together calls do n times at once, and returns when all have returned.
func together(n int, do func() error) error {
	var all errgroup.Group
	for range n {
		all.Go(do)
	}
	return all.Wait()
}

func TestCaller_HundredBeginTogether_AsksOnce(t *testing.T) {
	f := newFront(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"AccountId":"1234567890","RequestId":"r"}`))
	})
	c := clientsOf(t, f, Static(Key{ID: testID, Secret: testSecret}))
	err := together(100, func() error {
		account, err := c.Caller(t.Context())
		if err == nil && account != "1234567890" {
			err = errors.New("account " + account)
		}
		return err
	})
	if n := len(f.seen()); err != nil || n != 1 {
		t.Errorf("%d calls, %v; want 1", n, err)
	}
}

func TestCaller_OtherKey_AsksAgain(t *testing.T) {
	f := newFront(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"AccountId":"1234567890","RequestId":"r"}`))
	})
	key := Key{ID: testID, Secret: testSecret}
	c := clientsOf(t, f, static(func() Key { return key }))
	for _, id := range []string{testID, "another", testID, "another"} {
		key.ID = id
		if _, err := c.Caller(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.seen()); n != 2 {
		t.Errorf("%d calls for two keys", n)
	}
}

func TestCaller_FirstIsCancelled_ServesTheOthers(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	f := newFront(t, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		_, _ = w.Write([]byte(`{"AccountId":"1234567890","RequestId":"r"}`))
	})
	c := clientsOf(t, f, Static(Key{ID: testID, Secret: testSecret}))
	ctx, cancel := context.WithCancel(t.Context())
	var first, second sync.WaitGroup
	first.Go(func() {
		if _, err := c.Caller(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the first caller got %v", err)
		}
	})
	<-asked
	second.Go(func() {
		if account, err := c.Caller(t.Context()); err != nil || account == "" {
			t.Errorf("the second caller got %q, %v", account, err)
		}
	})
	cancel()
	first.Wait()
	close(answer)
	second.Wait()
	if n := len(f.seen()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestMemo_AnswersAndErrors_AreKeptForAWhile(t *testing.T) {
	now := time.Unix(0, 0)
	m := NewMemo[int](time.Minute, func() time.Time { return now })
	asked := 0
	get := func(fail error) (int, error) {
		return m.Get(t.Context(), "k", func(context.Context) (int, error) {
			asked++
			return asked, fail
		})
	}
	broken := errors.New("broken")
	for _, step := range []struct {
		later time.Duration
		fail  error
		want  int // 0: an error
	}{{0, broken, 0}, {0, nil, 2}, {59 * time.Second, broken, 2}, {time.Second, broken, 0}, {0, nil, 4}} {
		now = now.Add(step.later)
		if got, err := get(step.fail); err == nil && got != step.want || err != nil && (step.want != 0 || !errors.Is(err, broken)) {
			t.Errorf("after %s: %d, %v; want %d", step.later, got, err, step.want)
		}
	}
}

func TestMemo_CallPanics_PanicsInEachCaller(t *testing.T) {
	m := NewMemo[int](0, nil)
	panicked := make(chan bool, 2)
	for range 2 {
		go func() {
			defer func() { panicked <- recover() != nil }()
			_, _ = m.Get(context.Background(), "k", func(context.Context) (int, error) { panic("broken") })
		}()
	}
	for range 2 {
		if !<-panicked {
			t.Error("a caller went on")
		}
	}
}
