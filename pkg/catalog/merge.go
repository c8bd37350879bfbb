package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Merge puts the parameters of an update over those that an instance has. It
// returns all that is wanted then, and those of the update that differ from
// what was there, nil if none does. A parameter that the update does not send
// stays as it is (UPD-03): platforms differ in whether they send all or only
// the changed ones, and both come out right.
func Merge(have, update json.RawMessage) (merged, changed json.RawMessage, err error) {
	before, err := membersOf(have)
	if err != nil {
		return nil, nil, fmt.Errorf("the instance's parameters: %w", err)
	}
	sent, err := membersOf(update)
	if err != nil {
		return nil, nil, err
	}
	fresh := map[string]json.RawMessage{}
	for name, value := range sent {
		if old, ok := before[name]; !ok || !equalValues(parse(old), parse(value)) {
			fresh[name] = value
		}
	}
	if len(fresh) == 0 {
		return have, nil, nil
	}
	all := maps.Clone(before)
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	maps.Copy(all, fresh)
	if merged, err = encode(all); err != nil {
		return nil, nil, err
	}
	changed, err = encode(fresh)
	return merged, changed, err
}
