package operations_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A keyring is a cloud in which each call to create a key creates another one,
// and shows its secret once. Any number of processes share it.
type keyring struct {
	mu    sync.Mutex
	made  int
	keys  map[string][]string // by incarnation
	undos int
}

// A keyholder is the keyring's provider, in one process.
type keyholder struct {
	ring *keyring
	// at is told of the points that calls pass: "look", "before" and "after" the
	// effect of a call, by the step's name.
	at func(ctx context.Context, point, step string)
}

var _ providers.Undoer = (*keyholder)(nil)

func (*keyholder) Prepare(providers.Task) (providers.Plan, error) { return providers.Plan(`{}`), nil }

func (h *keyholder) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	h.at(ctx, "look", "")
	if err := ctx.Err(); err != nil {
		return providers.Seen{}, fmt.Errorf("look: %w", err)
	}
	h.ring.mu.Lock()
	defer h.ring.mu.Unlock()
	keys := slices.Clone(h.ring.keys[t.Life.Incarnation])
	return providers.Seen{Exists: len(keys) > 0, State: keys}, nil
}

func (h *keyholder) Next(t providers.Task, seen providers.Seen) providers.Step {
	keys, _ := seen.State.([]string)
	ours := t.Facts.Open["key"]
	switch {
	case t.Goal == providers.Absent && len(keys) > 0:
		return providers.CallStep("delete", ours)
	case t.Goal == providers.Absent:
		return providers.DoneStep(nil)
	case slices.ContainsFunc(keys, func(k string) bool { return k != ours }):
		return providers.CallStep("drop", "")
	case !slices.Contains(keys, ours):
		return providers.CallStep("key", "")
	}
	return providers.DoneStep(map[string]string{"key": ours, "secret": t.Facts.Secrets["secret"]})
}

func (h *keyholder) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	h.at(ctx, "before", s.Name)
	if ctx.Err() != nil {
		return providers.Facts{}, providers.ErrOutcomeUnknown
	}
	facts := h.ring.effect(t, s.Name)
	h.at(ctx, "after", s.Name)
	return facts, nil
}

func (g *keyring) effect(t providers.Task, step string) (facts providers.Facts) {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := t.Life.Incarnation
	switch step {
	case "key":
		g.made++
		k := fmt.Sprintf("key-%d", g.made)
		g.keys[of] = append(g.keys[of], k)
		facts = providers.Facts{Open: map[string]string{"key": k}, Secrets: map[string]string{"secret": "of " + k}}
	case "drop":
		g.keys[of] = slices.DeleteFunc(g.keys[of], func(k string) bool { return k != t.Facts.Open["key"] })
	case "delete":
		g.keys[of] = nil
	}
	return facts
}

func (h *keyholder) Undo(_ context.Context, t providers.Task, s providers.Step, made providers.Facts) error {
	h.ring.mu.Lock()
	defer h.ring.mu.Unlock()
	if s.Name == "key" {
		h.ring.undos++
		of := t.Life.Incarnation
		h.ring.keys[of] = slices.DeleteFunc(h.ring.keys[of], func(k string) bool { return k == made.Open["key"] })
	}
	return nil
}

// left are all keys that exist.
func (g *keyring) left() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var left []string
	for _, keys := range g.keys {
		left = append(left, keys...)
	}
	return left
}

// String is for test failures.
func (g *keyring) String() string {
	b, err := json.Marshal(g.left())
	if err != nil {
		return err.Error()
	}
	return string(b)
}
