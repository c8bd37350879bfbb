package providers_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestNamesOfALifeAreItsOwn(t *testing.T) {
	l := providers.Life{BrokerID: "broker", Incarnation: "0123456789abcdef0123456789abcdef"}
	name := l.Hash(20, "bucket")
	if !regexp.MustCompile(`^[a-z2-7]{20}$`).MatchString(name) {
		t.Errorf("%q is not 20 characters of [a-z2-7]", name)
	}
	if again := l.Hash(20, "bucket"); again != name {
		t.Errorf("the same words gave %q and %q", name, again)
	}
	others := map[string]string{
		"another word":        l.Hash(20, "user"),
		"another broker":      providers.Life{BrokerID: "other", Incarnation: l.Incarnation}.Hash(20, "bucket"),
		"another incarnation": providers.Life{BrokerID: l.BrokerID, Incarnation: strings.Repeat("0", 32)}.Hash(20, "bucket"),
		"words run together":  providers.Life{BrokerID: "brokerb", Incarnation: l.Incarnation}.Hash(20, "ucket"),
		"words split":         l.Hash(20, "buck", "et"),
	}
	for what, other := range others {
		if other == name {
			t.Errorf("%s gave the same name", what)
		}
	}
}

func TestTokensFitTheAPIsAndDifferByStep(t *testing.T) {
	l := providers.Life{BrokerID: strings.Repeat("b", 64), Incarnation: strings.Repeat("a", 32)}
	seen := map[string]bool{}
	for _, operation := range []string{"op-1", "op-2"} {
		for _, step := range []string{"create", "delete"} {
			token := l.Token(operation, step)
			if len(token) > 64 || seen[token] {
				t.Errorf("token %q of %s %s is too long or used before", token, operation, step)
			}
			seen[token] = true
		}
	}
}

func TestTagsSayWhoseAResourceIs(t *testing.T) {
	task := providers.Task{
		InstanceID: "any/id", Life: providers.Life{BrokerID: "b", Incarnation: "i"},
		Labels: providers.Labels{Offering: strings.Repeat("o", 200), Plan: "p", Organization: "org", Space: "space"},
	}
	got := map[string]string{}
	for _, tag := range task.Tags() {
		if tag.Value == "" || len(tag.Value) > 128 || strings.Contains(tag.Value, "any/id") {
			t.Errorf("tag %s=%q: empty, too long, or the platform's own id", tag.Key, tag.Value)
		}
		got[tag.Key] = tag.Value
	}
	if got[providers.TagBroker] != "b" || got[providers.TagIncarnation] != "i" || got[providers.TagOwner] != "org/space" {
		t.Errorf("tags %v", got)
	}
	task.Labels.Namespace = "team"
	if diff := cmp.Diff(task.Tags(), task.Tags()); diff != "" {
		t.Errorf("tags differ from call to call: %s", diff)
	}
	for _, tag := range task.Tags() {
		if tag.Key == providers.TagOwner && tag.Value != "team" {
			t.Errorf("the owner of an instance in a namespace is %q", tag.Value)
		}
	}
}

func TestMergeKeepsWhatItIsGiven(t *testing.T) {
	a := providers.Facts{Open: map[string]string{"x": "1", "y": "1"}}
	b := providers.Facts{Open: map[string]string{"y": "2"}, Secrets: map[string]string{"s": "3"}}
	want := providers.Facts{Open: map[string]string{"x": "1", "y": "2"}, Secrets: map[string]string{"s": "3"}}
	if diff := cmp.Diff(want, a.Merge(b)); diff != "" {
		t.Errorf("merged (-want +got): %s", diff)
	}
	if a.Open["y"] != "1" || len(a.Secrets) != 0 {
		t.Errorf("merging changed what was merged: %v", a.Open)
	}
	if !(providers.Facts{}).Merge(providers.Facts{}).IsZero() {
		t.Error("nothing merged with nothing is something")
	}
}
