package conformance_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// inProgress checks a poll of a running operation.
func (p *platform) inProgress(path string) {
	p.t.Helper()
	a := p.want(200, http.MethodGet, path, "")
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); a.text("state") != "in progress" || err != nil || seconds < 1 {
		p.t.Errorf("%s answered %s with Retry-After %q, want in progress and whole seconds", path, a.raw, a.header.Get("Retry-After"))
	}
}

func TestInstance_Polls_AnswerToTheEndAndBeyond(t *testing.T) {
	osbtest.Proves(t, "ASY-02", "ASY-06", "ASY-08", "CON-03", "LO-01", "LO-02", "LO-03", "LO-04", "LO-05", "LO-08", "LO-11", "LO-12", "LO-13",
		"PROV-09", "PROV-19", "UPD-12", "UPD-15", "DEP-05", "FI-01", "FI-02", "FI-05", "FI-06", "OID-02")
	p := newPlatform(t)
	poll := instance("i") + "/last_operation"
	release := p.hold("oss:PutBucket")
	created := p.want(202, "PUT", instance("i")+async, attributes("slow", "slow-plan")).text("operation")
	if again := p.want(202, "PUT", instance("i")+async, attributes("slow", "slow-plan")).text("operation"); again != created {
		t.Errorf("a re-send got operation %q, want %q", again, created)
	}
	for _, q := range []string{"", "?operation=" + created, "?" + query("slow", "slow-plan"), "?operation=" + created + "&" + query("slow", "slow-plan"), "?operation=unknown"} {
		p.inProgress(poll + q)
	}
	p.want(404, "GET", instance("i"), "")
	release()
	if end := p.finished(instance("i"), created); end.text("state") != "succeeded" {
		t.Fatalf("the provision ended with %d %s", end.status, end.raw)
	}
	p.want(200, "GET", instance("i"), "")

	release = p.hold("oss:PutBucketAcl")
	updated := p.want(202, "PATCH", instance("i")+async, `{"service_id":"slow-id","plan_id":"slow-public"}`).text("operation")
	if again := p.want(202, "PATCH", instance("i")+async, `{"service_id":"slow-id","plan_id":"slow-public"}`).text("operation"); again != updated || updated == created {
		t.Errorf("a re-send got operation %q, want %q", again, updated)
	}
	p.inProgress(poll + "?operation=" + updated + "&" + query("slow", "slow-plan")) // the plan of before
	p.inProgress(poll + "?operation=" + updated + "&" + query("slow", "slow-public"))
	p.wantError(422, "ConcurrencyError", "GET", instance("i"), "")
	p.wantError(422, "ConcurrencyError", "PATCH", instance("i")+async, `{"service_id":"slow-id","plan_id":"slow-plan"}`)
	if a := p.want(200, "GET", poll+"?operation="+created, ""); a.text("state") != "succeeded" {
		t.Errorf("the provision is polled as %s while an update goes on", a.raw)
	}
	release()
	if end := p.finished(instance("i"), updated); end.text("state") != "succeeded" {
		t.Fatalf("the update ended with %d %s", end.status, end.raw)
	}
	for range 3 {
		if a := p.want(200, "GET", poll, ""); a.text("state") != "succeeded" {
			t.Errorf("later the update is polled as %s", a.raw)
		}
	}

	release = p.hold("oss:DeleteBucket")
	gone := instance("i") + async + "&" + query("slow", "slow-public")
	deleted := p.want(202, "DELETE", gone, "").text("operation")
	if again := p.want(202, "DELETE", gone, "").text("operation"); again != deleted {
		t.Errorf("a re-send got operation %q, want %q", again, deleted)
	}
	p.inProgress(poll + "?operation=" + deleted)
	p.wantError(422, "ConcurrencyError", "PUT", instance("i")+async, attributes("slow", "slow-public"))
	p.want(404, "GET", instance("i"), "")
	release()
	for range 3 {
		if end := p.finished(instance("i"), deleted); end.status != 410 {
			t.Errorf("the delete ended with %d %s", end.status, end.raw)
		}
	}
	if a := p.want(200, "GET", poll+"?operation="+created, ""); a.text("state") != "succeeded" {
		t.Errorf("after the delete the provision is polled as %s", a.raw)
	}
}

func TestBinding_Polls_AnswerToTheEndAndBeyond(t *testing.T) {
	osbtest.Proves(t, "ASY-06", "BIND-10", "BIND-12", "BIND-14", "BLO-01", "BLO-02", "BLO-03", "BLO-06", "BLO-07", "BLO-08", "BLO-09", "BLO-10", "BLO-11",
		"FB-01", "FB-02", "FB-03", "FB-04", "UNB-05", "OID-02")
	p := newPlatform(t)
	p.made("i", "slow", "slow-plan")
	path := binding("b", "i")
	poll := path + "/last_operation"
	release := p.hold("ram:CreateUser")
	first := p.want(202, "PUT", path+async, attributes("slow", "slow-plan"))
	created := first.text("operation")
	if again := p.want(202, "PUT", path+async, attributes("slow", "slow-plan")).text("operation"); again != created {
		t.Errorf("a re-send got operation %q, want %q", again, created)
	}
	for _, q := range []string{"", "?operation=" + created, "?operation=" + created + "&" + query("slow", "slow-plan"), "?operation=unknown"} {
		p.inProgress(poll + q)
	}
	p.want(404, "GET", path, "")
	p.want(409, "PUT", path+async, attributes("slow", "slow-plan", `"app_guid":"another"`))
	release()
	if end := p.finished(path, created); end.status != 200 || end.text("state") != "succeeded" {
		t.Fatalf("the bind ended with %d %s", end.status, end.raw)
	}
	if a := p.want(200, "GET", path, ""); len(a.body["credentials"]) < 10 {
		t.Errorf("the binding is %s, want credentials", a.raw)
	}
	for range 3 {
		if a := p.want(200, "GET", poll, ""); a.text("state") != "succeeded" {
			t.Errorf("later the bind is polled as %s", a.raw)
		}
	}
	release = p.hold("ram:DeleteUser")
	gone := path + async + "&" + query("slow", "slow-plan")
	deleted := p.want(202, "DELETE", gone, "").text("operation")
	if again := p.want(202, "DELETE", gone, "").text("operation"); again != deleted || deleted == created {
		t.Errorf("a re-send got operation %q, want %q", again, deleted)
	}
	p.inProgress(poll + "?operation=" + deleted)
	release()
	for range 3 {
		if end := p.finished(path, deleted); end.status != 410 {
			t.Errorf("the unbind ended with %d %s", end.status, end.raw)
		}
	}
	if a := p.want(200, "GET", poll+"?operation="+created, ""); a.text("state") != "succeeded" {
		t.Errorf("after the unbind the bind is polled as %s", a.raw)
	}
}

func TestOperation_InQueryString_IsUnchanged(t *testing.T) {
	osbtest.Proves(t, "ASY-07", "URL-02", "URL-03")
	p := newPlatform(t)
	release := p.hold("oss:PutBucket")
	defer release()
	operations := map[string]string{}
	for _, id := range []string{"one", "two"} {
		operations[id] = p.want(202, "PUT", instance(id)+async, attributes("slow", "slow-plan")).text("operation")
	}
	for id, operation := range operations {
		if !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(operation) {
			t.Errorf("the operation %q needs escapes", operation)
		}
		escaped := ""
		for _, b := range []byte(operation) {
			escaped += fmt.Sprintf("%%%02X", b)
		}
		p.want(202, "DELETE", instance(id)+async+"&"+query("slow", "slow-plan"), "")
		// It is found by its own name rather than as the latest.
		if a := p.want(200, "GET", instance(id)+"/last_operation?operation="+escaped, ""); a.text("state") != "failed" {
			t.Errorf("the cancelled provision of %s is polled as %s", id, a.raw)
		}
	}
}

func TestAcceptsIncomplete_InBody_IsIgnored(t *testing.T) {
	osbtest.Proves(t, "ASY-01", "ASY-03", "PROV-12", "UPD-13", "BIND-03", "DEP-03", "UNB-03")
	p := newPlatform(t)
	p.made("i", "slow", "slow-plan")
	p.bound("b", "i", "slow", "slow-plan")
	for _, q := range []string{"", "?accepts_incomplete=false"} {
		and := "&"
		if q == "" {
			and = "?"
		}
		const member = `"accepts_incomplete":true`
		p.wantError(422, "AsyncRequired", "PUT", instance("new")+q, attributes("slow", "slow-plan", member))
		p.wantError(422, "AsyncRequired", "PATCH", instance("i")+q, `{"service_id":"slow-id","plan_id":"slow-public",`+member+`}`)
		p.wantError(422, "AsyncRequired", "PUT", binding("new", "i")+q, attributes("slow", "slow-plan", member))
		p.wantError(422, "AsyncRequired", "DELETE", binding("b", "i")+q+and+query("slow", "slow-plan"), `{`+member+`}`)
		p.wantError(422, "AsyncRequired", "DELETE", instance("i")+q+and+query("slow", "slow-plan"), `{`+member+`}`)
	}
}

func TestBindings_Concurrent_DoNotWaitForEachOther(t *testing.T) {
	osbtest.Proves(t, "CON-02")
	p := newPlatform(t)
	p.made("i", "slow", "slow-plan")
	release := p.hold("ram:CreateUser")
	one := p.want(202, "PUT", binding("one", "i")+async, attributes("slow", "slow-plan")).text("operation")
	two := p.want(202, "PUT", binding("two", "i")+async, attributes("slow", "slow-plan")).text("operation")
	release()
	for id, operation := range map[string]string{"one": one, "two": two} {
		if end := p.finished(binding(id, "i"), operation); end.text("state") != "succeeded" {
			t.Errorf("the bind of %s ended with %d %s", id, end.status, end.raw)
		}
	}
}

func TestProvision_Failed_OmitsUsability(t *testing.T) {
	osbtest.Proves(t, "LO-09", "LO-10", "LO-14", "ORP-03")
	p := newPlatform(t)
	p.Cloud().Faults().Add(cloud.Fault{Action: "oss:PutBucket", Effect: cloud.FailBefore, Code: "InvalidBucketName", Status: 400})
	created := p.want(202, "PUT", instance("i")+async, attributes("slow", "slow-plan")).text("operation")
	end := p.finished(instance("i"), created)
	if end.text("state") != "failed" || end.text("description") == "" || strings.Contains(end.raw, "usable") || strings.Contains(end.raw, "repeatable") {
		t.Errorf("the provision ended with %d %s, want failed with a description and no more", end.status, end.raw)
	}
	deleted := p.send("DELETE", instance("i")+async+"&"+query("slow", "slow-plan"), "")
	if deleted.status == http.StatusAccepted {
		deleted = p.finished(instance("i"), deleted.text("operation"))
	}
	if deleted.status != 200 && deleted.status != 410 || !p.Cloud().Empty() {
		t.Errorf("the platform's clean-up ended with %d %s and %+v in the cloud", deleted.status, deleted.raw, p.Cloud().Dump())
	}
}
