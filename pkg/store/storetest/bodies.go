package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// sweepStart is the time of the first sweep in tests.
func sweepStart() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC) }

// bodies are the rules about large bodies.
func bodies() cases {
	return cases{
		"Body_ByDigest_IsReturned": func(t *testing.T, s *suite) {
			contents := []string{"", "a", "\x00<&>\xff", strings.Repeat("template", 64<<10)}
			digests, kept := map[string]bool{}, map[string]store.Sealed{}
			for _, content := range contents {
				digest, key := s.putBody(t, content)
				if !store.IsBodyDigest(digest) || digests[digest] {
					t.Errorf("digest %q of %d bytes", digest, len(content))
				}
				digests[digest], kept[digest] = true, key
				s.readsBody(t, digest, key, content)
			}
			s.nameBodies(t, instance("i"), kept)
			s.reopen(t)
			got := map[string]bool{}
			for digest, key := range s.get(t, instance("i")).Bodies {
				body, err := s.Body(t.Context(), digest, key)
				if err != nil {
					t.Errorf("Body: %v", err)
				}
				got[string(body)] = true
			}
			for _, content := range contents {
				if !got[content] {
					t.Errorf("a body of %d bytes is missing after reopening", len(content))
				}
			}
		},
		"PutBody_TooLarge_Fails": func(t *testing.T, s *suite) {
			if _, _, err := s.PutBody(t.Context(), make([]byte, store.MaxBody+1)); !errors.Is(err, store.ErrTooLarge) {
				t.Errorf("PutBody = %v, want ErrTooLarge", err)
			}
		},
		"Body_Missing_IsNeitherReadNorNamed": func(t *testing.T, s *suite) {
			before := s.put(t, instance("old"), fill)
			for _, digest := range []string{store.BodyDigest([]byte("never put")), "", "../x", strings.Repeat("A", 64)} {
				if _, err := s.Body(t.Context(), digest, store.Sealed{}); !errors.Is(err, store.ErrNoBody) {
					t.Errorf("Body(%q) = %v, want ErrNoBody", digest, err)
				}
				for _, k := range []store.Key{instance("old"), instance("new")} {
					_, err := s.Update(t.Context(), k, func(r *store.Record) error {
						r.Bodies = map[string]store.Sealed{digest: {}}
						return nil
					})
					if _, ok := errors.AsType[*store.RecordError](err); !ok || !errors.Is(err, store.ErrNoBody) {
						t.Errorf("Update(%s) that names %q = %v, want ErrNoBody of the record", k, digest, err)
					}
				}
			}
			if d := diff(before, s.get(t, instance("old"))); d != "" {
				t.Errorf("record after refused updates (-before +after):\n%s", d)
			}
			if _, err := s.Get(t.Context(), instance("new")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get of the refused record = %v, want ErrNotFound", err)
			}
		},
		"Body_Put_IsNoRecord": func(t *testing.T, s *suite) {
			s.putBody(t, "body")
			if all := s.all(t); len(all) != 0 {
				t.Errorf("All = %d records, want none", len(all))
			}
			if ks := s.unfinished(t); len(ks) != 0 {
				t.Errorf("Unfinished = %q, want none", ks)
			}
		},
		"Body_Returned_IsACopy": func(t *testing.T, s *suite) {
			content := []byte("body")
			digest, key, err := s.PutBody(t.Context(), content)
			if err != nil {
				t.Fatalf("PutBody: %v", err)
			}
			content[0] = 'X'
			got, err := s.Body(t.Context(), digest, key)
			if err != nil || string(got) != "body" {
				t.Fatalf("Body = %q, %v", got, err)
			}
			got[0] = 'X'
			s.readsBody(t, digest, key, "body")
		},
		"Sweep_UnnamedForTheAge_Deletes": func(t *testing.T, s *suite) {
			at := sweepStart()
			digest, key := s.putBody(t, "body")
			for _, step := range []struct {
				after time.Duration
				want  int
			}{{0, 0}, {0, 0}, {store.BodyAge - time.Second, 0}, {store.BodyAge, 1}, {2 * store.BodyAge, 0}} {
				if n := s.sweep(t, at.Add(step.after)); n != step.want {
					t.Errorf("sweep after %s deleted %d, want %d", step.after, n, step.want)
				}
			}
			s.lacksBody(t, digest, key)
		},
		"Sweep_NamedOrPutAgain_WaitsAnew": func(t *testing.T, s *suite) {
			at := sweepStart()
			digest, key := s.putBody(t, "body")
			s.sweep(t, at)
			s.nameBodies(t, instance("i"), map[string]store.Sealed{digest: key})
			s.nameBodies(t, instance("i"), nil)
			if n := s.sweep(t, at.Add(store.BodyAge)); n != 0 {
				t.Errorf("a body that was named since the last sweep was deleted")
			}
			again, _ := s.putBody(t, "body")
			n := s.sweep(t, at.Add(2*store.BodyAge))
			if want := map[bool]int{true: 0, false: 1}[again == digest]; n != want {
				t.Errorf("sweep deleted %d, want %d: a body that is put again is as a fresh one", n, want)
			}
		},
		"Sweep_BodyOfTwoRecords_StaysForTheLast": func(t *testing.T, s *suite) {
			digest, key := s.putBody(t, "body")
			named := map[string]store.Sealed{digest: key}
			s.nameBodies(t, instance("i"), named)
			s.nameBodies(t, binding("i", "b"), named)
			s.nameBodies(t, instance("i"), nil)
			if n := s.sweepAll(t); n != 0 {
				t.Errorf("sweep deleted %d bodies of the other record", n)
			}
			s.readsBody(t, digest, s.get(t, binding("i", "b")).Bodies[digest], "body")
			s.deleteRecord(t, binding("i", "b"))
			if n := s.sweepAll(t); n != 1 {
				t.Errorf("sweep deleted %d, want the body that the deleted record named", n)
			}
		},
		"Sweep_BesideWriters_KeepsNamedBodies": sweepsBesideWriters,
	}
}

// sweepsBesideWriters lets writers name bodies while sweeps run. The age passes
// only between writes, as it does where a write is shorter than the age.
func sweepsBesideWriters(t *testing.T, s *suite) {
	const writers, rounds = 4, 10
	var (
		age     sync.RWMutex // held for reading by a write, for writing while time passes
		wg      sync.WaitGroup
		stop    = make(chan struct{})
		stopped = make(chan struct{})
	)
	go func() {
		defer close(stopped)
		for at := sweepStart(); ; at = at.Add(store.BodyAge) {
			if _, err := s.SweepBodies(t.Context(), at); err != nil {
				t.Errorf("SweepBodies: %v", err)
			}
			age.Lock()
			age.Unlock() //nolint:staticcheck // the writes that had begun have ended
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	for w := range writers {
		wg.Go(func() {
			k := instance(fmt.Sprint(w))
			for n := range rounds {
				content := fmt.Sprint("body ", n%2) // of all writers
				digest, key, err := s.putAndName(t.Context(), &age, k, content)
				if err != nil {
					t.Errorf("name a body: %v", err)
					return
				}
				got, err := s.Body(t.Context(), digest, key)
				if err != nil || string(got) != content {
					t.Errorf("a named body = %q, %v, want %q", got, err, content)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	<-stopped
	s.sweepAll(t)
	for _, r := range s.all(t) {
		for digest, key := range r.Bodies {
			if _, err := s.Body(t.Context(), digest, key); err != nil {
				t.Errorf("%s names a body that is gone: %v", r.Key, err)
			}
		}
	}
}

// putAndName puts a body and names it, again where a sweep deleted it first.
func (s *suite) putAndName(ctx context.Context, age *sync.RWMutex, k store.Key, content string) (digest string, key store.Sealed, err error) {
	for {
		if digest, key, err = s.PutBody(ctx, []byte(content)); err != nil {
			return "", store.Sealed{}, err
		}
		age.RLock()
		r, err := s.Update(ctx, k, func(r *store.Record) error {
			r.Bodies = map[string]store.Sealed{digest: key}
			return nil
		})
		age.RUnlock()
		if !errors.Is(err, store.ErrNoBody) {
			return digest, r.Bodies[digest], err
		}
	}
}

// putBody puts a body, which must succeed.
func (s *suite) putBody(t *testing.T, content string) (digest string, key store.Sealed) {
	t.Helper()
	digest, key, err := s.PutBody(t.Context(), []byte(content))
	if err != nil {
		t.Fatalf("PutBody: %v", err)
	}
	return digest, key
}

// nameBodies replaces the bodies that a record names.
func (s *suite) nameBodies(t *testing.T, k store.Key, bodies map[string]store.Sealed) {
	t.Helper()
	s.put(t, k, func(r *store.Record) { r.Bodies = bodies })
}

// readsBody checks the content of a body.
func (s *suite) readsBody(t *testing.T, digest string, key store.Sealed, want string) {
	t.Helper()
	if got, err := s.Body(t.Context(), digest, key); err != nil || !bytes.Equal(got, []byte(want)) {
		t.Errorf("Body = %d bytes, %v, want %d bytes", len(got), err, len(want))
	}
}

// lacksBody checks that a body is gone.
func (s *suite) lacksBody(t *testing.T, digest string, key store.Sealed) {
	t.Helper()
	if _, err := s.Body(t.Context(), digest, key); !errors.Is(err, store.ErrNoBody) {
		t.Errorf("Body = %v, want ErrNoBody", err)
	}
}

// sweep sweeps once and returns how many bodies that deleted.
func (s *suite) sweep(t *testing.T, now time.Time) int {
	t.Helper()
	n, err := s.SweepBodies(t.Context(), now)
	if err != nil {
		t.Fatalf("SweepBodies: %v", err)
	}
	return n
}

// sweepAll sweeps until every unnamed body is deleted, and returns how many
// there were. It goes by a time far ahead, so marks of earlier sweeps are old.
func (s *suite) sweepAll(t *testing.T) int {
	t.Helper()
	at := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	return s.sweep(t, at) + s.sweep(t, at.Add(store.BodyAge))
}
