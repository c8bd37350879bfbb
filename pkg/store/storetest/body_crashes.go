package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// bodyCrashes are the rules about bodies after a crash.
func bodyCrashes() cases {
	return cases{
		"Crash_BetweenBodyAndRecord_LosesNoNamedBody": func(t *testing.T, s *suite) {
			at := sweepStart()
			lost, lostKey := s.putBody(t, "its record was never written")
			late, lateKey := s.putBody(t, "its record is written after the crash")
			s.reopen(t)
			if n := s.sweep(t, at); n != 0 {
				t.Errorf("the first sweep after the crash deleted %d bodies", n)
			}
			s.nameBodies(t, instance("i"), map[string]store.Sealed{late: lateKey})
			s.reopen(t)
			if n := s.sweep(t, at.Add(store.BodyAge)); n != 1 {
				t.Errorf("sweep deleted %d bodies, want the one without a record", n)
			}
			s.lacksBody(t, lost, lostKey)
			s.readsBody(t, late, s.get(t, instance("i")).Bodies[late], "its record is written after the crash")
		},
		"Crash_BetweenLastReferenceAndSweep_IsSweptLater": func(t *testing.T, s *suite) {
			at := sweepStart()
			dropped, droppedKey := s.putBody(t, "dropped by a change")
			deleted, deletedKey := s.putBody(t, "dropped with its record")
			s.nameBodies(t, instance("i"), map[string]store.Sealed{dropped: droppedKey})
			s.nameBodies(t, instance("j"), map[string]store.Sealed{deleted: deletedKey})
			s.sweep(t, at)
			s.nameBodies(t, instance("i"), nil)
			s.deleteRecord(t, instance("j"))
			s.reopen(t)
			if n := s.sweep(t, at.Add(store.BodyAge)); n != 0 {
				t.Errorf("a sweep deleted %d bodies that were named at the last sweep", n)
			}
			s.reopen(t)
			if n := s.sweep(t, at.Add(2*store.BodyAge)); n != 2 {
				t.Errorf("sweep deleted %d bodies, want both", n)
			}
		},
		"Crash_AtEachWrite_LeavesNamedBodiesOnly": crashAtEachWrite,
	}
}

// crashAtEachWrite runs the life of two records with bodies, with a crash
// before or after the effect of each write.
func crashAtEachWrite(t *testing.T, s *suite) {
	faulty := NewFaulty(s.Store)
	if err := bodyLife(t.Context(), faulty); err != nil {
		t.Fatalf("without a crash: %v", err)
	}
	writes := faulty.Writes()
	for write := 1; write <= writes; write++ {
		for _, after := range []bool{false, true} {
			for _, r := range s.all(t) {
				s.deleteRecord(t, r.Key)
			}
			s.sweepAll(t)
			faulty := NewFaulty(s.Store)
			faulty.FailWrite(write, after)
			if err := bodyLife(t.Context(), faulty); !errors.Is(err, ErrDead) {
				t.Fatalf("write %d, after %t: %v, want ErrDead", write, after, err)
			}
			s.reopen(t)
			s.sweepAll(t)
			for _, r := range s.all(t) {
				for digest, key := range r.Bodies {
					if _, err := s.Body(t.Context(), digest, key); err != nil {
						t.Errorf("write %d, after %t: %s names a body that is gone: %v", write, after, r.Key, err)
					}
				}
				s.nameBodies(t, r.Key, nil)
			}
			s.sweepAll(t)
			if n := s.sweepAll(t); n != 0 {
				t.Errorf("write %d, after %t: %d bodies are left after sweeps", write, after, n)
			}
		}
	}
}

// bodyLife puts bodies, names them, replaces one, drops them and sweeps.
func bodyLife(ctx context.Context, s store.Store) error {
	name := func(k store.Key, content string) error {
		digest, key, err := s.PutBody(ctx, []byte(content))
		if err != nil {
			return err
		}
		_, err = s.Update(ctx, k, func(r *store.Record) error {
			r.Bodies = map[string]store.Sealed{digest: key}
			return nil
		})
		return err
	}
	sweepAt := sweepStart()
	sweep := func() error {
		_, err := s.SweepBodies(ctx, sweepAt)
		sweepAt = sweepAt.Add(store.BodyAge)
		return err
	}
	for _, step := range []func() error{
		func() error { return name(instance("i"), "first") },
		func() error { return name(binding("i", "b"), "first") },
		sweep,
		func() error { return name(instance("i"), "second") },
		sweep,
		func() error { return s.Delete(ctx, binding("i", "b"), nil) },
		sweep,
		sweep,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
