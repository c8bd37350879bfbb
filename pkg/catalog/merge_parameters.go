package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Merge puts the parameters of an update over the parameters of an instance. It
// returns all parameters after the update, and the part of the update that
// changes something, nil if nothing changes. A parameter that the update leaves
// out stays as it is (UPD-03), so that platforms may send all parameters or only
// the changed ones.
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
