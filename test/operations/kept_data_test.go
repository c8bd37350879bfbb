package operations_test

import (
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The cloud alone may know that there are data: then the call of the deletion says so,
// and the operation fails as where the provider has seen them. The work goes on.
func TestDeletion_KeptByTheCall_FailsAndGoesOn(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		kept := &providers.Failure{Kind: providers.Policy, Text: "There is data: remove it."}
		w.cloud.failNext("delete", kept, kept)
		op := w.finally("i", "", w.deprovision("i", "fast"))
		if op.State != osb.Failed || op.Description != kept.Text {
			t.Errorf("the deletion ended with %+v, want failed with the sentence", op)
		}
		w.shown("after the failure", "operations_total", map[string]float64{
			"none provision fake succeeded": 1, "user deprovision fake failed": 1,
		})
		w.pass(time.Hour)
		w.nothingLeft()
		w.want("delete again", w.deprovision("i", "fast"), 410)
		w.shown("at the end", "operations_total", map[string]float64{
			"none provision fake succeeded": 1, "user deprovision fake failed": 1,
		})
	})
}

// Operators find what a deletion left to its owner in the tombstone and in a metric.
func TestDeletion_KeptResource_IsNamedToOperators(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.cloud.set(func(f *fakeCloud) { f.left = "the-bucket" })
		w.want("deprovision", w.deprovision("i", "fast"), 200)
		r := w.record("i", "")
		if r.Deleted.IsZero() || r.Facts["retained"] != "the-bucket" {
			t.Errorf("the tombstone has the facts %v", r.Facts)
		}
		named := false
		for _, e := range r.History.Events() {
			named = named || strings.Contains(e.Outcome, "owner")
		}
		if !named {
			t.Errorf("the history says nothing of it: %+v", r.History.Events())
		}
		total := 0.0
		for _, n := range w.figures("retained_resources_total") {
			total += n
		}
		if total != 1 {
			t.Errorf("the metric counts %v, want 1", total)
		}
		w.cloud.set(func(f *fakeCloud) { f.left = "" })
		w.made("i", "fast") // a new life
	})
}
