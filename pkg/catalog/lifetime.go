package catalog

import (
	"bytes"
	"encoding/json"
)

// A Lifetime is the time after which a platform should replace a binding. It is
// written as a duration, "720h", or as an object, {after: 720h, end: true}.
type Lifetime struct {
	After Duration // 0: never
	// End says that the broker then ends the login of the binding, and drops nothing.
	End bool
}

// lifetimeObject is a Lifetime written as an object.
type lifetimeObject struct {
	After Duration `json:"after"`
	End   bool     `json:"end"`
}

// MarshalJSON writes a Lifetime without End as a duration, as records of before have it.
func (l Lifetime) MarshalJSON() ([]byte, error) {
	if !l.End {
		return l.After.MarshalJSON()
	}
	return json.Marshal(lifetimeObject(l))
}

// UnmarshalJSON reads both forms.
func (l *Lifetime) UnmarshalJSON(value []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(value), []byte("{")) {
		l.End = false
		return l.After.UnmarshalJSON(value)
	}
	var o lifetimeObject
	if err := decodeStrict(value, &o); err != nil {
		return err
	}
	*l = Lifetime(o)
	return nil
}
