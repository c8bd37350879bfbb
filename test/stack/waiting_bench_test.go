package stack_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// BenchmarkWaiting counts the status calls of a tick while databases wait for the
// cloud, by the emulator's journal: read from lists, and, where the cloud refuses the
// lists, one call for each database.
func BenchmarkWaiting(b *testing.B) {
	for _, n := range []int{3, 100, 1000} {
		for _, way := range []string{"lists", "singly"} {
			b.Run(fmt.Sprintf("%s/%d", way, n), func(b *testing.B) {
				for b.Loop() {
					statusCalls(b, n, way == "singly")
				}
			})
		}
	}
}

// measuredTicks is the number of ticks that are counted.
const measuredTicks = 4

func statusCalls(b *testing.B, n int, singly bool) {
	b.Helper()
	tick := time.Second
	if n > 100 {
		tick = 5 * time.Second
	}
	s := stack.New(b,
		stack.WithCloud(emulatortest.WithProfile(rds.Profile{Create: 24 * time.Hour})),
		stack.WithEngine(func(c *engine.Config) { c.PollFirst, c.PollSlow = tick, tick }))
	if singly {
		s.Cloud().Faults().Add(cloud.Fault{Action: "DescribeDBInstances", Effect: cloud.FailBefore, Code: "InvalidParameter", Status: http.StatusBadRequest})
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			body := fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"o","space_guid":"s"}`, rdsService, rdsPlan)
			if status, _, answer := s.Do(http.MethodPut, fmt.Sprintf("/v2/service_instances/db-%d?accepts_incomplete=true", i), body, nil); status != http.StatusAccepted {
				b.Errorf("%d %s", status, answer)
			}
		})
	}
	all.Wait()
	for len(s.Cloud().Calls("CreateDBInstance")) < n {
		<-time.After(10 * time.Millisecond)
	}
	<-time.After(2 * tick) // each was looked at
	lists, looks := statusCallsSoFar(s)
	<-time.After(measuredTicks * tick)
	listsAfter, looksAfter := statusCallsSoFar(s)
	b.ReportMetric(float64(listsAfter-lists)/measuredTicks, "lists/tick")
	b.ReportMetric(float64(looksAfter-looks)/measuredTicks, "looks/tick")
	b.ReportMetric(0, "ns/op")
}

// statusCallsSoFar returns the pages of lists and the looks at single databases.
func statusCallsSoFar(s *stack.Stack) (lists, looks int) {
	return len(s.Cloud().Calls("DescribeDBInstances")), len(s.Cloud().Calls("DescribeDBInstanceAttribute"))
}
