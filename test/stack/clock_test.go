package stack_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// Where the clock of the broker's machine is off, the cloud refuses every request: the
// operation waits for the operator, says that the clock is wrong, and goes on once it
// is right.
func TestClock_IsWrong_WaitsForTheOperator(t *testing.T) {
	for name, tc := range map[string]struct {
		service, plan string
		skew          time.Duration // of the cloud
	}{
		"OSSLate":  {service, plan, time.Hour},
		"OSSEarly": {service, plan, -time.Hour},
		"RDSLate":  {rdsService, rdsPlan, time.Hour},
		"RDSEarly": {rdsService, rdsPlan, -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := stack.New(t, stack.WithSpeed(200))
			s.Cloud().SkewClock(tc.skew)
			path := "/v2/service_instances/" + strings.ToLower(name)
			request, err := json.Marshal(map[string]any{"service_id": tc.service, "plan_id": tc.plan, "organization_guid": "o", "space_guid": "s"})
			if err != nil {
				t.Fatal(err)
			}
			if status, _, answer := s.Do(http.MethodPut, path+"?accepts_incomplete=true", string(request), nil); status != http.StatusAccepted {
				t.Fatalf("the provision answers %d %s", status, answer)
			}
			for answer := []byte(nil); !strings.Contains(string(answer), "clock"); {
				var status int
				if status, _, answer = s.Do(http.MethodGet, path+"/last_operation", "", nil); status != http.StatusOK || !strings.Contains(string(answer), "in progress") {
					t.Fatalf("it polls as %d %s, want in progress", status, answer)
				}
			}
			record, err := s.Store().Get(t.Context(), store.Key{InstanceID: strings.ToLower(name)})
			if err != nil || record.Operation.CauseKind != "operator" {
				t.Errorf("the cause is of the class %q (%v)", record.Operation.CauseKind, err)
			}
			if !s.Cloud().Empty() {
				t.Errorf("the cloud has %q", s.Cloud().Leftovers())
			}
			s.Cloud().SkewClock(0)
			finished(t, s, http.MethodDelete, path+"?service_id="+tc.service+"&plan_id="+tc.plan, nil)
			if !s.Cloud().Empty() {
				t.Errorf("left: %q", s.Cloud().Leftovers())
			}
		})
	}
}
