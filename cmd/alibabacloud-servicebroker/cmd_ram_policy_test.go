package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ramPolicy runs the command and returns its output.
func ramPolicy(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := execute(t.Context(), append([]string{"ram-policy"}, args...), func(string) string { return "" }, &out)
	return out.String(), err
}

func TestRAMPolicy_Services_HaveTheirOwn(t *testing.T) {
	for args, want := range map[string][]string{
		"":                              {"rds:CreateDBInstance", "oss:PutBucket", "ram:CreateRole"},
		"--services rds":                {"rds:CreateDBInstance", "vpc:DescribeVSwitches"},
		"--services oss":                {"oss:PutBucket", "ram:CreateUser", "oss:PutBucketAcl"},
		"--services=oss,rds":            {"rds:CreateDBInstance", "oss:PutBucket"},
		"--services oss --services rds": {"rds:CreateDBInstance", "oss:PutBucket"},
	} {
		out, err := ramPolicy(t, strings.Fields(args)...)
		if err != nil || !json.Valid([]byte(out)) || len(out) > 6144 {
			t.Errorf("%q: %v, %d characters\n%s", args, err, len(out), out)
		}
		for _, action := range want {
			if !strings.Contains(out, `"`+action+`"`) {
				t.Errorf("%q lacks %s", args, action)
			}
		}
		if strings.Contains(args, "rds") && !strings.Contains(args, "oss") && strings.Contains(out, "oss:") {
			t.Errorf("%q: has actions of OSS", args)
		}
		if strings.Contains(out, "oss:DeleteObject") {
			t.Errorf("%q: no plan removes objects, and the policy allows it", args)
		}
	}
}

func TestRAMPolicy_OneService_IsItsFile(t *testing.T) {
	out, err := ramPolicy(t, "--services", "rds")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join("..", "..", "contrib", "ram-policies", "rds.json"))
	if err != nil || string(file) != out {
		t.Errorf("contrib/ram-policies/rds.json differs (%v): make ram-policies", err)
	}
}

func TestRAMPolicy_UnknownService_NamesTheKnown(t *testing.T) {
	for _, args := range [][]string{{"--services", "redis"}, {"--services", "rds,OSS"}, {"--services", ""}, {"rds"}} {
		out, err := ramPolicy(t, args...)
		code, ok := errors.AsType[exitError](err)
		if !ok || code.code != exitUsage || len(args) == 2 && args[1] != "" && !strings.Contains(err.Error(), "rds, oss") || out != "" {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
}

func TestRAMPolicy_CatalogFile_ChangesIt(t *testing.T) {
	overlay := func(text string) string {
		path := filepath.Join(t.TempDir(), "catalog.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	emptied := overlay("offerings: {alibaba-cloud-oss: {plans: {default: {deletion: empty}}}}")
	out, err := ramPolicy(t, "--services", "oss", "--catalog-file", emptied)
	if err != nil || !strings.Contains(out, `"oss:DeleteObjectVersion"`) {
		t.Errorf("with a plan that empties: %v\n%s", err, out)
	}
	without := overlay("offerings: {alibaba-cloud-oss: {enabled: false}}")
	if out, err = ramPolicy(t, "--catalog-file", without); err != nil || strings.Contains(out, "oss:") {
		t.Errorf("without buckets: %v\n%s", err, out)
	}
	if out, err = ramPolicy(t, "--catalog-file", without, "--services", "oss"); err == nil {
		t.Errorf("of a service that is switched off: %s", out)
	}
	if _, err = ramPolicy(t, "--catalog-file", "none.yaml"); err == nil {
		t.Error("a catalog file that is missing is no error")
	}
}
