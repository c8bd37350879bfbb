package operations_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// figures of a metric by its labels' values, in the order of their names;
// counters at 0 are left out.
func (w *harness) figures(name string) map[string]float64 {
	w.t.Helper()
	families, err := w.shows.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	figures := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "alibabacloud_broker_"+name {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if m.GetCounter() == nil || m.GetCounter().GetValue() > 0 {
				figures[strings.Join(labels, " ")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return figures
}

func (w *harness) shown(what, name string, want map[string]float64) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.figures(name)); diff != "" {
		w.t.Errorf("%s: %s (-want +got):\n%s", what, name, diff)
	}
}

func TestMetrics_Unfinished_ShowCountAndAge(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.shown("at first", "unfinished", map[string]float64{})
		w.made("done", "fast")
		w.cloud.failNext("create", slices.Repeat([]error{providers.ErrQuota}, 20)...)
		stuck := w.provision("stuck", body("slow", ""))
		w.want("provision", stuck, 202)
		w.pass(10 * time.Minute)
		w.cloud.failNext("delete", slices.Repeat([]error{providers.ErrDenied}, 20)...)
		w.want("deprovision", w.deprovision("done", "fast"), 202) // patience of 20 s is over
		w.pass(40 * time.Second)
		synctest.Wait()
		w.shown("two have trouble", "unfinished", map[string]float64{
			"operator provision fake running": 1, "operator deprovision fake running": 1,
		})
		w.shown("two have trouble", "unfinished_oldest_age_seconds", map[string]float64{
			"operator provision fake running": 11 * 60, "operator deprovision fake running": 60,
		})
		w.shown("two have trouble", "waiting_requests", map[string]float64{"": 0})
		w.shown("two have trouble", "queued_instances", map[string]float64{"": 0})

		w.cloud.set(func(c *fakeCloud) { c.fail = map[string][]fakeFail{} })
		w.want("deprovision", w.deprovision("stuck", "slow"), 202)
		w.pass(time.Hour)
		w.nothingLeft()
		w.shown("all is done", "unfinished", map[string]float64{})
	})
}

func TestMetrics_CleanUpsAndFailures_AreShown(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("good", "fast")
		w.cloud.failNext("create", slices.Repeat([]error{providers.ErrQuota}, 100)...)
		if op := w.finally("late", "", w.provision("late", body("slow", ""))); op.State != osb.Failed {
			t.Fatalf("the operation ended as %s", op.State)
		}
		w.cloud.set(func(c *fakeCloud) { c.fail = map[string][]fakeFail{} })
		w.cloud.failNext("create", providers.ErrInvalid)
		w.cloud.failNext("create-elsewhere", providers.ErrInvalid)
		if op := w.finally("bad", "", w.provision("bad", body("slow", ""))); op.State != osb.Failed {
			t.Fatalf("the operation ended as %s", op.State)
		}
		w.cloud.set(func(c *fakeCloud) { c.stuck = true })
		if op := w.finally("good", "", w.deprovision("good", "fast")); op.State != osb.Failed {
			t.Fatalf("the operation ended as %s", op.State)
		}
		w.pass(time.Minute)
		w.shown("three have failed", "operations_total", map[string]float64{
			"none provision fake succeeded": 1, "deadline provision fake failed": 1,
			"user provision fake failed": 1, "operator deprovision fake failed": 1,
		})
		w.shown("a deletion goes on", "unfinished", map[string]float64{"none deprovision fake cleaning": 1})
		w.cloud.set(func(c *fakeCloud) { c.stuck = false })
		w.pass(time.Hour)
		w.shown("it is done", "unfinished", map[string]float64{})
	})
}

func TestMetrics_TermEnds_ShowNoUnfinishedWork(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.set(func(c *fakeCloud) { c.hidden = true })
		w.want("provision", w.provision("i", body("slow", "")), 202)
		w.pass(time.Minute)
		if got := w.figures("unfinished"); len(got) != 1 {
			t.Errorf("unfinished: %v, want one", got)
		}
		before := w.shows
		w.restart()
		w.pass(time.Minute)
		if got := w.figures("unfinished"); len(got) != 1 {
			t.Errorf("unfinished after the restart: %v, want one", got)
		}
		w.shows = before
		if got := w.figures("unfinished"); len(got) != 0 {
			t.Errorf("the process that has stopped shows %v", got)
		}
	})
}
