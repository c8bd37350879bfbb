package rpc

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

func TestMalformed_RepeatedOrWithGap_Refused(t *testing.T) {
	many := url.Values{}
	for i := range 10_000 {
		many.Set("Tag."+strconv.Itoa(i+1)+".Key", "k")
	}
	for name, tc := range map[string]struct {
		params  url.Values
		refused bool
	}{
		"none":                  {nil, false},
		"plain":                 {values("A", "1", "B", ""), false},
		"a list":                {values("Id.1", "a", "Id.2", "b", "Id.10", "j", "Id.3", "", "Id.4", "", "Id.5", "", "Id.6", "", "Id.7", "", "Id.8", "", "Id.9", ""), false},
		"lists in a list":       {values("A.1.B.1.C", "a", "A.1.B.2.C", "b", "A.2.B.1.C", "c", "A.1.D", "d"), false},
		"10,000 tags":           {many, false},
		"the same twice":        {url.Values{"A": {"1", "1"}}, true},
		"from 2 on":             {values("Id.2", "a"), true},
		"from 0 on":             {values("Id.0", "a", "Id.1", "b"), true},
		"a gap":                 {values("Tag.1.Key", "a", "Tag.3.Key", "b"), true},
		"a gap inside":          {values("A.1.B.1", "a", "A.1.B.3", "b"), true},
		"a number as no other":  {values("Id.01", "a"), true},
		"a negative one":        {values("Id.-1", "a"), true},
		"words with dots":       {values("Config.Min", "1", "Config.Max", "2"), false},
		"a number as the first": {values("1.A", "x"), false},
	} {
		if got := malformed(tc.params); (got != nil) != tc.refused {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestGateway_JSONMemberTwice_Refused(t *testing.T) {
	to := url.Values{}
	if err := flattenObject(to, []byte(`{"A":"1","B":[{"C":true}],"A":2}`)); err != nil {
		t.Fatal(err)
	}
	if malformed(to) == nil {
		t.Errorf("%v was taken", to)
	}
}

func TestGateway_HeaderOfAnotherAction_Refused(t *testing.T) {
	b := newBench(t)
	for action, status := range map[string]int{"Say": 200, "SAY": 200, "Nothing": 400} {
		v := b.params()
		v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/?"+v.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("x-acs-action", action)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.read(response); got.Status != status {
			t.Errorf("with x-acs-action %s: %d %s, want %d", action, got.Status, got.Code, status)
		}
	}
}
