package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// Text of platforms is data: whatever it says, an instance and its binding are
// made, tagged as the cloud takes it, and removed.
func TestContext_NastyTexts_MakeHarmlessTags(t *testing.T) {
	s := stack.New(t, stack.WithSpeed(200))
	for n, text := range []string{
		"https://x", "HTTP://x", "aliyun-prod", "acs:rds", "a\x00b", "a\r\nX-Header: y", strings.Repeat("ü", 100), strings.Repeat("x", 300), "\u202e\U0001f600", " ",
	} {
		contexts := []map[string]string{
			{"platform": "kubernetes", "namespace": text, "clusterid": text},
			{"platform": "cloudfoundry", "organization_name": text, "space_name": text, "instance_name": text, "organization_guid": text, "space_guid": text},
		}
		// The platforms take turns: each text goes to both services.
		livesWith(t, s, fmt.Sprintf("bucket-%d", n), service, plan, text, contexts[n%2])
		livesWith(t, s, fmt.Sprintf("database-%d", n), rdsService, rdsPlan, text, contexts[(n+1)%2])
	}
	if !s.Cloud().Empty() {
		t.Errorf("left: %q", s.Cloud().Leftovers())
	}
}

// livesWith makes and removes an instance with a binding in a context.
func livesWith(t *testing.T, s *stack.Stack, id, serviceID, planID, text string, context map[string]string) {
	t.Helper()
	instance := "/v2/service_instances/" + id
	ids := map[string]any{"service_id": serviceID, "plan_id": planID, "context": context}
	create := map[string]any{"organization_guid": text, "space_guid": text}
	maps.Copy(create, ids)
	finished(t, s, http.MethodPut, instance, create)
	for _, b := range s.Cloud().Dump().Buckets {
		checkTags(t, id, b.Tags)
	}
	for _, i := range s.Cloud().RDS().Instances() {
		checkTags(t, id, i.Tags)
	}
	finished(t, s, http.MethodPut, instance+"/service_bindings/b", ids)
	for _, user := range s.Cloud().Dump().Users {
		if !strings.HasPrefix(user.Comments, providers.TagIncarnation+"=") || strings.Contains(user.Comments, text) && text != " " {
			t.Errorf("%s: the comments are %q", id, user.Comments)
		}
	}
	query := "?service_id=" + serviceID + "&plan_id=" + planID
	finished(t, s, http.MethodDelete, instance+"/service_bindings/b"+query, nil)
	finished(t, s, http.MethodDelete, instance+query, nil)
}

// checkTags checks the owner of a resource, which may be missing.
func checkTags(t *testing.T, id string, tags map[string]string) {
	t.Helper()
	owner := strings.ToLower(tags[providers.TagOwner])
	if tags[providers.TagIncarnation] == "" || tags[providers.TagPlan] == "" {
		t.Errorf("%s: the tags are %q", id, tags)
	}
	if len(owner) > 128 || strings.Contains(owner, "http://") || strings.Contains(owner, "https://") ||
		strings.HasPrefix(owner, "aliyun") || strings.HasPrefix(owner, "acs:") || strings.ContainsFunc(owner, unicode.IsControl) {
		t.Errorf("%s: the owner is %q", id, owner)
	}
}

// finished makes a request and waits for its success.
func finished(t *testing.T, s *stack.Stack, method, path string, body map[string]any) {
	t.Helper()
	var text string
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	path, query, _ := strings.Cut(path, "?")
	status, _, answer := s.Do(method, path+"?accepts_incomplete=true&"+query, text, nil)
	for polled := false; status == http.StatusAccepted || polled && strings.Contains(string(answer), "in progress"); polled = true {
		status, _, answer = s.Do(http.MethodGet, path+"/last_operation", "", nil)
		if status == http.StatusGone && method == http.MethodDelete {
			return
		}
	}
	if status/100 != 2 || strings.Contains(string(answer), `"failed"`) {
		t.Fatalf("%s %s ends with %d %s", method, path, status, answer)
	}
}
