package operations_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// The cloud throttles every call for a while, and every operation succeeds.
func TestThrottling_ManyOperations_AllSucceed(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigCatalog(t))
			r.cloud.Faults().Add(cloud.Fault{Action: "*", Code: "Throttling.User", Status: 400, Times: 25})
			r.start()
			for _, q := range s.walk() {
				r.carry(q)
				r.holds(s, q.leaves)
			}
		})
	}
}
