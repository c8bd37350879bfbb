package conformance_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// Each request has several errors, and the refusal is for the first of them in
// the order of the checks.
func TestChecks_SeveralRefusals_FirstInOrderWins(t *testing.T) {
	osbtest.Proves(t, "AUTH-01", "AUTH-04", "VER-01", "VER-02", "VER-03", "ERR-01", "ERR-03", "ASY-01", "PROV-07", "PROV-12", "PROV-19",
		"PROV-11", "BIND-11", "BIND-03", "DEP-02", "DEP-03", "DEP-06", "UNB-02", "UNB-03", "UNB-06", "UPD-13", "UPD-15", "CON-01")
	p := newPlatform(t)
	p.made("ready", "fast", "fast-plan")
	p.bound("bound", "ready", "fast", "fast-plan")
	p.made("large", "slow", "slow-plan")
	p.bound("kept", "large", "slow", "slow-plan")
	p.made("moving", "slow", "slow-plan")
	release := p.hold("oss:PutBucketAcl")
	defer release()
	p.want(202, http.MethodPatch, instance("moving")+async, `{"service_id":"slow-id","plan_id":"slow-public"}`)

	stranger := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("nobody:nothing"))}}
	garbage := http.Header{"X-Broker-Api-Version": {"no version"}}
	unversioned := http.Header{"X-Broker-Api-Version": {""}}
	both := http.Header{"Authorization": stranger["Authorization"], "X-Broker-Api-Version": garbage["X-Broker-Api-Version"]}
	const wrong = `"parameters":{"Colour":"red"}`
	cases := []struct {
		name         string
		method, path string
		body         string
		headers      http.Header
		status       int
		code         string
	}{
		{"authentication before the version", "PUT", instance("new"), "{", both, 401, "Unauthorized"},
		{"authentication before the version, without a body", "GET", instance("new") + "/last_operation", "", both, 401, "Unauthorized"},
		{"a version that is not served before the body", "PUT", instance("new"), "{", garbage, 412, "UnsupportedAPIVersion"},
		{"no version before the body", "PUT", binding("b", "new"), "", unversioned, 400, "UnsupportedAPIVersion"},
		{"a version that is not served before the ids", "DELETE", instance(""), "", garbage, 412, "UnsupportedAPIVersion"},
		{"the form of the body before its members", "PUT", instance("ready"), "[1]", nil, 400, "BadRequest"},
		{"members before the catalog", "PUT", instance("ready"), `{"service_id":"none"}`, nil, 400, "BadRequest"},
		{"the catalog before the record", "PUT", instance("ready"), attributes("fast", "slow-plan"), nil, 400, "BadRequest"},
		{"maintenance before parameters", "PUT", instance("new"), attributes("fast", "fast-plan", `"maintenance_info":{"version":"9.9.9"}`, wrong), nil, 422, "MaintenanceInfoConflict"},
		{"maintenance before AsyncRequired", "PUT", instance("new"), attributes("slow", "slow-plan", `"maintenance_info":{"version":"9.9.9"}`), nil, 422, "MaintenanceInfoConflict"},
		{"conflict before parameters", "PUT", instance("ready"), attributes("fast", "fast-plan", wrong), nil, 409, "Conflict"},
		{"conflict before AsyncRequired", "PUT", instance("ready"), attributes("slow", "slow-plan"), nil, 409, "Conflict"},
		{"conflict before the instance's plan", "PUT", binding("bound", "ready"), attributes("slow", "slow-plan"), nil, 409, "Conflict"},
		{"the instance's plan for a new binding", "PUT", binding("new", "ready"), attributes("fast", "fast-fixed"), nil, 400, "BadRequest"},
		{"AsyncRequired before parameters", "PUT", instance("new"), attributes("slow", "slow-plan", wrong), nil, 422, "AsyncRequired"},
		{"AsyncRequired before the parameters of a bind", "PUT", binding("new", "large"), attributes("slow", "slow-plan", wrong), nil, 422, "AsyncRequired"},
		{"AsyncRequired before the parameters of an update", "PATCH", instance("large"), `{"service_id":"slow-id",` + wrong + `}`, nil, 422, "AsyncRequired"},
		{"AsyncRequired before 410", "DELETE", instance("none") + "?" + query("slow", "slow-plan"), "", nil, 422, "AsyncRequired"},
		{"410 where it is accepted", "DELETE", instance("none") + async + "&" + query("slow", "slow-plan"), "", nil, 410, "Gone"},
		{"missing members before 410, for an instance", "DELETE", instance("none") + async + "&service_id=fast-id", "", nil, 400, "BadRequest"},
		{"missing members before AsyncRequired, for an instance", "DELETE", instance("large") + "?service_id=slow-id", "", nil, 400, "BadRequest"},
		{"410 before missing members, for a binding", "DELETE", binding("none", "ready"), "", nil, 410, "Gone"},
		{"missing members of a binding that is there", "DELETE", binding("bound", "ready") + "?service_id=fast-id", "", nil, 400, "BadRequest"},
		{"AsyncRequired for a binding that is there", "DELETE", binding("kept", "large") + "?" + query("slow", "slow-plan"), "", nil, 422, "AsyncRequired"},
		{"concurrency before parameters", "PATCH", instance("moving") + async, `{"service_id":"slow-id",` + wrong + `}`, nil, 422, "ConcurrencyError"},
		{"concurrency before the parameters of a bind", "PUT", binding("new", "moving") + async, attributes("slow", "slow-public", wrong), nil, 422, "ConcurrencyError"},
	}
	for _, tc := range cases {
		got := p.sendWith(tc.method, tc.path, tc.body, tc.headers)
		if got.status != tc.status || got.text("error") != tc.code {
			t.Errorf("%s: %s %s answered %d %s, want %d %s", tc.name, tc.method, tc.path, got.status, got.raw, tc.status, tc.code)
		}
	}
	p.want(404, http.MethodGet, instance("new"), "") // the refused provision has left no trace
	p.want(404, http.MethodGet, binding("new", "ready"), "")
}
