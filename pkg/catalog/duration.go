package catalog

import (
	"encoding/json"
	"fmt"
	"time"
)

// A Duration is written as Go writes durations: "90m".
type Duration time.Duration

// String returns the duration as Go writes it: "1h30m0s".
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes the duration as String does.
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.String())
}

// UnmarshalJSON reads a string as time.ParseDuration does. Numbers are refused,
// since they lack a unit.
func (d *Duration) UnmarshalJSON(value []byte) error {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"90m\", not %s", value)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("a duration is a string such as \"90m\", not %q", text)
	}
	*d = Duration(parsed)
	return nil
}
