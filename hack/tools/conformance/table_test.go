package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../../.."

func TestConformanceTable_Document_IsComplete(t *testing.T) {
	t.Parallel()
	p, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	page, problems := p.render(nil) // whether the tests pass is seen where they run
	for _, problem := range problems {
		t.Error(problem)
	}
	written, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), string(page)); diff != "" {
		t.Errorf("%s is not what the tests say; run make conformance, or go run ./hack/tools/conformance -list (-there +tests):\n%s", document, diff)
	}
}

func TestProofs_Source_IsRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		source string
		want   proofs
		fails  bool
	}{
		"in a test":        {`func TestA(t *testing.T) { osbtest.Proves(t, "A-01", "B-02") }`, proofs{"A-01": {{"x_test.go", "TestA"}}, "B-02": {{"x_test.go", "TestA"}}}, false},
		"in a subtest":     {`func TestA(t *testing.T) { t.Run("b", func(t *testing.T) { osbtest.Proves(t, "A-01") }) }`, proofs{"A-01": {{"x_test.go", "TestA"}}}, false},
		"another Proves":   {`func TestA(t *testing.T) { other.Proves(t, "A-01"); Proves(t, "A-01") }`, proofs{}, false},
		"in a helper":      {`func help(t *testing.T) { osbtest.Proves(t, "A-01") }`, nil, true},
		"in a method":      {`func (x) TestA(t *testing.T) { osbtest.Proves(t, "A-01") }`, nil, true},
		"not a literal":    {`func TestA(t *testing.T) { osbtest.Proves(t, id) }`, nil, true},
		"not Go":           {`func {`, nil, true},
		"nothing to prove": {`func TestA(t *testing.T) {}`, proofs{}, false},
	}
	for name, tc := range cases {
		got := proofs{}
		err := got.add("x_test.go", []byte("package x\n"+tc.source))
		if (err != nil) != tc.fails {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.want, got); !tc.fails && diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestConformanceTable_FailingTest_IsAProblem(t *testing.T) {
	t.Parallel()
	p, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	proof := p.proofs["PROV-01"]
	if _, problems := p.render(map[testID]bool{proof[0]: true}); len(problems) == 0 {
		t.Errorf("%s has failed, and nothing is wrong", proof[0].Name)
	}
	delete(p.proofs, "PROV-01")
	if _, problems := p.render(nil); len(problems) == 0 {
		t.Error("PROV-01 has no test, and nothing is wrong")
	}
	p.proofs["NONE-01"] = proof
	p.proofs["PROV-01"] = proof
	if _, problems := p.render(nil); len(problems) == 0 {
		t.Error("NONE-01 is proven and no requirement, and nothing is wrong")
	}
}

func TestEvents_GoTestOutput_IsRead(t *testing.T) {
	t.Parallel()
	passed, err := readEvents([]byte(`{"Action":"run","Test":"TestA"}
{"Action":"pass","Test":"TestA/b"}
{"Action":"pass","Test":"TestA"}
{"Action":"skip","Test":"TestB"}
{"Action":"pass"}
`))
	if diff := cmp.Diff(map[string]bool{"TestA": true}, passed); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
