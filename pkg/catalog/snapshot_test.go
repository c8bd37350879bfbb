package catalog

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func snapshot(t *testing.T, document string) *Snapshot {
	t.Helper()
	c, err := Load(Embedded("plans.yaml", []byte(document)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSnapshot(c, time.Date(2026, 1, 2, 3, 4, 5, 6, time.Local))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSnapshot_Replaced_SwapsCatalogAndAnswers(t *testing.T) {
	osbtest.Proves(t, "CAT-06")
	t.Parallel()
	first := string(readFile(t, "plans.yaml"))
	second := strings.Replace(first, "Few stripes", "Fewer stripes", 1)
	current := NewCurrent(snapshot(t, first))
	before := current.Snapshot()
	current.Replace(snapshot(t, second))
	after := current.Snapshot()
	for _, minor := range []int{13, 17} {
		if before.Answer(minor).ETag == after.Answer(minor).ETag {
			t.Errorf("2.%d: the ETag of another catalog is the same", minor)
		}
		if !bytes.Contains(after.Answer(minor).Body, []byte("Fewer stripes")) || bytes.Contains(before.Answer(minor).Body, []byte("Fewer")) {
			t.Errorf("2.%d: an answer is not the one of its catalog", minor)
		}
	}
	if o, _ := after.Catalog.Offering("off-zebra"); o.Plans[0].Description != "Fewer stripes" {
		t.Error("the catalog was not replaced")
	}
	if got := snapshot(t, first).Answer(17); got.ETag != before.Answer(17).ETag || !bytes.Equal(got.Body, before.Answer(17).Body) {
		t.Error("the same catalog has another ETag or body")
	}
	if after.Modified.Location() != time.UTC || after.Modified.Nanosecond() != 0 {
		t.Errorf("modified %v, want whole seconds of UTC", after.Modified)
	}
}

func TestSnapshot_EarlierPlatform_LacksMembersOf217(t *testing.T) {
	osbtest.Proves(t, "VER-05")
	t.Parallel()
	s := snapshot(t, strings.Replace(string(readFile(t, "plans.yaml")), "updateable: true", "updateable: true\n    rotatable: true", 1))
	const member = "binding_rotatable"
	if !bytes.Contains(s.Answer(17).Body, []byte(member)) || bytes.Contains(s.Answer(16).Body, []byte(member)) {
		t.Errorf("%s is for platforms of 2.17 alone", member)
	}
	if s.Answer(16).ETag == s.Answer(17).ETag {
		t.Error("two bodies have one ETag")
	}
	if bytes.Contains(s.Answer(17).Body, []byte(`\u0026`)) {
		t.Error("the body has escapes of HTML")
	}
}

type brokenSource struct{}

func (brokenSource) Documents() ([]Document, error) { return nil, errors.New("folder is gone") }

func TestLoad_UnreadableSource_IsReported(t *testing.T) {
	t.Parallel()
	_, err := Load(brokenSource{}, Embedded("spoilt.yaml", []byte("offerings: {")))
	if err == nil || !strings.Contains(err.Error(), "folder is gone") || !strings.Contains(err.Error(), "spoilt.yaml") {
		t.Errorf("error = %v, want both problems", err)
	}
}
