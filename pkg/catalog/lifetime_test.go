package catalog

import (
	"encoding/json"
	"testing"
	"time"
)

func TestLifetime_BothForms_DecodeAndEncode(t *testing.T) {
	day := Duration(24 * time.Hour)
	for text, want := range map[string]struct {
		lifetime Lifetime
		written  string
	}{
		`"24h"`:                        {Lifetime{After: day}, `"24h0m0s"`}, // as records of before have it
		`{"after":"24h"}`:              {Lifetime{After: day}, `"24h0m0s"`},
		`{"after":"24h","end":true}`:   {Lifetime{After: day, End: true}, `{"after":"24h0m0s","end":true}`},
		`{"after":"24h","end":"true"}`: {},
		`{"after":24}`:                 {},
		`{"after":"24h","ends":true}`:  {},
		`24`:                           {},
	} {
		var got Lifetime
		err := json.Unmarshal([]byte(text), &got)
		if (err == nil) != (want.written != "") {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err != nil {
			continue
		}
		if written, err := json.Marshal(got); got != want.lifetime || err != nil || string(written) != want.written {
			t.Errorf("%s is %+v, written as %s (%v)", text, got, written, err)
		}
	}
}
