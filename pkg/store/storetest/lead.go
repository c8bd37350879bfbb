package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// lead are the rules about the right to run operations.
func lead() cases {
	return cases{
		"Lead_Epochs_GrowAcrossReopening": func(t *testing.T, s *suite) {
			last := uint64(0)
			for range 2 {
				for range 2 {
					epoch := s.epoch(t)
					if epoch <= last {
						t.Errorf("epoch %d after %d", epoch, last)
					}
					last = epoch
				}
				s.reopen(t)
			}
		},
		"Lead_TwoCallers_OneAtATime": func(t *testing.T, s *suite) {
			let, ended := make(chan struct{}), make(chan error, 1)
			leading := make(chan struct{})
			var first store.Lease
			go func() {
				ended <- s.Lead(t.Context(), func(held context.Context, l store.Lease) error {
					if !l.Held() || held.Err() != nil {
						t.Error("the lease is not held at its beginning")
					}
					first = l
					close(leading)
					<-let
					if !l.Held() || held.Err() != nil {
						t.Error("the lease was lost without another candidate")
					}
					return nil
				})
			}()
			<-leading
			impatient, end := context.WithCancel(t.Context())
			waited := make(chan error, 1)
			go func() {
				waited <- s.Lead(impatient, func(context.Context, store.Lease) error {
					t.Error("two lead at a time")
					return nil
				})
			}()
			end()
			if err := <-waited; !errors.Is(err, context.Canceled) {
				t.Errorf("Lead of one who gave up waiting = %v, want context.Canceled", err)
			}
			close(let)
			if err := <-ended; err != nil {
				t.Errorf("Lead: %v", err)
			}
			if first.Held() {
				t.Error("the lease is held after its end")
			}
			if next := s.epoch(t); next <= first.Epoch {
				t.Errorf("epoch %d after %d", next, first.Epoch)
			}
		},
		"Lead_EndedContext_LetsRunFinish": func(t *testing.T, s *suite) {
			ctx, stop := context.WithCancel(t.Context())
			failed := errors.New("failed")
			err := s.Lead(ctx, func(held context.Context, l store.Lease) error {
				stop()
				if held.Err() != nil || !l.Held() {
					t.Error("the lease ended before run did")
				}
				return failed
			})
			if !errors.Is(err, failed) {
				t.Errorf("Lead = %v, want run's error", err)
			}
		},
	}
}

// epoch leads for a moment and returns its epoch.
func (s *suite) epoch(t *testing.T) (epoch uint64) {
	t.Helper()
	err := s.Lead(t.Context(), func(_ context.Context, l store.Lease) error {
		epoch = l.Epoch
		return nil
	})
	if err != nil {
		t.Fatalf("Lead: %v", err)
	}
	return epoch
}

func runNothing(context.Context, store.Lease) error { return nil }
