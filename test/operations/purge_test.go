package operations_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestTombstones_Old_AreDeleted(t *testing.T) {
	osbtest.Proves(t, "DEP-06", "UNB-06")
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.config = func(c *settings) { c.Engine.Tombstones = 16 * time.Hour }
		w.restart()
		const many = 120 // more than are purged at a time
		for n := range many {
			id := fmt.Sprintf("old%d", n)
			w.made(id, "fast")
			w.want("deprovision", w.deprovision(id, "fast"), 200)
		}
		w.made("i", "fast")
		w.bound("i", "old")
		w.want("unbind", w.unbind("i", "old", "fast"), 200)
		w.made("reborn", "fast")
		w.want("deprovision", w.deprovision("reborn", "fast"), 200)
		w.pass(4 * time.Hour)
		w.made("reborn", "fast")
		w.made("young", "fast")
		w.want("deprovision", w.deprovision("young", "fast"), 200)

		w.pass(11*time.Hour + 50*time.Minute)
		w.want("poll of the old one, in time", w.poll("old0", "", ""), 410)
		w.want("poll of the old binding, in time", w.poll("i", "old", ""), 410)
		w.pass(2 * time.Hour)
		for n := range many {
			w.want("poll of an old one", w.poll(fmt.Sprintf("old%d", n), "", ""), 404)
		}
		w.want("poll of the old binding", w.poll("i", "old", ""), 404)
		w.want("its deletion again", w.deprovision("old0", "fast"), 410)
		w.want("poll of a younger one", w.poll("young", "", ""), 410)
		w.want("poll of one that lives again", w.poll("reborn", "", ""), 200)
		w.want("poll of one that lives", w.poll("i", "", ""), 200)
		if names := w.cloud.names(); len(names) != 2 {
			t.Errorf("in the cloud: %v, want what lives", names)
		}
	})
}

func TestEngine_Idle_ReadsNoRecords(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		for n := range 10 {
			w.made(fmt.Sprintf("i%d", n), "fast")
		}
		w.pass(time.Hour)
		gets, lists, scans, writes := w.inner.gets.Load(), w.inner.lists.Load(), w.inner.scans.Load(), w.inner.writes.Load()
		w.pass(24 * time.Hour)
		if n := w.inner.gets.Load() - gets + w.inner.scans.Load() - scans + w.inner.writes.Load() - writes; n != 0 {
			t.Errorf("records were read or written %d times on an idle day", n)
		}
		if n := w.inner.lists.Load() - lists; n > 25 {
			t.Errorf("the indexes were read %d times on an idle day, want to look for tombstones hourly", n)
		}
	})
}
