package providers

import (
	"encoding/json"
	"errors"
	"fmt"
)

// An Action is the engine's reaction to a Step.
type Action string

// The actions.
const (
	Call Action = "call" // make the mutating call, by Do
	Wait Action = "wait" // the cloud is at work: look again later
	Done Action = "done" // the goal is reached
	Fail Action = "fail" // retries are useless
)

// A Pace says how soon to observe again.
type Pace string

// The paces of waiting.
const (
	Quick Pace = "quick" // seconds: accounts, grants
	Slow  Pace = "slow"  // minutes: servers
)

// A Step is the decision of Next.
type Step struct {
	Action Action

	// Name is the step's name within its operation: [a-z-]+. For a Call it is
	// part of the token.
	Name string
	// Target tells apart the calls of one name that an operation makes to several
	// resources in turn; it is empty for a single one. Each target has a request
	// and a token of its own.
	Target string
	// Request is the whole resolved request of a Call. It is stored before the
	// call; if the step was begun before, the engine puts the stored one here.
	Request json.RawMessage
	// Repeatable says that the Call does no harm beside an earlier one of the same
	// request, such as a removal of pages: after a crash it is made again at once.
	Repeatable bool
	// Token is set by the engine for calls that take a ClientToken: at most 64
	// ASCII characters, the same on every retry of the step.
	Token string

	// Pace of a Wait says how soon to look again. A Call of pace Slow takes minutes to
	// have its effect; the others have it at once.
	Pace Pace

	// Text is for the user: the progress (Wait), or a change that helps (Fail).
	// The same state gives the same words, free of ids, times and counts.
	Text string
	Kind FailureKind // of a Fail

	// Account is a change of the accounts that the record of the binding's instance
	// lists; nil: none. It is stored before a Call is made, and before a Done ends
	// the operation.
	Account *AccountChange

	// Kept is the id of a resource that a removal which is Done leaves to its owner;
	// empty: none.
	Kept string

	// Remains says, for the operator, what the cloud keeps for some time after a removal
	// that is Done; empty: nothing.
	Remains string

	// Credentials of a binding that is Done: flat strings, as the application
	// reads them.
	Credentials map[string]string
}

// Key names the step among those of its operation.
func (s Step) Key() string {
	if s.Target == "" {
		return s.Name
	}
	return s.Name + "/" + s.Target
}

// CallStep returns the step that makes the named call. request is marshalled;
// it must be a plain struct.
func CallStep(name string, request any) Step {
	b, err := json.Marshal(request)
	if err != nil {
		return FailStep(Broken, "The broker could not write its request.")
	}
	return Step{Action: Call, Name: name, Request: b}
}

// WaitStep returns the step that waits; text names the reason.
func WaitStep(name string, pace Pace, text string) Step {
	return Step{Action: Wait, Name: name, Pace: pace, Text: text}
}

// DoneStep returns the step that ends the operation in success; credentials
// are a binding's, nil for instances.
func DoneStep(credentials map[string]string) Step {
	return Step{Action: Done, Credentials: credentials}
}

// FailStep returns the step that ends the operation in failure; text names a change
// that helps.
func FailStep(kind FailureKind, text string) Step {
	return Step{Action: Fail, Kind: kind, Text: text}
}

// A FailureKind names the person who can fix a failure.
type FailureKind string

// The kinds of failure.
const (
	Invalid FailureKind = "invalid" // the user: impossible parameters
	Policy  FailureKind = "policy"  // the user: refused by the plan's policy, such as data at deletion
	SoldOut FailureKind = "soldout" // the user: another plan, zone or class
	Broken  FailureKind = "broken"  // the operator: a fault of the broker, of a record, or of the account
)

// A Failure is an error whose text is for the user.
type Failure struct { //nolint:errname // it is a verdict in the form of an error
	Kind  FailureKind
	Text  string // a change that helps; free of secrets and ids of requests
	Cause error  // for the log; may be nil
}

// ErrFixed is the cause of a Failure of Prepare for an update that wants what an
// instance cannot change to: platforms are told that repeating it is in vain.
var ErrFixed = errors.New("an update cannot change it")

// Fixedf returns a Failure of kind Invalid with the cause ErrFixed and a text
// made as fmt.Sprintf does.
func Fixedf(format string, args ...any) *Failure {
	return &Failure{Kind: Invalid, Text: fmt.Sprintf(format, args...), Cause: ErrFixed}
}

// ErrUnprocessable is the cause of a Failure of Prepare for parameters that are good,
// and that the broker cannot serve for the platform of the request or as it is
// configured (422).
var ErrUnprocessable = errors.New("the broker cannot do this for the platform of the request")

// Unprocessablef returns a Failure of kind Invalid with the cause ErrUnprocessable
// and a text made as fmt.Sprintf does.
func Unprocessablef(format string, args ...any) *Failure {
	return &Failure{Kind: Invalid, Text: fmt.Sprintf(format, args...), Cause: ErrUnprocessable}
}

// Failf returns a Failure with a text made as fmt.Sprintf does.
func Failf(kind FailureKind, format string, args ...any) *Failure {
	return &Failure{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// Error is for the log.
func (f *Failure) Error() string {
	if f.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.Kind, f.Text, f.Cause)
	}
	return fmt.Sprintf("%s: %s", f.Kind, f.Text)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }
