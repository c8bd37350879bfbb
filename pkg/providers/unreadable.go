package providers

import (
	"encoding/json"
	"fmt"
)

// TextUnreadable is what the user reads where the broker's own notes make no
// sense.
const TextUnreadable = "The broker cannot read what it has noted of this. Ask the operator of the broker."

// Decode reads what the broker has noted: a plan, the plan's settings, or the
// request of a step. The error is Unreadable.
func Decode(raw []byte, what string, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return Unreadable(fmt.Errorf("read the %s: %w", what, err))
	}
	return nil
}

// Unreadable returns the Failure for notes of the broker's own that make no
// sense; cause is for the log. It is of kind Broken: the operator's to mend, since
// no retry makes the notes others.
func Unreadable(cause error) *Failure {
	return &Failure{Kind: Broken, Text: TextUnreadable, Cause: cause}
}
