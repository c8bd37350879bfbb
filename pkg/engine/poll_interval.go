package engine

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Times of looks at the cloud while an operation waits, in intervals of PollSlow: the
// first look after a slow call, and the longer interval after slowerAfter of them.
const (
	firstPoll   = 6
	slowerAfter = 60
	slowerBy    = 3
)

// waits counts the looks that found the same step unfinished.
type waits struct {
	step string
	n    int
}

// pollInterval returns the time until the next look at a step that waits. Looks at
// quick steps begin at PollQuick and become rarer, up to PollSlow: each interval is
// used twice, and then doubled.
func (a *attempt) pollInterval(step providers.Step) time.Duration {
	if step.Pace == providers.Slow {
		if a.now.Sub(a.record.Operation.Started) > slowerAfter*a.config.PollSlow {
			return slowerBy * a.config.PollSlow
		}
		return a.config.PollSlow
	}
	return quickInterval(a.config.PollQuick, a.config.PollSlow, a.term.memory.countWait(a.record.Key, step.Key()))
}

// quickInterval returns the interval after n waits for a quick step.
func quickInterval(first, most time.Duration, n int) time.Duration {
	d := first << min(n/2, 20)
	if d <= 0 || d > most {
		return max(first, most)
	}
	return d
}

// countWait returns how often the record has waited for a step before, and counts.
func (m *memory) countWait(k store.Key, step string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.entry(k)
	if entry.waits == nil || entry.waits.step != step {
		entry.waits = &waits{step: step}
	}
	entry.waits.n++
	return entry.waits.n - 1
}
