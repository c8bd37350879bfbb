package providers_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// owned returns a task of a namespace.
func owned(namespace string) providers.Task {
	return providers.Task{
		InstanceID: "i", Life: providers.Life{BrokerID: "b", Incarnation: "0123456789abcdef0123456789abcdef"},
		Labels: providers.Labels{Offering: "o", Plan: "p", Namespace: namespace},
	}
}

// ownerOf returns the value of the owner's tag, "" without one.
func ownerOf(task providers.Task) string {
	for _, tag := range task.Tags() {
		if tag.Key == providers.TagOwner {
			return tag.Value
		}
	}
	return ""
}

func TestTags_TextsOfPlatforms_AreMadeHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"team-a":                       "team-a",
		"Team A (Zürich) / space: 1":   "Team A (Zürich) / space: 1",
		"https://x":                    "https_//x",
		"see HTTP://x":                 "see HTTP_//x",
		"aliyun":                       "_aliyun",
		"AliYun-prod":                  "_AliYun-prod",
		"acs:rds":                      "_acs:rds",
		"acs":                          "acs",
		"a\x00b":                       "a_b",
		"a\r\nb\tc":                    "a__b_c",
		" \u00a0 aliyun":               "_ aliyun",
		"a\u202eb":                     "a_b", // turns the direction of text
		"\xff\xfe":                     "__",
		"   ":                          "",
		strings.Repeat("ü", 100):       strings.Repeat("ü", 64),
		strings.Repeat("x", 300):       strings.Repeat("x", 128),
		strings.Repeat("x", 127) + "ü": strings.Repeat("x", 127),
	} {
		if got := ownerOf(owned(text)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// FuzzTags: any text fits into the tags of every product, always in the same way.
func FuzzTags(f *testing.F) {
	for _, text := range []string{"", "a/b", "https://x", "httphttp://://x", "acs:", "aliyun", "\x00", strings.Repeat("ü", 100), strings.Repeat("\U0001f600", 99), "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		task := owned(text)
		task.InstanceID, task.Labels.Offering, task.Labels.Plan = text, text, text
		if !slices.Equal(task.Tags(), task.Tags()) {
			t.Errorf("the tags of %q change", text)
		}
		for _, tag := range task.Tags() {
			lower := strings.ToLower(tag.Value)
			switch {
			case len(tag.Value) > providers.MaxTagValue, !utf8.ValidString(tag.Value), strings.ContainsFunc(tag.Value, unicode.IsControl),
				strings.Contains(lower, "http://"), strings.Contains(lower, "https://"), strings.HasPrefix(lower, "aliyun"), strings.HasPrefix(lower, "acs:"):
				t.Errorf("the tag %s of %q is %q", tag.Key, text, tag.Value)
			}
		}
	})
}

func TestTagStep_AfterRefusal_KeepsTheMarks(t *testing.T) {
	task := owned("team")
	refused := fmt.Errorf("the cloud: %w", providers.ErrTagRefused)
	name, tags := task.TagStep("create")
	if name != "create" || len(tags) != 6 || !providers.IsTagStep(name, "create") {
		t.Errorf("at first %s with %v", name, tags)
	}
	facts, err := providers.TagsRefused(name, providers.Facts{}, refused)
	if providers.ClassOf(err) != providers.Look {
		t.Errorf("the refusal of a tag is %v (%s)", err, providers.ClassOf(err))
	}
	if facts.Open["informing_tags"] != "refused" { // records hold it, and tokens the name below
		t.Errorf("the facts of a refusal are %v", facts.Open)
	}
	task.Facts = task.Facts.Merge(facts)
	name, tags = task.TagStep("create")
	if name != "create-marks" || !providers.IsTagStep(name, "create") || len(tags) != 3 || tags[1].Value != task.Life.Incarnation {
		t.Errorf("after a refusal %s with %v", name, tags)
	}
	if _, err = providers.TagsRefused(name, providers.Facts{}, refused); providers.ClassOf(err) != providers.Operator {
		t.Errorf("the refusal of the marks is %v (%s)", err, providers.ClassOf(err))
	}
	other := errors.New("other")
	if facts, err := providers.TagsRefused("create", providers.Facts{}, other); !errors.Is(err, other) || !facts.IsZero() {
		t.Errorf("another error gives %v and %v", facts, err)
	}
}
