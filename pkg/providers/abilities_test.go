package providers_test

import (
	"context"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A fakePart is a provider, or a part of one; its plans bear its name.
type fakePart string

func (p fakePart) Prepare(providers.Task) (providers.Plan, error) { return providers.Plan(p), nil }

func (p fakePart) Observe(context.Context, providers.Task) (providers.Seen, error) {
	return providers.Seen{State: p}, nil
}

func (p fakePart) Next(providers.Task, providers.Seen) providers.Step {
	return providers.WaitStep(string(p), providers.Quick, "text")
}

func (p fakePart) Do(context.Context, providers.Task, providers.Step) (providers.Facts, error) {
	return providers.Facts{Open: map[string]string{"part": string(p)}}, nil
}

// An ablePart has all abilities.
type ablePart struct{ fakePart }

func (ablePart) Undo(context.Context, providers.Task, providers.Step, providers.Facts) error {
	return nil
}

func (ablePart) List(_ context.Context, scope providers.Scope, cursor string) (providers.Page, error) {
	if cursor == "" {
		return providers.Page{Found: []providers.Found{{Resource: "first of " + scope.Region}}, Cursor: "second"}, nil
	}
	return providers.Page{Found: []providers.Found{{Resource: "last"}}}, nil
}

func (ablePart) Adopt(_ context.Context, _ providers.Task, resource string) (providers.Plan, providers.Facts, error) {
	return providers.Plan(`{}`), providers.Facts{Open: map[string]string{"id": resource}}, nil
}

func (ablePart) Differences(providers.Task, providers.Seen) []providers.Difference {
	return []providers.Difference{{Field: "Storage", Wanted: "20", Found: "40"}}
}

func TestCompose_EachMethod_GoesToThePartOfTheKind(t *testing.T) {
	p := providers.Compose(fakePart("instance"), ablePart{"binding"})
	for kind, want := range map[providers.Kind]string{providers.Instance: "instance", providers.Binding: "binding"} {
		task := providers.Task{Kind: kind}
		plan, err := p.Prepare(task)
		if err != nil || string(plan) != want {
			t.Errorf("Prepare(%s) = %s, %v", kind, plan, err)
		}
		seen, err := p.Observe(t.Context(), task)
		if err != nil || seen.State == nil {
			t.Errorf("Observe(%s) = %v, %v", kind, seen.State, err)
		}
		if step := p.Next(task, seen); step.Name != want {
			t.Errorf("Next(%s) = %s", kind, step.Name)
		}
		if facts, err := p.Do(t.Context(), task, providers.Step{}); err != nil || facts.Open["part"] != want {
			t.Errorf("Do(%s) = %v, %v", kind, facts.Open, err)
		}
	}
}

func TestAs_AbilityOfOnePart_IsFoundForItsKindAlone(t *testing.T) {
	check := func(name string, p providers.Provider, kind providers.Kind, want bool) {
		t.Helper()
		_, undoes := providers.As[providers.Undoer](p, kind)
		_, lists := providers.As[providers.Lister](p, kind)
		_, adopts := providers.As[providers.Adopter](p, kind)
		_, compares := providers.As[providers.Differ](p, kind)
		for ability, got := range map[string]bool{"Undoer": undoes, "Lister": lists, "Adopter": adopts, "Differ": compares} {
			if got != want {
				t.Errorf("%s of %s is %s: %v, want %v", name, kind, ability, got, want)
			}
		}
	}
	composed := providers.Compose(fakePart("instance"), ablePart{"binding"})
	check("a composed provider", composed, providers.Instance, false)
	check("a composed provider", composed, providers.Binding, true)
	check("a whole provider", ablePart{"both"}, providers.Instance, true)
	check("a whole provider", fakePart("both"), providers.Binding, false)
}

func TestLister_Cursor_LeadsThroughAllPages(t *testing.T) {
	lister, ok := providers.As[providers.Lister](ablePart{"both"}, providers.Instance)
	if !ok {
		t.Fatal("no Lister")
	}
	var got []string
	for cursor := ""; ; {
		page, err := lister.List(t.Context(), providers.Scope{Region: "cn-hangzhou"}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Found {
			got = append(got, f.Resource)
		}
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if len(got) != 2 || got[0] != "first of cn-hangzhou" {
		t.Errorf("found %q", got)
	}
}
