package oss

import (
	"context"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The steps of bindings. Those of a removal that are made more than once have
// the same request each time: which key, which attachment, is found by a look
// that the step makes itself. A key to drop has its name in the request: by the
// time the call is made there may be one that is in use.
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
)

// Sentences for users.
const (
	textForeignUser = "The name that was drawn for the binding's RAM user or policy is in use elsewhere. Delete this binding and make another."
	textWaitKey     = "Waiting for the access key to become visible."
)

// userRequest is the request of all steps of bindings; a step reads what it
// needs.
type userRequest struct {
	User     string `json:"user,omitempty"`
	Policy   string `json:"policy,omitempty"`
	Document string `json:"document,omitempty"`
	Mark     string `json:"mark,omitempty"`
	Key      string `json:"key,omitempty"` // its id
}

func nextForUser(t providers.Task, plan bindingPlan, s userState, credentials func(key) map[string]string) providers.Step {
	if t.Goal == providers.Absent {
		return nextToRemoveUser(t, plan, s)
	}
	have := keyOf(t.Facts)
	var step providers.Step
	switch {
	case s.User == foreign || s.Policy == foreign:
		return providers.FailStep(providers.Broken, textForeignUser)
	case s.User == missing:
		step = providers.CallStep(stepUser, userRequest{User: plan.User, Mark: plan.Mark})
	case s.Policy == missing:
		step = providers.CallStep(stepPolicy, userRequest{Policy: plan.Policy, Document: plan.Document, Mark: plan.Mark})
	case !slices.Contains(s.Attached, attachment{customPolicy, plan.Policy}):
		step = providers.CallStep(stepAttach, userRequest{User: plan.User, Policy: plan.Policy})
	case slices.ContainsFunc(s.Keys, func(id string) bool { return id != have.ID }):
		// The answer to CreateAccessKey, and with it the secret, was lost.
		lost := s.Keys[slices.IndexFunc(s.Keys, func(id string) bool { return id != have.ID })]
		step = providers.CallStep(stepDropKey, userRequest{User: plan.User, Key: lost})
		step.Target = lost
	case have.ID == "":
		step = providers.CallStep(stepKey, userRequest{User: plan.User})
	case !slices.Contains(s.Keys, have.ID):
		// Lists lag. One that shows our key shows all older ones too, so that
		// none stays unnoticed beside it.
		return providers.WaitStep(waitKey, providers.Quick, textWaitKey)
	default:
		return providers.DoneStep(credentials(have))
	}
	return unlessRefused(t, step)
}

// nextToRemoveUser takes access away first. A user and a policy that were made
// are removed once even if RAM does not show them, for its looks may lag. Keys
// and attachments need no such care: RAM refuses to delete what still has them.
func nextToRemoveUser(t providers.Task, plan bindingPlan, s userState) providers.Step {
	made := func(p presence, fact string) bool {
		return p == ours || p == missing && t.Facts.Open[fact] != ""
	}
	switch {
	case len(s.Keys) > 0:
		return providers.CallStep(stepDeleteKey, userRequest{User: plan.User})
	case len(s.Attached) > 0:
		return providers.CallStep(stepDetach, userRequest{User: plan.User})
	case made(s.Policy, factPolicy):
		return providers.CallStep(stepDeletePolicy, userRequest{Policy: plan.Policy})
	case made(s.User, factUser):
		return providers.CallStep(stepDeleteUser, userRequest{User: plan.User})
	default:
		return providers.DoneStep(nil)
	}
}

func doWithUser(ctx context.Context, calls userCalls, s providers.Step) (providers.Facts, error) {
	var r userRequest
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	facts, err := callForUser(ctx, calls, s.Name, r)
	if err != nil {
		return facts, fmt.Errorf("oss: %s of RAM user or policy %s%s: %w", s.Name, r.User, r.Policy, err)
	}
	return facts, nil
}

func callForUser(ctx context.Context, calls userCalls, step string, r userRequest) (providers.Facts, error) {
	var none providers.Facts
	switch step {
	case stepUser:
		if err := calls.CreateUser(ctx, r.User, r.Mark); err != nil {
			return none, err
		}
		return openFact(factUser, r.User), nil
	case stepPolicy:
		if err := calls.CreatePolicy(ctx, r.Policy, r.Document, r.Mark); err != nil {
			return none, err
		}
		return openFact(factPolicy, r.Policy), nil
	case stepAttach:
		return none, calls.Attach(ctx, r.User, attachment{customPolicy, r.Policy})
	case stepKey:
		k, err := calls.CreateKey(ctx, r.User)
		if err != nil {
			return none, err
		}
		facts := openFact(factKeyID, k.ID)
		facts.Secrets = map[string]string{factSecret: k.Secret.Reveal()}
		return facts, nil
	case stepDropKey:
		return none, providers.UnlessMissing(calls.DeleteKey(ctx, r.User, r.Key))
	case stepDeleteKey:
		return none, deleteKey(ctx, calls, r.User)
	case stepDetach:
		return none, detach(ctx, calls, r.User)
	case stepDeletePolicy:
		return forgotten(factPolicy, calls.DeletePolicy(ctx, r.Policy))
	case stepDeleteUser:
		return forgotten(factUser, calls.DeleteUser(ctx, r.User))
	default:
		return none, errUnknownStep
	}
}

// deleteKey deletes one key of the user.
func deleteKey(ctx context.Context, calls userCalls, user string) error {
	ids, err := calls.Keys(ctx, user)
	if err != nil || len(ids) == 0 {
		return providers.UnlessMissing(err)
	}
	return providers.UnlessMissing(calls.DeleteKey(ctx, user, ids[0]))
}

// detach takes one policy from the user.
func detach(ctx context.Context, calls userCalls, user string) error {
	attached, err := calls.Attached(ctx, user)
	if err != nil || len(attached) == 0 {
		return providers.UnlessMissing(err)
	}
	return providers.UnlessMissing(calls.Detach(ctx, user, attached[0]))
}

// forgotten returns the facts of a removal: nobody remembers what was made.
func forgotten(fact string, err error) (providers.Facts, error) {
	if err := providers.UnlessMissing(err); err != nil {
		return providers.Facts{}, err
	}
	return openFact(fact, ""), nil
}

func openFact(name, value string) providers.Facts {
	return providers.Facts{Open: map[string]string{name: value}}
}
