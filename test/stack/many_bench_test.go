package stack_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// atOnce is how many databases BenchmarkManyAtOnce asks for.
const atOnce = 1000

// BenchmarkManyAtOnce asks for 1,000 databases at once, and then for a binding
// of each: every one exists once. It counts the calls of the cloud by purpose:
// changes, looks at one database, and lists by their filter. The broker looks
// once a second.
func BenchmarkManyAtOnce(b *testing.B) {
	for b.Loop() {
		many(b, stack.New(b, stack.WithEngine(func(c *engine.Config) {
			c.PollSlow, c.PollQuick = time.Second, 100*time.Millisecond
		})))
	}
}

func many(b *testing.B, s *stack.Stack) {
	b.Helper()
	made := &tally{cloud: s.Cloud(), seen: map[string]bool{}, found: map[string]int{}}
	ctx, end := context.WithCancel(b.Context())
	defer end()
	go made.follow(ctx)
	begin := time.Now()
	everywhere(func(i int) {
		succeed(b, s, fmt.Sprintf("/v2/service_instances/db-%d", i), `,"organization_guid":"o","space_guid":"s"`)
	})
	making := time.Since(begin)
	provisions := made.read()
	begin = time.Now()
	everywhere(func(i int) { succeed(b, s, fmt.Sprintf("/v2/service_instances/db-%d/service_bindings/b", i), "") })
	binding := time.Since(begin)
	both := made.read()

	descriptions, accounts := map[string]bool{}, 0
	instances := s.Cloud().Dump().Instances
	for _, i := range instances {
		descriptions[i.Description] = true
		accounts += len(i.Accounts)
	}
	if len(instances) != atOnce || len(descriptions) != atOnce || accounts != atOnce || provisions["CreateDBInstance"] != atOnce {
		b.Errorf("%d databases of %d descriptions with %d accounts, by %d calls; want %d of each",
			len(instances), len(descriptions), accounts, provisions["CreateDBInstance"], atOnce)
	}
	b.ReportMetric(making.Seconds(), "s-instances")
	b.ReportMetric(binding.Seconds(), "s-bindings")
	for what, found := range map[string]map[string]int{"instance": provisions, "binding": minus(both, provisions)} {
		changes, looks := 0, 0
		for action, times := range found {
			switch {
			case action == lists, action == "GetCallerIdentity":
			case strings.HasPrefix(action, "Describe"):
				looks += times
			default:
				changes += times
			}
		}
		b.ReportMetric(float64(changes)/atOnce, "changes/"+what)
		b.ReportMetric(float64(looks)/atOnce, "looks/"+what)
		b.ReportMetric(float64(found[lists]), "lists-for-"+what+"s")
		b.Logf("for each %s: %v", what, found)
	}
	b.ReportMetric(0, "ns/op")
}

// everywhere does something for each of them at once.
func everywhere(do func(i int)) {
	var all sync.WaitGroup
	for i := range atOnce {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// succeed makes a request and polls it every two seconds until it has
// succeeded. Platforms poll less often, and 1,000 that poll more often leave
// the processors no time.
func succeed(b *testing.B, s *stack.Stack, path, more string) {
	b.Helper()
	body := fmt.Sprintf(`{"service_id":%q,"plan_id":%q%s}`, rdsService, rdsPlan, more)
	status, _, answer := s.Do(http.MethodPut, path+"?accepts_incomplete=true", body, nil)
	for status == http.StatusAccepted || status == http.StatusOK && strings.Contains(string(answer), "in progress") {
		<-time.After(2 * time.Second)
		status, _, answer = s.Do(http.MethodGet, path+"/last_operation", "", nil)
	}
	if status/100 != 2 || strings.Contains(string(answer), "failed") {
		b.Errorf("%s ended with %d %s", path, status, answer)
	}
}

// lists is the call that shows many databases.
const lists = "DescribeDBInstances"

// A tally counts calls by action. The emulator's journal remembers 10,000, which
// is too few: it is read again and again.
type tally struct {
	cloud *emulator.Server
	mu    sync.Mutex
	seen  map[string]bool // by nonce
	found map[string]int
}

func (t *tally) read() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, call := range t.cloud.Calls("") {
		if nonce := call.Params["SignatureNonce"]; !t.seen[nonce] {
			t.seen[nonce] = true
			t.found[call.Action]++
		}
	}
	return maps.Clone(t.found)
}

// follow reads it until ctx ends.
func (t *tally) follow(ctx context.Context) {
	for ctx.Err() == nil {
		t.read()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// minus returns the counts of all less the counts of before.
func minus(all, before map[string]int) map[string]int {
	more := map[string]int{}
	for action, n := range all {
		if n > before[action] {
			more[action] = n - before[action]
		}
	}
	return more
}
