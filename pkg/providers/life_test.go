package providers_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestLife_Hash_IsStableAndUnique(t *testing.T) {
	life := providers.Life{BrokerID: "broker", Incarnation: "0123456789abcdef0123456789abcdef"}
	// Names in the cloud outlive releases of the broker.
	if got := life.Hash(26, "a"); got != "lh3ym6th2eevwumb5hy2qo4r6a" {
		t.Errorf("hash = %s, another than it always was", got)
	}
	others := map[string]string{
		"other word":        life.Hash(26, "b"),
		"words joined":      life.Hash(26, "a", ""),
		"other broker":      providers.Life{BrokerID: "brokeR", Incarnation: life.Incarnation}.Hash(26, "a"),
		"other incarnation": providers.Life{BrokerID: life.BrokerID, Incarnation: "1" + life.Incarnation[1:]}.Hash(26, "a"),
		"shifted boundary":  providers.Life{BrokerID: "broke", Incarnation: "r" + life.Incarnation}.Hash(26, "a"),
	}
	for name, hash := range others {
		if hash == life.Hash(26, "a") {
			t.Errorf("%s: the hash is the same", name)
		}
	}
}

func TestLife_Token_FitsTheAPIs(t *testing.T) {
	life := providers.Life{BrokerID: strings.Repeat("ü", 100), Incarnation: "i"}
	token := life.Token("operation", "step")
	if !regexp.MustCompile(`^[a-z2-7]{1,64}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	for _, other := range []string{life.Token("operation", "step-b"), life.Token("operation-b", "step")} {
		if other == token {
			t.Error("two steps have one token")
		}
	}
}

func TestTags_AnyTask_FitTheCloud(t *testing.T) {
	task := providers.Task{
		InstanceID: "aliyun http://any string", Life: providers.Life{BrokerID: strings.Repeat("b", 300), Incarnation: "i"},
		Labels: providers.Labels{Offering: strings.Repeat("o", 300), Plan: "p", Organization: "org", Space: "space"},
	}
	got := map[string]string{}
	for _, tag := range task.Tags() {
		if len(tag.Value) > 128 || strings.Contains(tag.Value, "http") {
			t.Errorf("tag %s = %q", tag.Key, tag.Value)
		}
		got[tag.Key] = tag.Value
	}
	if got[providers.TagIncarnation] != "i" || got[providers.TagOwner] != "org/space" {
		t.Errorf("tags = %v", got)
	}
	task.Labels.Namespace = "namespace"
	for _, tag := range task.Tags() {
		if tag.Key == providers.TagOwner && tag.Value != "namespace" {
			t.Errorf("owner = %s", tag.Value)
		}
	}
}

func TestFacts_Merge_LeavesItsParts(t *testing.T) {
	a := providers.Facts{Open: map[string]string{"x": "1", "y": "1"}}
	b := providers.Facts{Open: map[string]string{"y": "2"}, Secrets: map[string]string{"s": "3"}}
	got := a.Merge(b)
	if got.Open["x"] != "1" || got.Open["y"] != "2" || got.Secrets["s"] != "3" {
		t.Errorf("merged = %+v", got)
	}
	if a.Open["y"] != "1" || len(a.Secrets) > 0 || len(b.Open) != 1 {
		t.Errorf("merging changed its parts: %+v, %+v", a, b)
	}
	if !(providers.Facts{}).Merge(providers.Facts{}).IsZero() || got.IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestTags_InstanceID_IsPlainWhereTagsTakeIt(t *testing.T) {
	tag := func(id string) string {
		task := providers.Task{InstanceID: id, Life: providers.Life{BrokerID: "b", Incarnation: "i"}}
		for _, tag := range task.Tags() {
			if tag.Key == providers.TagInstance {
				return tag.Value
			}
		}
		t.Fatal("no tag of the instance")
		return ""
	}
	for _, id := range []string{"6c7a1f0e-6a1f-4f43-9c0f-0a9f4c0f8d11", "my_instance.1", strings.Repeat("x", 128)} {
		if got := tag(id); got != id {
			t.Errorf("the tag of %q is %q", id, got)
		}
	}
	hash := regexp.MustCompile(`^[a-z2-7]{26}$`)
	seen := map[string]bool{}
	for _, id := range []string{"", "aliyun-1", "Aliyun", "acs:1", "a b", "ü", "http://x", "a/b", "-x", strings.Repeat("x", 129), strings.Repeat("a", 26)} {
		got := tag(id)
		if got == id || !hash.MatchString(got) || seen[got] {
			t.Errorf("the tag of %q is %q, want a hash of its own", id, got)
		}
		seen[got] = true
	}
}
