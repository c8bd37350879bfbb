package operations_test

import (
	"flag"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

//nolint:gochecknoglobals // a flag of the test binary
var behaviours = flag.String("behaviours", "default", "cloud `behaviours` that the crash matrix goes through: default, others or all")

// Every store write and every call of the cloud, in every request of the walk,
// meets every fault, once each; then the platform goes on as it would. The cloud
// holds one resource with live credentials, the platform gets the right answers,
// and its deletion leaves the cloud empty.
func TestCrashMatrix_EveryFault_LeavesNothing(t *testing.T) {
	t.Parallel()
	size := tally{plans: rigCatalog(t)}
	tried := cloudBehaviours()
	switch *behaviours {
	case "all":
	case "others":
		tried = tried[1:]
	case "default":
		tried = tried[:1]
	default:
		t.Fatalf("-behaviours=%s: use default, others or all", *behaviours)
	}
	t.Run("With", func(t *testing.T) {
		for _, s := range append(services(), crowdedService(), optionsService()) {
			for _, w := range tried {
				if w.concerns(s) {
					t.Run(s.name+w.name, func(t *testing.T) {
						t.Parallel()
						for i, scenario := range scenarios(size.cases(t, s, w)) {
							t.Run(fmt.Sprintf("Walk%03d", i+1), func(t *testing.T) {
								t.Parallel()
								scenario.run(t)
							})
						}
					})
				}
			}
		}
	})
	t.Log(size.String())
}

// A tally counts the cases.
type tally struct {
	plans                          *catalog.Catalog
	walks, requests, writes, calls atomic.Int64
}

func (n *tally) String() string {
	return fmt.Sprintf("crash matrix: %d cases: %d of store writes and %d of calls of the cloud, in %d requests of %d walks",
		n.writes.Load()+n.calls.Load(), n.writes.Load(), n.calls.Load(), n.requests.Load(), n.walks.Load())
}
