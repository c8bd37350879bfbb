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

// operatorOf returns the operator of a request with this header, or "".
func operatorOf(t *testing.T, g *TokenAuthenticator, authorization string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	name, err := g.Authenticate(r)
	refused, ok := errors.AsType[*osb.Error](err)
	if (name == "") != (ok && refused.Status == http.StatusUnauthorized) {
		t.Errorf("Authenticate = %q, %v", name, err)
	}
	return name
}

func TestTokenAuthenticator_Token_NamesItsOperator(t *testing.T) {
	t.Parallel()
	g := NewTokenAuthenticator(time.Nanosecond, nil)
	if g.HasTokens() || operatorOf(t, g, "Bearer ") != "" || operatorOf(t, g, "Bearer x") != "" {
		t.Error("without tokens a request is accepted")
	}
	tokens := []NamedToken{{"alice", "one"}, {"alice", "two"}, {"bob", "three:with:colons"}}
	if err := g.SetTokens(tokens); err != nil || !g.HasTokens() {
		t.Fatal(err)
	}
	for authorization, want := range map[string]string{
		"Bearer one": "alice", "bearer two": "alice", "Bearer three:with:colons": "bob",
		"": "", "Bearer": "", "Bearer ": "", "Bearer four": "", "Basic one": "", "one": "", "Bearer alice:one": "",
	} {
		if got := operatorOf(t, g, authorization); got != want {
			t.Errorf("%q is from %q, want %q", authorization, got, want)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", tokens, tokens[0], tokens); strings.Contains(text, "one") || strings.Contains(text, "three") {
		t.Errorf("a token is printed: %s", text)
	}
}

func TestTokenAuthenticator_BadTokens_KeepThePresentOnes(t *testing.T) {
	t.Parallel()
	g := NewTokenAuthenticator(time.Nanosecond, nil)
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
	if operatorOf(t, g, "Bearer one") != "alice" {
		t.Error("what was in use is not any more")
	}
	if err := g.SetTokens([]NamedToken{{"alice", "two"}}); err != nil || operatorOf(t, g, "Bearer one") != "" {
		t.Errorf("the old token still opens (%v)", err)
	}
}

func TestTokenAuthenticator_Guesses_AreDelayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewTokenAuthenticator(0, nil)
		if err := g.SetTokens([]NamedToken{{"alice", "one"}}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range freeFailures + 20 {
			operatorOf(t, g, "Bearer guess")
		}
		guessed := time.Now()
		if guessed.Sub(start) < longestDelay {
			t.Errorf("%d guesses took %s", freeFailures+20, guessed.Sub(start))
		}
		if operatorOf(t, g, "Bearer one"); !time.Now().Equal(guessed) {
			t.Error("a good token waits")
		}
		if operatorOf(t, g, ""); !time.Now().Equal(guessed) {
			t.Error("who guesses nothing waits")
		}
	})
}
