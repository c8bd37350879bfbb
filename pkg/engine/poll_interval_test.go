package engine

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestQuickInterval_ManyWaits_GrowsToTheSlowOne(t *testing.T) {
	const s = time.Second
	for n, want := range []time.Duration{s, s, 2 * s, 2 * s, 4 * s, 4 * s, 8 * s, 8 * s, 10 * s, 10 * s} {
		if got := quickInterval(s, 10*s, n); got != want {
			t.Errorf("after %d waits: %s, want %s", n, got, want)
		}
	}
	if got := quickInterval(s, 10*s, 1<<40); got != 10*s {
		t.Errorf("after very many: %s", got)
	}
}

func TestMemory_WaitsForAnotherStep_CountAnew(t *testing.T) {
	m := newMemory(time.Now, newMetrics(nil).quarantined)
	k := store.Key{InstanceID: "i"}
	for i, step := range []struct {
		name string
		want int
	}{{"a", 0}, {"a", 1}, {"b", 0}, {"b", 1}, {"a", 0}} {
		if got := m.countWait(k, step.name); got != step.want {
			t.Errorf("wait %d for %s: %d before, want %d", i, step.name, got, step.want)
		}
	}
	m.settle(k)
	if len(m.records) != 0 || m.countWait(k, "a") != 0 {
		t.Error("a settled record keeps its count")
	}
}
