package providers_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

type withSecret struct {
	Name   string            `json:"name"`
	Secret providers.Secret  `json:"secret"`
	Other  *providers.Secret `json:"other,omitempty"`
}

func TestSecret_AnyVerb_PrintsThePlaceholder(t *testing.T) {
	const word = "Very_Secret_1"
	s := providers.Secret(word)
	for _, value := range []any{s, &s, withSecret{"n", s, nil}, &withSecret{Name: "n", Secret: s}, []providers.Secret{s}, map[string]providers.Secret{"k": s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10.3s"} {
			got := fmt.Sprintf(verb, value)
			if strings.Contains(got, word[:3]) || strings.Contains(got, fmt.Sprintf("%x", word[:3])) {
				t.Errorf("%s of %T shows it", verb, value)
			}
		}
	}
	if got := fmt.Sprintf("%v %+v %#v", s, s, s); got != "[redacted] [redacted] [redacted]" {
		t.Errorf("it prints as %q", got)
	}
	if s.String() == word || s.Reveal() != word {
		t.Error("String shows it, or Reveal does not")
	}
}

func TestSecret_JSON_HoldsTheValue(t *testing.T) {
	before := withSecret{Name: "n", Secret: `a"b<c>`}
	b, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var after withSecret
	if err := json.Unmarshal(b, &after); err != nil || after.Secret.Reveal() != before.Secret.Reveal() {
		t.Errorf("it came back as another: %v", err)
	}
	var plain map[string]string
	if err := json.Unmarshal(b, &plain); err != nil || plain["secret"] != `a"b<c>` {
		t.Errorf("it is not a plain string in JSON: %v", err)
	}
}

func TestEscapeURI_EveryPartOfAURI_GivesTheText(t *testing.T) {
	const all = "s+/=@:% #?&;,$!*'()[]ü~-._"
	got := providers.EscapeURI(all)
	u, err := url.Parse("x://" + got + ":" + got + "@host/" + got + "?q=" + got)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	for part, got := range map[string]string{"user": u.User.Username(), "password": password, "path": u.Path[1:], "query": u.Query().Get("q")} {
		if got != all {
			t.Errorf("in the %s it is %q", part, got)
		}
	}
}
