package conformance_test

import (
	"net/http"
	"strings"
	"testing"

	client "github.com/pmorie/go-open-service-broker-client/v2"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// refusals are requests that must change nothing, each with its status. They
// find an instance "i" on fast-plan with a binding "b".
func refusals() map[string]struct {
	method, path, body string
	status             int
} {
	type refusal = struct {
		method, path, body string
		status             int
	}
	ready, bound := instance("i"), binding("b", "i")
	return map[string]refusal{
		"provision without a body":           {"PUT", ready, "", 400},
		"provision with a broken body":       {"PUT", ready, `{"service_id":`, 400},
		"provision with an array":            {"PUT", ready, `[]`, 400},
		"provision with a wrong type":        {"PUT", ready, `{"service_id":1}`, 400},
		"provision without service":          {"PUT", ready, `{"plan_id":"fast-plan","organization_guid":"o","space_guid":"s"}`, 400},
		"provision with an empty service":    {"PUT", ready, `{"service_id":"","plan_id":"fast-plan","organization_guid":"o","space_guid":"s"}`, 400},
		"provision without plan":             {"PUT", ready, `{"service_id":"fast-id","organization_guid":"o","space_guid":"s"}`, 400},
		"provision without organization":     {"PUT", ready, `{"service_id":"fast-id","plan_id":"fast-plan","space_guid":"s"}`, 400},
		"provision without space":            {"PUT", ready, `{"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o"}`, 400},
		"provision of an unknown service":    {"PUT", ready, attributes("no", "fast-plan"), 400},
		"provision of an unknown plan":       {"PUT", ready, attributes("fast", "no-plan"), 400},
		"provision in another case":          {"PUT", ready, attributes("Fast", "fast-plan"), 400},
		"provision with other attributes":    {"PUT", ready, attributes("fast", "fast-fixed"), 409},
		"provision for another space":        {"PUT", ready, strings.Replace(attributes("fast", "fast-plan"), `"space"`, `"else"`, 1), 409},
		"provision with a bad parameter":     {"PUT", instance("new"), attributes("fast", "fast-plan", `"parameters":{"Acl":7}`), 400},
		"provision of a slow plan":           {"PUT", instance("new"), attributes("slow", "slow-plan"), 422},
		"provision of another maintenance":   {"PUT", instance("new"), attributes("fast", "fast-plan", `"maintenance_info":{"version":"2.0.0"}`), 422},
		"update without a body":              {"PATCH", ready, "", 400},
		"update with a broken body":          {"PATCH", ready, "{", 400},
		"update with a wrong type":           {"PATCH", ready, `{"service_id":"fast-id","parameters":"x"}`, 400},
		"update without service":             {"PATCH", ready, `{"plan_id":"fast-plan"}`, 400},
		"update of an unknown service":       {"PATCH", ready, `{"service_id":"no-id"}`, 400},
		"update of another service":          {"PATCH", ready, `{"service_id":"slow-id"}`, 400},
		"update to a plan of another":        {"PATCH", ready, `{"service_id":"fast-id","plan_id":"slow-plan"}`, 400},
		"update with a bad parameter":        {"PATCH", ready, `{"service_id":"fast-id","parameters":{"Colour":"red"}}`, 400},
		"update to another maintenance":      {"PATCH", ready, `{"service_id":"fast-id","maintenance_info":{"version":"2.0.0"}}`, 422},
		"update of what is not there":        {"PATCH", instance("none"), `{"service_id":"fast-id"}`, 404},
		"update of a plan that stays":        {"PATCH", instance("fixed"), `{"service_id":"fast-id","plan_id":"fast-plan"}`, 422},
		"deprovision without a query":        {"DELETE", ready, "", 400},
		"deprovision without plan":           {"DELETE", ready + "?service_id=fast-id", "", 400},
		"deprovision with an empty plan":     {"DELETE", ready + "?service_id=fast-id&plan_id=", "", 400},
		"deprovision of another service":     {"DELETE", ready + "?" + query("slow", "slow-plan") + "&accepts_incomplete=true", "", 400},
		"deprovision with a malformed query": {"DELETE", ready + "?service_id=%zz", "", 400},
		"deprovision of what is not there":   {"DELETE", instance("none") + "?" + query("fast", "fast-plan"), "", 410},
		"bind without a body":                {"PUT", bound, "", 400},
		"bind with a broken body":            {"PUT", bound, `{"service_id":"fast-id"`, 400},
		"bind with a wrong type":             {"PUT", bound, `{"bind_resource":"x"}`, 400},
		"bind without service":               {"PUT", bound, `{"plan_id":"fast-plan"}`, 400},
		"bind without plan":                  {"PUT", bound, `{"service_id":"fast-id"}`, 400},
		"bind of another plan":               {"PUT", binding("new", "i"), attributes("fast", "fast-fixed"), 400},
		"bind of another application":        {"PUT", bound, attributes("fast", "fast-plan", `"bind_resource":{"app_guid":"app"}`), 409},
		"bind with a bad parameter":          {"PUT", binding("new", "i"), attributes("fast", "fast-plan", `"parameters":{"Role":"x"}`), 400},
		"bind to what is not there":          {"PUT", binding("new", "none"), attributes("fast", "fast-plan"), 404},
		"bind to what cannot be bound":       {"PUT", binding("new", "alone"), attributes("alone", "alone-plan"), 400},
		"rotation of what is not there":      {"PUT", binding("new", "i"), `{"predecessor_binding_id":"none"}`, 400},
		"unbind without a query":             {"DELETE", bound, "", 400},
		"unbind without plan":                {"DELETE", bound + "?service_id=fast-id", "", 400},
		"unbind with a malformed query":      {"DELETE", bound + "?service_id=fast-id&plan_id=%z", "", 400},
		"unbind of what is not there":        {"DELETE", binding("none", "i") + "?" + query("fast", "fast-plan"), "", 410},
		"unbind from another instance":       {"DELETE", binding("b", "fixed") + "?" + query("fast", "fast-fixed"), "", 410},
		"fetch of what is not there":         {"GET", instance("none"), "", 404},
		"fetch of a binding that is not":     {"GET", binding("none", "i"), "", 404},
		"fetch from another instance":        {"GET", binding("b", "fixed"), "", 404},
		"poll of what is not there":          {"GET", instance("none") + "/last_operation", "", 404},
		"poll of a binding that is not":      {"GET", binding("none", "i") + "/last_operation", "", 404},
		"poll with a malformed query":        {"GET", ready + "/last_operation?operation=%zz", "", 400},
		"poll of a binding, malformed":       {"GET", bound + "/last_operation?operation=%zz", "", 400},
		"poll without an id":                 {"GET", "/v2/service_instances//last_operation", "", 400},
	}
}

func TestRefusals_Every_HasItsStatusAndChangesNothing(t *testing.T) {
	osbtest.Proves(t, "CT-03", "CT-04", "ERR-01", "ERR-02", "ERR-05", "URL-05", "CAT-08",
		"PROV-02", "PROV-03", "PROV-04", "PROV-06", "PROV-07", "PROV-11", "PROV-12", "PROV-13",
		"UPD-01", "UPD-02", "UPD-04", "UPD-05", "UPD-06", "UPD-09", "UPD-14", "UPD-16", "UPD-20", "DEP-02", "DEP-06", "DEP-12",
		"BIND-01", "BIND-02", "BIND-06", "BIND-11", "BIND-13", "BIND-27", "ROT-03", "UNB-02", "UNB-06", "UNB-09",
		"FI-05", "FB-03", "LO-05", "LO-06", "BLO-04", "BLO-05")
	p := newPlatform(t)
	p.made("i", "fast", "fast-plan")
	p.made("fixed", "fast", "fast-fixed")
	p.made("alone", "alone", "alone-plan")
	p.bound("b", "i", "fast", "fast-plan")
	type state struct {
		Cloud             any
		Instance, Binding string
		Polled            string
	}
	look := func() state {
		return state{
			Cloud: p.Cloud().Dump(), Instance: p.want(200, "GET", instance("i"), "").raw,
			Binding: p.want(200, "GET", binding("b", "i"), "").raw, Polled: p.want(200, "GET", instance("i")+"/last_operation", "").raw,
		}
	}
	before := look()
	for name, tc := range refusals() {
		got := p.send(tc.method, tc.path, tc.body)
		if got.status != tc.status || got.text("description") == "" {
			t.Errorf("%s: %s %s %s answered %d %s, want %d with a description", name, tc.method, tc.path, tc.body, got.status, got.raw, tc.status)
		}
		if after := look(); !cmp.Equal(before, after) {
			t.Errorf("%s has changed something (-before +after):\n%s", name, cmp.Diff(before, after))
			before = after
		}
	}
	for _, path := range []string{instance("new"), binding("new", "i")} {
		p.want(404, "GET", path, "")
		p.want(404, "GET", path+"/last_operation", "")
	}
}

// The platform checks the form of each answer.
func TestAnswers_Every_IsInItsTable(t *testing.T) {
	osbtest.Proves(t, "REQ-01", "EXT-02", "CT-01", "CT-04", "ERR-02", "ERR-04", "ASY-02", "ASY-07", "PROV-08", "PROV-09", "PROV-10", "PROV-17", "PROV-18",
		"UPD-10", "UPD-11", "UPD-12", "DEP-04", "DEP-05", "BIND-08", "BIND-09", "BIND-10", "BIND-28", "BLO-08", "LO-10", "UNB-04", "UNB-05", "ORP-01")
	p := newPlatform(t)
	p.want(200, "GET", "/v2/catalog", "")
	for _, accepts := range []string{"?", async + "&"} {
		p.want(201, "PUT", instance("i")+accepts, attributes("fast", "fast-plan"))
		p.want(200, "PUT", instance("i")+accepts, attributes("fast", "fast-plan"))
		p.want(200, "GET", instance("i")+"/last_operation", "")
		p.want(200, "PATCH", instance("i")+accepts, `{"service_id":"fast-id","parameters":{"Acl":"public-read"}}`)
		p.want(200, "PATCH", instance("i")+accepts, `{"service_id":"fast-id","parameters":{"Acl":"public-read"}}`)
		p.want(200, "GET", instance("i"), "")
		p.want(201, "PUT", binding("b", "i")+accepts, attributes("fast", "fast-plan"))
		p.want(200, "PUT", binding("b", "i")+accepts, attributes("fast", "fast-plan"))
		p.want(200, "GET", binding("b", "i")+"/last_operation", "")
		p.want(200, "GET", binding("b", "i"), "")
		p.want(201, "PUT", binding("c", "i")+accepts, `{"predecessor_binding_id":"b"}`)
		p.want(200, "DELETE", binding("b", "i")+accepts+query("fast", "fast-plan"), "")
		p.want(410, "DELETE", binding("b", "i")+accepts+query("fast", "fast-plan"), "")
		p.want(200, "DELETE", instance("i")+accepts+query("fast", "fast-plan"), "")
		p.want(410, "DELETE", instance("i")+accepts+query("fast", "fast-plan"), "")
	}
	ends := func(want int, a answer, path string) {
		t.Helper()
		if a.status != 202 {
			t.Fatalf("%s was answered %d %s, want 202", path, a.status, a.raw)
		}
		if end := p.finished(path, a.text("operation")); end.status != want || want == 200 && end.text("state") != "succeeded" {
			t.Errorf("%s ended with %d %s", path, end.status, end.raw)
		}
	}
	ends(200, p.send("PUT", instance("s")+async, attributes("slow", "slow-plan")), instance("s"))
	ends(200, p.send("PATCH", instance("s")+async, `{"service_id":"slow-id","plan_id":"slow-public"}`), instance("s"))
	ends(200, p.send("PUT", binding("b", "s")+async, attributes("slow", "slow-public")), binding("b", "s"))
	ends(410, p.send("DELETE", binding("b", "s")+async+"&"+query("slow", "slow-public"), ""), binding("b", "s"))
	ends(410, p.send("DELETE", instance("s")+async+"&"+query("slow", "slow-public"), ""), instance("s"))
	p.want(405, "POST", instance("i"), "{}")
	if !p.Cloud().Empty() {
		t.Errorf("left in the cloud: %+v", p.Cloud().Dump())
	}
}

func TestInternalError_StoreFails_ChangesNothing(t *testing.T) {
	osbtest.Proves(t, "ERR-06", "UPD-16")
	p := newPlatform(t)
	p.made("i", "fast", "fast-plan")
	before := p.want(200, "GET", instance("i"), "").raw
	for path, method := range map[string]string{instance("new"): "PUT", instance("i"): "PATCH"} {
		p.Faulty().FailWrite(1, false)
		body := map[string]string{"PUT": attributes("fast", "fast-plan"), "PATCH": `{"service_id":"fast-id","parameters":{"Acl":"public-read"}}`}[method]
		if status, _, raw := p.Do(method, path, body, nil); status != http.StatusServiceUnavailable {
			t.Errorf("%s without a store answered %d %s, want 503", method, status, raw)
		}
		p.Crash()
		p.Restart()
	}
	p.want(404, "GET", instance("new"), "")
	if after := p.want(200, "GET", instance("i"), "").raw; after != before {
		t.Errorf("the instance was %s and is %s", before, after)
	}
	if n := len(p.Cloud().Dump().Buckets); n != 1 {
		t.Errorf("%d buckets, want 1", n)
	}
}

func TestProvision_FailsWithinRequest_LeavesNothing(t *testing.T) {
	osbtest.Proves(t, "ERR-06", "ORP-02", "ORP-03")
	p := newPlatform(t)
	p.Cloud().Faults().Add(cloud.Fault{Action: "oss:PutBucket", Effect: cloud.FailBefore, Code: "InvalidBucketName", Status: 400})
	status, _, raw := p.Do("PUT", instance("i"), attributes("fast", "fast-plan"), nil)
	if status != http.StatusInternalServerError {
		t.Fatalf("answered %d %s, want 500", status, raw)
	}
	if !p.Cloud().Empty() {
		t.Errorf("left in the cloud: %+v", p.Cloud().Dump())
	}
	p.want(404, "GET", instance("i"), "")
	deleted := p.send("DELETE", instance("i")+"?"+query("fast", "fast-plan"), "")
	if deleted.status != 200 && deleted.status != 410 {
		t.Errorf("the platform's clean-up was answered %d %s", deleted.status, deleted.raw)
	}
}

func TestFixedErrors_KubernetesClient_KnowsThem(t *testing.T) {
	osbtest.Proves(t, "ERR-03", "ERR-07")
	for name, tc := range map[string]struct {
		err   *osb.Error
		known func(error) bool
	}{
		"AsyncRequired":    {osb.ErrAsyncRequired(), client.IsAsyncRequiredError},
		"ConcurrencyError": {osb.ErrConcurrency(), client.IsConcurrencyError},
	} {
		if tc.err.Code != name || !tc.known(client.HTTPStatusCodeError{StatusCode: tc.err.Status, ErrorMessage: &tc.err.Code, Description: &tc.err.Description}) {
			t.Errorf("the client does not know %s in %+v", name, tc.err)
		}
	}
}
