package alicloud

import (
	"errors"
	"strings"
)

// Sentences are what a provider tells its users of codes that say what to change,
// by code or by family of codes ("InvalidX.*" for "InvalidX.Y"). They hold no ids
// and no times.
type Sentences map[string]string

// Of returns err so that Sentence tells it as s does. All else of it stays; what
// s does not know comes back as it is.
func (s Sentences) Of(err error) error {
	e, ok := asError(err)
	if !ok {
		return err
	}
	text := s[e.Code]
	if text == "" {
		family, _, _ := strings.Cut(e.Code, ".")
		text = s[family+".*"]
	}
	if text == "" {
		return err
	}
	return &toldError{error: err, text: text}
}

// A toldError is an error with what to tell the user of it.
type toldError struct {
	error
	text string
}

// Unwrap returns the error itself.
func (e *toldError) Unwrap() error { return e.error }

// Sentence returns what to tell the user of an error: what to change, or who
// can mend it. The same error gives the same words, and they hold nothing of
// the cloud's own text, no ids and no times.
func Sentence(err error) string {
	if told, ok := errors.AsType[*toldError](err); ok {
		return told.text
	}
	for _, k := range kindSentences {
		if errors.Is(err, k.kind) {
			return k.text
		}
	}
	return "The cloud did not do it yet; the broker goes on trying."
}

// kindSentences are for what no provider has a sentence of, in the order of their weight.
var kindSentences = []struct { //nolint:gochecknoglobals // a table that nobody writes
	kind error
	text string
}{
	{ErrCredentials, "The cloud refuses the broker's credentials; ask the operator of the broker."},
	{ErrDenied, "The broker lacks a permission in the cloud account; ask the operator of the broker."},
	{ErrArrears, "The cloud account cannot buy now; ask the operator of the broker."},
	{ErrQuota, "A quota of the cloud account is used up; ask the operator of the broker."},
	{ErrSoldOut, "The cloud has no capacity for this here; choose another plan or zone."},
	{ErrInvalid, "The cloud refuses the request as invalid; check the parameters or choose another plan."},
	{ErrExists, "The name is taken; choose another."},
	{ErrThrottled, "The cloud is busy; the broker goes on at a slower pace."},
	{ErrWrongState, "The cloud is at work on the resource; the broker goes on when it is ready."},
}
