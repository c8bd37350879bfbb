package ramuser

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// The steps. A removal that is repeated has the same request each time, and
// finds the next key or attachment by a look of its own. A key to drop is named
// in the request, since the binding's own key may exist by then.
const (
	stepUser         = "user"
	stepPolicy       = "policy"
	stepAttach       = "attach"
	stepKey          = "key"
	stepDropKey      = "drop-key"   // one whose secret was lost
	stepDeleteKey    = "delete-key" // any
	stepDetach       = "detach"
	stepDeletePolicy = "delete-policy"
	stepDeleteUser   = "delete-user"
	waitKey          = "key-visible"
	waitTaken        = "key-taken"
)

// Sentences for users.
const (
	textForeign = "The name that was drawn for the binding's RAM user or policy is in use elsewhere. Delete this binding and make another."
	textWaitKey = "Waiting for the access key to become visible."

	textWaitTaken = "Waiting until the service takes the new access key."
	textRefused   = "The cloud refuses a request of the broker. Ask the operator of the broker."
)

// request is the request of every step; a step reads the members it needs.
type request struct {
	User     string `json:"user,omitempty"`
	Policy   string `json:"policy,omitempty"`
	Document string `json:"document,omitempty"`
	Mark     string `json:"mark,omitempty"`
	Key      string `json:"key,omitempty"` // its id
}

// nextToMake returns the next step towards a binding that exists. The caller adds
// the credentials to Done.
func nextToMake(t providers.Task, p plan, s State) providers.Step {
	have := keyOf(t.Facts)
	isOther := func(id string) bool { return id != have.ID }
	var step providers.Step
	switch {
	case s.User == Foreign || s.Policy == Foreign:
		return providers.FailStep(providers.Broken, textForeign)
	case s.User == Missing:
		step = providers.CallStep(stepUser, request{User: p.User, Mark: p.Mark})
	case s.Policy == Missing:
		step = providers.CallStep(stepPolicy, request{Policy: p.Policy, Document: p.Document, Mark: p.Mark})
	case !slices.Contains(s.Attached, rampolicy.Attachment{Type: rampolicy.Custom, Policy: p.Policy}):
		step = providers.CallStep(stepAttach, request{User: p.User, Policy: p.Policy})
	case slices.ContainsFunc(s.Keys, isOther):
		// The answer to CreateAccessKey, and with it the secret, was lost.
		lost := s.Keys[slices.IndexFunc(s.Keys, isOther)]
		step = providers.CallStep(stepDropKey, request{User: p.User, Key: lost})
		step.Target = lost
	case have.ID == "":
		step = providers.CallStep(stepKey, request{User: p.User})
	case !slices.Contains(s.Keys, have.ID):
		// Lists lag. A list with our key has all older keys too, so that a lost
		// one is seen beside it.
		return providers.WaitStep(waitKey, providers.Quick, textWaitKey)
	case !s.Taken:
		return providers.WaitStep(waitTaken, providers.Quick, textWaitTaken)
	default:
		return providers.DoneStep(nil)
	}
	if slices.Contains(t.Refused, step.Name) {
		return providers.FailStep(providers.Broken, textRefused)
	}
	return step
}

// nextToRemove takes access away first. A user and a policy that the record has
// as made are removed once even if RAM does not show them, since its answers may
// lag. Keys and attachments are safe from that: RAM refuses to delete a user or
// policy that still has one.
func nextToRemove(t providers.Task, p plan, s State) providers.Step {
	made := func(seen Presence, fact string) bool {
		return seen == Ours || seen == Missing && t.Facts.Open[fact] != ""
	}
	switch {
	case len(s.Keys) > 0:
		return providers.CallStep(stepDeleteKey, request{User: p.User})
	case len(s.Attached) > 0:
		return providers.CallStep(stepDetach, request{User: p.User})
	case made(s.Policy, factPolicy):
		return providers.CallStep(stepDeletePolicy, request{Policy: p.Policy})
	case made(s.User, factUser):
		return providers.CallStep(stepDeleteUser, request{User: p.User})
	default:
		return providers.DoneStep(nil)
	}
}

func do(ctx context.Context, calls calls, s providers.Step) (providers.Facts, error) {
	var r request
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	facts, err := call(ctx, calls, s.Name, r)
	if err != nil {
		return facts, fmt.Errorf("ramuser: %s of user or policy %s%s: %w", s.Name, r.User, r.Policy, err)
	}
	return facts, nil
}

func call(ctx context.Context, calls calls, step string, r request) (providers.Facts, error) {
	var none providers.Facts
	switch step {
	case stepUser:
		if err := calls.CreateUser(ctx, r.User, r.Mark); err != nil {
			return none, err
		}
		return rampolicy.OpenFact(factUser, r.User), nil
	case stepPolicy:
		if err := calls.CreatePolicy(ctx, r.Policy, r.Document, r.Mark); err != nil {
			return none, err
		}
		return rampolicy.OpenFact(factPolicy, r.Policy), nil
	case stepAttach:
		return none, calls.Attach(ctx, r.User, rampolicy.Attachment{Type: rampolicy.Custom, Policy: r.Policy})
	case stepKey:
		k, err := calls.CreateKey(ctx, r.User)
		if err != nil {
			return none, err
		}
		facts := rampolicy.OpenFact(factKeyID, k.ID)
		facts.Secrets = map[string]string{factSecret: k.Secret.Reveal()}
		return facts, nil
	case stepDropKey:
		return none, providers.UnlessMissing(calls.DeleteKey(ctx, r.User, r.Key))
	case stepDeleteKey:
		return none, deleteKey(ctx, calls, r.User)
	case stepDetach:
		return none, rampolicy.DetachOne(ctx, calls, r.User)
	case stepDeletePolicy:
		return rampolicy.Forgotten(factPolicy, calls.DeletePolicy(ctx, r.Policy))
	case stepDeleteUser:
		return rampolicy.Forgotten(factUser, calls.DeleteUser(ctx, r.User))
	default:
		return none, errUnknownStep
	}
}

// deleteKey deletes one key of the user.
func deleteKey(ctx context.Context, calls calls, user string) error {
	ids, err := calls.Keys(ctx, user)
	if err != nil || len(ids) == 0 {
		return providers.UnlessMissing(err)
	}
	return providers.UnlessMissing(calls.DeleteKey(ctx, user, ids[0]))
}

// errUnknownStep is a mistake of the broker: Next gives no such step.
var errUnknownStep = errors.New("there is no such step")
