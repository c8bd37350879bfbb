package ramuser

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// A new key and a new policy count after some time, and until then the service
// refuses the application. So a binding is ready once the service has answered a call
// that the new key signs. A binding whose key is refused until the deadline of the
// bind fails, and its user is removed.

// factKeyCheck is the last answer of the service to the new key, for operators.
const factKeyCheck = "key_check"

// takenKey is the value of factKeyCheck for a key that the service takes.
func takenKey(k Key) string { return "taken: " + k.ID }

// tryKey lets the service look at the key of a binding that lacks nothing else. It
// returns the fact of the answer.
func (k Kind) tryKey(ctx context.Context, t providers.Task, p plan, s *State) (providers.Facts, error) {
	have := keyOf(t.Facts)
	if k.config.Try == nil || t.Facts.Open[factKeyCheck] == takenKey(have) {
		s.Taken = true
		return providers.Facts{}, nil
	}
	if t.Goal != providers.Present || have.ID == "" || nextToMake(t, p, *s).Name != waitTaken {
		return providers.Facts{}, nil
	}
	told, err := k.config.Try(ctx, t, have)
	switch {
	case err == nil:
		s.Taken, s.Told = true, told
		return rampolicy.OpenFact(factKeyCheck, takenKey(have)), nil
	case errors.Is(err, providers.ErrCredentials), errors.Is(err, providers.ErrDenied):
		return rampolicy.OpenFact(factKeyCheck, "refused: "+codeOf(err)), nil
	}
	return providers.Facts{}, fmt.Errorf("ramuser: try the new key of user %s: %w", p.User, err)
}

// WithoutCheck returns the facts of a look without the one that the key was taken, for
// a service that has something to do before: the key is tried again after that.
func WithoutCheck(f providers.Facts) providers.Facts {
	f.Open = maps.Clone(f.Open)
	delete(f.Open, factKeyCheck)
	return f
}

func codeOf(err error) string {
	if refusal, ok := errors.AsType[*alicloud.Error](err); ok {
		return refusal.Code
	}
	return "unknown"
}
