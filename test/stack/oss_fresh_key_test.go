package stack_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// A bind whose new key OSS never takes fails at its deadline, hands out nothing and
// leaves nothing; once policies count, a bind works.
func TestBucket_KeyNeverTaken_BindFailsAndIsCleanedUp(t *testing.T) {
	t.Parallel()
	s := stack.New(t, stack.WithCatalog(bytes.ReplaceAll(oss.Plans, []byte("bind: 15m"), []byte("bind: 1s"))))
	const ids = `"service_id":"oss-997b8372-8dac-40ac-ae65-758b4a502222","plan_id":"oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221"`
	const instance = "/v2/service_instances/i"
	if status, _, body := s.Do(http.MethodPut, instance, "{"+ids+`,"organization_guid":"o","space_guid":"s"}`, nil); status != http.StatusCreated {
		t.Fatalf("provision: %d %s", status, body)
	}
	s.Cloud().RAM().Behave(func(b *ram.Behaviour) { b.PolicyLag = 24 * time.Hour })
	const refused = instance + "/service_bindings/refused"
	status, _, body := s.Do(http.MethodPut, refused+"?accepts_incomplete=true", "{"+ids+"}", nil)
	for end := time.Now().Add(time.Minute); !bytes.Contains(body, []byte("failed")) && time.Now().Before(end); {
		if bytes.Contains(body, []byte("secret_access_key")) {
			t.Fatalf("a key that OSS refuses was handed out: %s", body)
		}
		<-time.After(20 * time.Millisecond)
		status, _, body = s.Do(http.MethodGet, refused+"/last_operation", "", nil)
	}
	if status != http.StatusOK || !bytes.Contains(body, []byte(`"failed"`)) {
		t.Fatalf("the bind ends with %d %s", status, body)
	}
	if status, _, body = s.Do(http.MethodDelete, refused+"?accepts_incomplete=true&service_id=oss-997b8372-8dac-40ac-ae65-758b4a502222&plan_id=oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221", "", nil); status >= http.StatusInternalServerError {
		t.Errorf("unbind: %d %s", status, body)
	}
	for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		d := s.Cloud().Dump()
		if len(d.Users)+len(d.Keys)+len(d.Policies) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("left: %+v", d)
		}
	}
	s.Cloud().RAM().Behave(func(b *ram.Behaviour) { b.PolicyLag = 0 })
	if status, _, body = s.Do(http.MethodPut, instance+"/service_bindings/taken", "{"+ids+"}", nil); status != http.StatusCreated || !bytes.Contains(body, []byte("secret_access_key")) {
		t.Errorf("bind: %d %s", status, body)
	}
}
