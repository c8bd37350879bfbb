package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The bars of answers and bodies.
const (
	longestAnswer = 8e3                  // bytes
	memoryLimit   = 256 << 20 / megabyte // MB, the chart's
	bodySize      = 900_000
)

// attackBodies sends many unknown parameters, and large bodies at once, all with the
// password.
func attackBodies(ctx context.Context, l *lab) error {
	s, err := l.start(ctx, setup{})
	if err != nil {
		return err
	}
	defer s.close()
	unknown := strings.NewReader(put(ossService, ossPlan, "t", map[string]any{"parameters": manyMembers(59_000)}))
	found, answer, err := send(ctx, fresh(""), http.MethodPut, s.instance("unknown"), unknown, asPlatform)
	if err != nil {
		return err
	}
	l.atMost("59 KB of unknown parameters: the answer", float64(len(answer)), longestAnswer, "bytes")
	l.holds("59 KB of unknown parameters: refused", fmt.Sprintf("status %d", found), found == http.StatusBadRequest)
	for _, c := range []struct {
		name  string
		count int
		most  float64 // MB
		body  map[string]any
	}{
		{"in the context", 20, mostMemory, map[string]any{"context": manyMembers(bodySize)}},
		{"in the parameters", 20, mostMemory, map[string]any{"parameters": manyMembers(bodySize)}},
		{"in the context", 100, memoryLimit, map[string]any{"context": manyMembers(bodySize)}},
		{"as many lists", 20, mostMemory, map[string]any{"parameters": map[string]any{"a": manyLists(bodySize)}}},
	} {
		name := fmt.Sprintf("%d bodies of 0.9 MB, %s", c.count, c.name)
		if !l.isChosen(name) {
			continue
		}
		if err := l.bodyCase(ctx, name, c.count, c.most, put(ossService, ossPlan, "t", c.body)); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) bodyCase(ctx context.Context, name string, count int, most float64, body string) error {
	s, err := l.start(ctx, setup{})
	if err != nil {
		return err
	}
	defer s.close()
	client := &http.Client{Timeout: time.Minute, Transport: transport("", false)}
	var mu sync.Mutex
	answers := map[int]int{}
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			found, _, _ := send(ctx, client, http.MethodPut, s.instance(fmt.Sprint("large-", i), "?accepts_incomplete=true"), strings.NewReader(body), asPlatform)
			mu.Lock()
			defer mu.Unlock()
			answers[found]++
		})
	}
	all.Wait()
	l.atMost(name+": memory", s.peak(), most, "MB")
	l.holds(name+": all answered", fmt.Sprint(answers), answers[0] == 0)
	return nil
}

// manyMembers returns an object of about this many bytes with many small members.
func manyMembers(size int) map[string]any {
	const member = 12 // bytes of "abcdef":1, and quotes
	members := make(map[string]any, size/member)
	for i := range size / member {
		members[fmt.Sprintf("p%06d", i)] = 1
	}
	return members
}

// manyLists returns a list of many empty lists.
func manyLists(size int) []any {
	const item = 3 // bytes of [],
	lists := make([]any, size/item)
	for i := range lists {
		lists[i] = []any{}
	}
	return lists
}
