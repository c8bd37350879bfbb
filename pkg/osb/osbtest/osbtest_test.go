package osbtest_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestRequirements_List_IsWellFormed(t *testing.T) {
	t.Parallel()
	rows, err := osbtest.Requirements()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 200 {
		t.Errorf("%d rows, want all of them", len(rows))
	}
	id, since := regexp.MustCompile(`^[A-Z]+-\d\d$`), regexp.MustCompile(`^2\.1[3-7]$`)
	levels := []string{"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "OPEN", "HARD", "INTEROP"}
	seen := map[string]bool{}
	for _, r := range rows {
		if !id.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("id %q is malformed or there twice", r.ID)
		}
		seen[r.ID] = true
		if !since.MatchString(r.Since) || !slices.Contains(levels, r.Level) || r.Text == "" || r.NotOffered != "" && r.NotOurs != "" {
			t.Errorf("%s is incomplete: %+v", r.ID, r)
		}
	}
}

func TestProves_UnknownOrOmittedID_Fails(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"PROV-99", "", "BIND-19", "ORP-04"} {
		probe := &recorder{TB: t}
		osbtest.Proves(probe, "PROV-01", id)
		if len(probe.errors) != 1 {
			t.Errorf("Proves(%q) reported %q, want one error", id, probe.errors)
		}
	}
	osbtest.Proves(t, "PROV-01", "CAT-02")
}

// A recorder is a test that keeps its errors.
type recorder struct {
	testing.TB

	errors []string
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
