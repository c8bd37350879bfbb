package catalog

import (
	"strings"
	"testing"
	"time"
)

func TestDeadlineOf_KindOfOperation_HasItsOwn(t *testing.T) {
	document := strings.Replace(string(readFile(t, "plans.yaml")), "deadline: 90m", "deadline: 90m\n    deadlines: {update: 6h, bind: 15m}", 1)
	c, err := Load(Embedded("plans.yaml", []byte(document)))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Offerings() {
		for _, p := range o.Plans {
			if p.Name != "small" {
				continue
			}
			for operation, want := range map[string]time.Duration{"provision": 90 * time.Minute, "update": 6 * time.Hour, "bind": 15 * time.Minute} {
				if got := p.DeadlineOf(operation); got != want {
					t.Errorf("deadline of %s = %s, want %s", operation, got, want)
				}
			}
		}
	}
	longest := 0
	for _, s := range c.Render().Services {
		for _, p := range s.Plans {
			longest = max(longest, p.MaximumPollingDuration)
		}
	}
	if want := int((6*time.Hour + 5*time.Minute).Seconds()); longest != want {
		t.Errorf("platforms poll for %d s at most, want %d: beyond the longest deadline", longest, want)
	}
}
