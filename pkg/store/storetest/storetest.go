// Package storetest is the definition of a store: the suite that every
// implementation passes, and a store that fails on purpose.
package storetest

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An Opener opens the store at dir, a folder of the test's own, empty at first.
// The suite closes the store, and opens the same dir again to check what it
// kept.
type Opener func(t *testing.T, dir string) store.Store

// Run runs the suite for a store that takes sealed secrets only.
func Run(t *testing.T, open Opener) {
	run(t, open, records, order, unfinished, tombstones, watch, lead, concurrency, durability, bodies, bodyCrashes, boxes)
}

// RunSealed runs the suite for a store that seals and opens secrets itself.
func RunSealed(t *testing.T, open Opener) {
	run(t, open, records, order, unfinished, tombstones, watch, lead, concurrency, durability, bodies, bodyCrashes, secrets)
}

// RunSecrets runs only the part of RunSealed that is about secrets, for a store
// that passes Run beneath a sealing that passes RunSealed with another.
func RunSecrets(t *testing.T, open Opener) { run(t, open, secrets) }

// cases are the rules about one subject, by name.
type cases map[string]func(t *testing.T, s *suite)

func run(t *testing.T, open Opener, chapters ...func() cases) {
	for _, chapter := range chapters {
		for name, test := range chapter() {
			t.Run(name, func(t *testing.T) {
				s := &suite{dir: t.TempDir(), open: open}
				s.Store = open(t, s.dir)
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				})
				test(t, s)
			})
		}
	}
}
