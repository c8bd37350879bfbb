package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The files follow alibaba-cloud-sdk-go: a new version of it in go.mod needs a
// new run. What npm knows besides is of the versions in products.
func TestModels_OfTheGoSDK_AreInTheFiles(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "..")
	for product := range products() {
		text, err := os.ReadFile(filepath.Join(root, "pkg", "emulator", "testdata", "models", product+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var written map[string]model
		if err := json.Unmarshal(text, &written); err != nil {
			t.Fatal(err)
		}
		models, err := goModels(root, product)
		if err != nil {
			t.Fatal(err)
		}
		for action, got := range written {
			want := models[action] // zero for an action that only npm knows
			for _, name := range union(want.Parameters, nil) {
				if !slices.Contains(got.Parameters, name) {
					t.Errorf("%s: %s lacks the parameter %s: run make api-models", product, action, name)
				}
			}
			whole := union(want.Members, got.Members)
			for _, name := range leaves(whole) {
				if !slices.Contains(got.Members, name) {
					t.Errorf("%s: %s lacks the member %s: run make api-models", product, action, name)
				}
			}
		}
	}
}

func TestUnion_NumberedNames_AreOne(t *testing.T) {
	t.Parallel()
	got := union([]string{"Tag.1.key", "Tag.2.key", "ResourceId.1"}, []string{"ResourceId.N", "Engine"})
	if want := []string{"Engine", "ResourceId.N", "Tag.N.key"}; !slices.Equal(got, want) {
		t.Errorf("union %q, want %q", got, want)
	}
}

func TestLeaves_MemberWithMembers_IsLeftOut(t *testing.T) {
	t.Parallel()
	got := leaves([]string{"Extra", "Extra.RecoveryModel", "ExtraTime"})
	if want := []string{"Extra.RecoveryModel", "ExtraTime"}; !slices.Equal(got, want) {
		t.Errorf("leaves %q, want %q", got, want)
	}
}

func TestTypes_ModelsThatDiffer_AreBothKept(t *testing.T) {
	t.Parallel()
	members := []string{"Count", "Id", "On", "Size"}
	got := types(members, model{Members: members[:3], Types: map[string]string{"Count": "number", "On": "boolean"}},
		model{Members: []string{"Count", "Id", "Size"}, Types: map[string]string{"Size": "number"}})
	want := map[string]string{"Count": "number string", "On": "boolean", "Size": "number"}
	if !maps.Equal(got, want) {
		t.Errorf("types %q, want %q", got, want)
	}
}
