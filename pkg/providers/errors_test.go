package providers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestClassOf_EveryReason_HasItsClass(t *testing.T) {
	for class, errs := range map[providers.Class][]error{
		providers.Transient: {
			providers.ErrThrottled, providers.ErrWrongState, providers.ErrOutcomeUnknown,
			context.Canceled, context.DeadlineExceeded, errors.New("something new"),
		},
		providers.Look:     {providers.ErrTokenUsed, providers.ErrExists, providers.ErrNotFound},
		providers.User:     {providers.ErrInvalid, providers.ErrSoldOut, providers.Failf(providers.Invalid, "text"), providers.Failf(providers.Policy, "text")},
		providers.Operator: {providers.ErrDenied, providers.ErrCredentials, providers.ErrArrears, providers.ErrQuota, providers.Failf(providers.Broken, "text")},
		providers.Unexplained: {
			providers.ErrUnexplained, fmt.Errorf("rds: %w: %w", errors.New("other"), providers.ErrUnexplained),
		},
	} {
		for _, err := range errs {
			if got := providers.ClassOf(fmt.Errorf("rds: create: %w", err)); got != class {
				t.Errorf("class of %v = %s, want %s", err, got, class)
			}
		}
	}
}

func TestIsOutcomeUnknown_LostAndRepeatedCalls_AreUnknown(t *testing.T) {
	for _, err := range []error{providers.ErrOutcomeUnknown, providers.ErrTokenUsed, context.Canceled, context.DeadlineExceeded} {
		if !providers.IsOutcomeUnknown(fmt.Errorf("again: %w", err)) {
			t.Errorf("%v has a known outcome", err)
		}
	}
	for _, err := range []error{providers.ErrThrottled, providers.ErrInvalid, providers.ErrExists, nil} {
		if providers.IsOutcomeUnknown(err) {
			t.Errorf("%v has an unknown outcome", err)
		}
	}
}

func TestUnlessMissing_NotFoundAlone_IsDropped(t *testing.T) {
	if err := providers.UnlessMissing(fmt.Errorf("rds: %w", providers.ErrNotFound)); err != nil {
		t.Errorf("ErrNotFound became %v", err)
	}
	if err := providers.UnlessMissing(providers.ErrDenied); !errors.Is(err, providers.ErrDenied) {
		t.Errorf("ErrDenied became %v", err)
	}
}
