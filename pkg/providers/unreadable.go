package providers

import (
	"encoding/json"
	"fmt"
)

// TextUnreadable is the user's sentence about an unreadable record.
const TextUnreadable = "The broker cannot read what it has noted of this. Ask the operator of the broker."

// Decode reads a part of a record: a plan, the plan's settings, or the request of a
// step; part names it. The error is Unreadable.
func Decode(raw []byte, part string, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return Unreadable(fmt.Errorf("read the %s: %w", part, err))
	}
	return nil
}

// Unreadable returns the Failure for a part of a record that makes no sense; cause
// is for the log. Its kind is Broken: a retry reads the same record, so the operator
// must repair it.
func Unreadable(cause error) *Failure {
	return &Failure{Kind: Broken, Text: TextUnreadable, Cause: cause}
}
