package stack_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

const (
	service = "oss-997b8372-8dac-40ac-ae65-758b4a502222"
	plan    = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221"
	bucket  = "/v2/service_instances/a-bucket"
	deleted = bucket + "?accepts_incomplete=true&service_id=" + service + "&plan_id=" + plan
	body    = `{"service_id":"` + service + `","plan_id":"` + plan + `","organization_guid":"o","space_guid":"s"}`
)

func TestStack_Broker_ServesOverHTTP(t *testing.T) {
	s := stack.New(t, stack.WithUsers(api.User{Name: "other", Password: "pass"}))
	if status, _, answer := s.Do(http.MethodPut, bucket, body, nil); status != http.StatusCreated {
		t.Fatalf("provision answers %d %s, want 201", status, answer)
	}
	if n := len(s.Cloud().Dump().Buckets); n != 1 {
		t.Errorf("%d buckets, want 1", n)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v2/catalog", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("other", "pass")
	for name, want := range map[string]int{"the other user": http.StatusOK, "nobody": http.StatusUnauthorized} {
		headers := http.Header{"Authorization": {request.Header.Get("Authorization")}}
		if want == http.StatusUnauthorized {
			headers.Set("Authorization", "")
		}
		if status, _, answer := s.Do(http.MethodGet, "/v2/catalog", "", headers); status != want {
			t.Errorf("%s gets %d %s, want %d", name, status, answer, want)
		}
	}
	if status, _, answer := s.Do(http.MethodDelete, deleted, "", nil); status != http.StatusOK || !s.Cloud().Empty() {
		t.Errorf("deprovision answers %d %s, and the cloud has %+v", status, answer, s.Cloud().Dump())
	}
}

func TestStack_AfterCrash_WorkGoesOn(t *testing.T) {
	s := stack.New(t, stack.WithSpeed(100), stack.WithBroker(func(c *broker.Config) { c.AsyncWait = 1 }))
	// The bucket is made, and the answer to the broker is lost.
	s.Cloud().Faults().Add(cloud.Fault{Action: "oss:PutBucket", Effect: cloud.DropAfter, Times: 1})
	if status, _, answer := s.Do(http.MethodPut, bucket+"?accepts_incomplete=true", body, nil); status != http.StatusAccepted {
		t.Fatalf("provision answers %d %s, want 202", status, answer)
	}
	url := s.URL()
	s.Crash()
	if status, _, answer, err := s.Send(t.Context(), http.MethodGet, "/v2/catalog", "", nil); err == nil {
		t.Errorf("a broker that has crashed answers %d %s", status, answer)
	}
	s.Restart()
	if s.URL() != url {
		t.Errorf("the broker has moved from %s to %s", url, s.URL())
	}
	for {
		status, _, answer := s.Do(http.MethodGet, bucket+"/last_operation", "", nil)
		if status != http.StatusOK || strings.Contains(string(answer), "failed") {
			t.Fatalf("last_operation answers %d %s", status, answer)
		}
		if strings.Contains(string(answer), "succeeded") {
			break
		}
	}
	if n := len(s.Cloud().Dump().Buckets); n != 1 {
		t.Errorf("%d buckets, want 1", n)
	}
}

func TestStack_Crash_StoresNothingMore(t *testing.T) {
	s := stack.New(t)
	before := s.Store()
	s.Crash()
	if err := before.Delete(t.Context(), store.Key{InstanceID: "any"}, nil); err == nil {
		t.Error("the store of a process that has crashed still takes writes")
	}
	s.Restart()
	if status, _, answer := s.Do(http.MethodPut, bucket, body, nil); status != http.StatusCreated {
		t.Errorf("provision after the restart answers %d %s, want 201", status, answer)
	}
}
