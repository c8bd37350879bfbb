package assumptions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	row      = regexp.MustCompile(`(?m)^\| (A\d{3}) \| (.+) \| (.+) \| (documented|seen|guess) \|$`)
	anyRow   = regexp.MustCompile(`(?m)^\| A\d+.*$`)
	testName = regexp.MustCompile(`^Test(A\d{3})_`)
	citation = regexp.MustCompile(`\bA\d{3}\b`)
)

// TestAssumptions_EachNumber_HasOneRowAndOneTest: docs/emulator.md, the tests
// of this folder and the comments of the emulator use the same numbers.
func TestAssumptions_EachNumber_HasOneRowAndOneTest(t *testing.T) {
	text, err := os.ReadFile("../../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
	}
	if n := len(anyRow.FindAllString(string(text), -1)); n != len(documented) {
		t.Errorf("%d of %d rows have no number, assumption, source and certainty (documented, seen or guess)", n-len(documented), n)
	}
	if !slices.IsSorted(documented) || len(slices.Compact(slices.Clone(documented))) != len(documented) {
		t.Errorf("the numbers are not in order, each once: %q", documented)
	}
	tested := tests(t)
	for _, number := range documented {
		if !slices.Contains(tested, number) {
			t.Errorf("%s has no test", number)
		}
	}
	for i, number := range tested {
		if !slices.Contains(documented, number) {
			t.Errorf("%s has a test, but no row in docs/emulator.md", number)
		}
		if i > 0 && tested[i-1] == number {
			t.Errorf("%s has two tests", number)
		}
	}
	for number, files := range cited(t) {
		if !slices.Contains(documented, number) {
			t.Errorf("%s is cited in %q and has no row", number, files)
		}
	}
}

// tests returns the numbers in the names of this folder's tests, sorted.
func tests(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && testName.MatchString(f.Name.Name) {
				numbers = append(numbers, testName.FindStringSubmatch(f.Name.Name)[1])
			}
		}
	}
	slices.Sort(numbers)
	return numbers
}

// cited returns the numbers that the emulator's comments cite, with their
// files.
func cited(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasPrefix(path, "../assumptions") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil //nolint:nilerr // the compiler reports a broken file better
		}
		for _, group := range parsed.Comments {
			for _, number := range citation.FindAllString(group.Text(), -1) {
				found[number] = append(found[number], path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
