package providers

import "errors"

// WithSentence returns err with a sentence for the user, which Sentence then
// returns. Everything else about err stays.
func WithSentence(err error, sentence string) error {
	return &sentenceError{error: err, sentence: sentence}
}

// A sentenceError is an error with a sentence for the user.
type sentenceError struct {
	error

	sentence string
}

// Unwrap returns the error itself.
func (e *sentenceError) Unwrap() error { return e.error }

// Sentence returns the user's sentence about an error: a change that helps, or the
// person who can fix it. The same error gives the same words. The sentence is ours:
// text of the service, ids and times stay out of it.
func Sentence(err error) string {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure.Text
	}
	if e, ok := errors.AsType[*sentenceError](err); ok {
		return e.sentence
	}
	for _, known := range sentences() {
		if errors.Is(err, known.reason) {
			return known.text
		}
	}
	return "The cloud did not do it yet; the broker goes on trying."
}

type sentence struct {
	reason error
	text   string
}

// sentences returns the sentence of each reason, the weightiest first: an
// error may have several.
func sentences() []sentence {
	return []sentence{
		{ErrClock, "The clock of the broker's machine is wrong, so the cloud refuses its requests; ask the operator of the broker."},
		{ErrCredentials, "The cloud refuses the broker's credentials; ask the operator of the broker."},
		{ErrDenied, "The broker lacks a permission in the cloud account; ask the operator of the broker."},
		{ErrArrears, "The cloud account cannot buy now; ask the operator of the broker."},
		{ErrQuota, "A quota of the cloud account is used up; ask the operator of the broker."},
		{ErrPublicEndpoint, "The cloud account may not use public endpoints for data, and the broker calls one; ask the operator of the broker."},
		{ErrUnreachable, "The broker does not reach the internal endpoint that it is told to call; ask the operator of the broker."},
		{ErrForeign, "The cloud shows a resource of another owner in the place of this one, and the broker leaves it alone; ask the operator of the broker."},
		{ErrSoldOut, "The cloud has no capacity for this here; choose another plan or zone."},
		{ErrInvalid, "The cloud refuses the request as invalid; check the parameters or choose another plan."},
		{ErrExists, "The name is taken; choose another."},
		{ErrThrottled, "The cloud is busy; the broker goes on at a slower pace."},
		{ErrWrongState, "The cloud is at work on the resource; the broker goes on when it is ready."},
		{ErrUnexplained, "The cloud refuses this for a reason that the operator of the broker must look at; ask the operator."},
	}
}
