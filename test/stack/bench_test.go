package stack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/kubetest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

const (
	rdsService = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5"
	rdsPlan    = "rds-427559f1-bf2a-45d3-8844-32374a3e58aa"
)

// BenchmarkProvision takes databases from the platform's request to succeeded,
// and binds them. Nothing takes time in the cloud, so the result is the
// broker's own share, with the emulator's answers and 2 to 5 ms for each look
// at an unready database. It also counts the calls of the cloud, changes apart.
func BenchmarkProvision(b *testing.B) {
	b.Run("bolt", func(b *testing.B) { provision(b, stack.New(b)) })
	b.Run("kubernetes", func(b *testing.B) {
		var cluster kubetest.Cluster
		server := cluster.Server(b)
		b.Cleanup(server.Stop)
		namespace := server.Namespace(b)
		provision(b, stack.New(b, stack.WithStore(func(string) (store.Store, error) {
			return kubernetes.Open(b.Context(), kubernetes.Options{Config: server.Config(), Namespace: namespace})
		})))
	})
}

func provision(b *testing.B, s *stack.Stack) {
	b.Helper()
	ids := fmt.Sprintf(`"service_id":%q,"plan_id":%q`, rdsService, rdsPlan)
	var making, binding time.Duration
	var made, bound calls
	n := 0
	for b.Loop() {
		path := fmt.Sprintf("/v2/service_instances/db-%d", n)
		n++
		before := count(s)
		begin := time.Now()
		until(b, s, path, `{`+ids+`,"organization_guid":"o","space_guid":"s"}`)
		making += time.Since(begin)
		between := count(s)
		begin = time.Now()
		until(b, s, path+"/service_bindings/b", `{`+ids+`}`)
		binding += time.Since(begin)
		if n <= counted {
			made, bound = made.plus(between.minus(before)), bound.plus(count(s).minus(between))
		}
	}
	per := func(x float64) float64 { return x / float64(n) }
	each := func(calls int) float64 { return float64(calls) / float64(min(n, counted)) }
	b.ReportMetric(per(making.Seconds()*1000), "ms/instance")
	b.ReportMetric(per(binding.Seconds()*1000), "ms/binding")
	b.ReportMetric(each(made.changing), "changes/instance")
	b.ReportMetric(each(made.looking), "looks/instance")
	b.ReportMetric(each(bound.changing), "changes/binding")
	b.ReportMetric(each(bound.looking), "looks/binding")
	b.ReportMetric(0, "ns/op")
}

// until sends a request and polls until its operation has succeeded.
func until(b *testing.B, s *stack.Stack, path, body string) {
	b.Helper()
	status, _, answer := s.Do(http.MethodPut, path+"?accepts_incomplete=true", body, nil)
	for status == http.StatusAccepted || status == http.StatusOK && strings.Contains(string(answer), "in progress") {
		<-time.After(time.Millisecond)
		status, _, answer = s.Do(http.MethodGet, path+"/last_operation", "", nil)
	}
	if status/100 != 2 || strings.Contains(string(answer), "failed") {
		b.Fatalf("%s ended with %d %s", path, status, answer)
	}
}

// counted is for how many databases calls are counted: the emulator's journal
// keeps the last 10,000.
const counted = 50

// calls of the cloud.
type calls struct{ changing, looking int }

func (c calls) plus(o calls) calls  { return calls{c.changing + o.changing, c.looking + o.looking} }
func (c calls) minus(o calls) calls { return calls{c.changing - o.changing, c.looking - o.looking} }

// count the calls so far.
func count(s *stack.Stack) calls {
	var c calls
	for _, call := range s.Cloud().Calls("") {
		if strings.HasPrefix(call.Action, "Describe") || strings.HasPrefix(call.Action, "List") {
			c.looking++
		} else {
			c.changing++
		}
	}
	return c
}
