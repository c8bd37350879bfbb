package operations_test

import (
	"fmt"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// keptLines of its history are in a record.
const keptLines = 50

func TestHistory_ManyLines_KeepsTheLatest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		lines := len(w.record("i", "").History.Events())
		for n := range 30 { // of a few lines each
			plan := []string{"large", "plan"}[n%2]
			w.want("update", w.update("i", fmt.Sprintf(`{"service_id":"fast-id","plan_id":"fast-%s"}`, plan)), 200)
			if n == 0 {
				lines = len(w.record("i", "").History.Events()) - lines
			}
		}
		history := w.record("i", "").History.Events()
		if 30*lines < keptLines {
			t.Fatalf("an update is %d lines: there are too few updates", lines)
		}
		if len(history) != keptLines {
			t.Errorf("it has %d lines, want the last %d", len(history), keptLines)
		}
		for i, e := range history {
			if e.Op != store.Update || i > 0 && e.Time.Before(history[i-1].Time) {
				t.Errorf("line %d is %+v: want those of the updates, in their order", i, e)
			}
		}
		if last := history[len(history)-1]; last.Outcome != "ended" {
			t.Errorf("the last line is %+v", last)
		}
	})
}
