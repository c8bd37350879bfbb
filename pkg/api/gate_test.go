package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// enter says who a request with this header is from; "" for nobody.
func enter(t *testing.T, g *Gate, authorization string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	name, err := g.Enter(r)
	refused, ok := errors.AsType[*osb.Error](err)
	if (name == "") != (ok && refused.Status == http.StatusUnauthorized) {
		t.Errorf("Enter = %q, %v", name, err)
	}
	return name
}

func TestTheGateKnowsWhoseTokenItIs(t *testing.T) {
	t.Parallel()
	g := NewGate(time.Nanosecond, nil)
	if g.Open() || enter(t, g, "Bearer ") != "" || enter(t, g, "Bearer x") != "" {
		t.Error("a gate without tokens lets somebody in")
	}
	tokens := []NamedToken{{"alice", "one"}, {"alice", "two"}, {"bob", "three:with:colons"}}
	if err := g.SetTokens(tokens); err != nil || !g.Open() {
		t.Fatal(err)
	}
	for authorization, want := range map[string]string{
		"Bearer one": "alice", "bearer two": "alice", "Bearer three:with:colons": "bob",
		"": "", "Bearer": "", "Bearer ": "", "Bearer four": "", "Basic one": "", "one": "", "Bearer alice:one": "",
	} {
		if got := enter(t, g, authorization); got != want {
			t.Errorf("%q is from %q, want %q", authorization, got, want)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", tokens, tokens[0], tokens); strings.Contains(text, "one") || strings.Contains(text, "three") {
		t.Errorf("a token is printed: %s", text)
	}
}

func TestTokensThatTellNobodyApartAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	g := NewGate(time.Nanosecond, nil)
	if err := g.SetTokens([]NamedToken{{"alice", "one"}}); err != nil {
		t.Fatal(err)
	}
	for what, tokens := range map[string][]NamedToken{
		"none": nil, "no name": {{"", "x"}}, "no token": {{"bob", ""}}, "shared": {{"bob", "x"}, {"carol", "x"}},
	} {
		if err := g.SetTokens(tokens); err == nil {
			t.Errorf("%s: it is taken", what)
		}
	}
	if enter(t, g, "Bearer one") != "alice" {
		t.Error("what was in use is not any more")
	}
	if err := g.SetTokens([]NamedToken{{"alice", "two"}}); err != nil || enter(t, g, "Bearer one") != "" {
		t.Errorf("the old token still opens (%v)", err)
	}
}

func TestGuessesAreHeldBackAndGoodTokensAreNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(0, nil)
		if err := g.SetTokens([]NamedToken{{"alice", "one"}}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range freeFailures + 20 {
			enter(t, g, "Bearer guess")
		}
		guessed := time.Now()
		if guessed.Sub(start) < longestDelay {
			t.Errorf("%d guesses took %s", freeFailures+20, guessed.Sub(start))
		}
		if enter(t, g, "Bearer one"); !time.Now().Equal(guessed) {
			t.Error("a good token waits")
		}
		if enter(t, g, ""); !time.Now().Equal(guessed) {
			t.Error("who guesses nothing waits")
		}
	})
}
