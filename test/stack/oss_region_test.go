package stack_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// with returns a body with parameters.
func with(parameters string) string {
	return strings.TrimSuffix(body, "}") + `,"parameters":` + parameters + `}`
}

// A user's Region is the bucket's: the label names it, and so do credentials.
func TestOSS_Region_IsTheBuckets(t *testing.T) {
	s := stack.New(t)
	for id, want := range map[string]string{"there": "us-west-1", "here": s.Cloud().Region()} {
		parameters := `{}`
		if id == "there" {
			parameters = `{"Region":"oss-us-west-1"}`
		}
		path := "/v2/service_instances/" + id
		status, _, created := s.Do(http.MethodPut, path, with(parameters), nil)
		_, _, fetched := s.Do(http.MethodGet, path, "", nil)
		for name, answer := range map[string][]byte{"provision": created, "fetch": fetched} {
			var instance osb.Instance
			if err := json.Unmarshal(answer, &instance); err != nil || instance.Metadata == nil || instance.Metadata.Labels["region"] != want {
				t.Errorf("the %s of %s answers %d %s, want the region %s", name, id, status, answer, want)
			}
		}
		_, _, bound := s.Do(http.MethodPut, path+"/service_bindings/b-"+id, body, nil)
		var binding osb.Binding
		if err := json.Unmarshal(bound, &binding); err != nil || binding.Credentials["region"] != want || binding.Credentials["oss_region"] != "oss-"+want {
			t.Errorf("the credentials are of the regions %q and %q, want %s and oss-%s (%v)", binding.Credentials["region"], binding.Credentials["oss_region"], want, want, err)
		}
	}
}
