package operations_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A madeNotes is a provider that notes the steps which each look is told as made.
type madeNotes struct {
	*watch

	noting sync.Mutex
	made   []string // by look, the steps joined
}

func (n *madeNotes) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	n.noting.Lock()
	n.made = append(n.made, strings.Join(t.Made, " "))
	n.noting.Unlock()
	return n.watch.Observe(ctx, t)
}

// since returns what looks were told from the n-th one, each change once.
func (n *madeNotes) since(first int) []string {
	n.noting.Lock()
	defer n.noting.Unlock()
	return slices.Compact(slices.Clone(n.made[first:]))
}

// count returns the number of looks so far.
func (n *madeNotes) count() int {
	n.noting.Lock()
	defer n.noting.Unlock()
	return len(n.made)
}

// A call whose answer is stored stands for a look until anything else happens: then
// the operation looks at everything to its end.
func TestMadeSteps_AnyDisturbance_BringsTheLooksBack(t *testing.T) {
	for name, c := range map[string]struct {
		disturb func(*fakeCloud)
		restart bool // while it waits
		slow    bool // it waits for more than a minute
		want    []string
	}{
		"undisturbed":               {want: []string{"", "create", "create finish"}},
		"a lost answer":             {disturb: func(f *fakeCloud) { f.loseNext("create") }, want: []string{""}},
		"a lost answer of the last": {disturb: func(f *fakeCloud) { f.loseNext("finish") }, want: []string{"", "create", ""}},
		"a refused call":            {disturb: func(f *fakeCloud) { f.failNext("finish", providers.ErrThrottled) }, want: []string{"", "create", ""}},
		"a failed look":             {disturb: func(f *fakeCloud) { f.failNext("observe", providers.ErrThrottled) }, want: []string{"", "create", "create finish"}},
		"another process":           {restart: true, want: []string{""}},
		"a long wait":               {slow: true, want: []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(h *harness) {
				notes := &madeNotes{watch: &watch{fakeCloud: h.cloud, quick: !c.slow}}
				h.provider = notes
				h.restart()
				if c.disturb != nil {
					c.disturb(h.cloud)
				}
				accepted, first := h.provision("i", body("slow", "")), 0
				if c.restart {
					h.pass(500 * time.Millisecond) // it is made, and waits
					first = notes.count()
					h.restart()
				}
				if op := h.finally("i", "", accepted); op.State != osb.Succeeded {
					t.Fatalf("ended %s: %s", op.State, op.Description)
				}
				if got := notes.since(first); !slices.Equal(got, c.want) {
					t.Errorf("looks were told of %q, want %q", got, c.want)
				}
			})
		})
	}
}

// An update and a deletion have calls of their own: the ones of the operation before
// stand for no look of theirs.
func TestMadeSteps_NextOperation_BeginsAnew(t *testing.T) {
	inBubble(t, func(h *harness) {
		notes := &madeNotes{watch: &watch{fakeCloud: h.cloud, quick: true}}
		h.provider = notes
		h.restart()
		h.made("i", "slow")
		first := notes.count()
		h.finally("i", "", h.deprovision("i", "slow"))
		if got, want := notes.since(first), []string{"", "delete"}; !slices.Equal(got, want) {
			t.Errorf("looks of the deletion were told of %q, want %q", got, want)
		}
	})
}
