package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// The first answer has the address, whether the work is done by then or not, and every
// later answer has the same one.
func TestDashboard_FirstAnswers_HaveTheAddress(t *testing.T) {
	osbtest.Proves(t, "PROV-14", "UPD-18", "FI-03")
	p := newPlatform(t)
	for _, c := range []struct {
		id, service, plan, other, query string
		status                          int
	}{
		{"f", "fast", "fast-plan", "fast-plan", "", 201},
		{"s", "slow", "slow-plan", "slow-public", async, 202},
	} {
		asked := attributes(c.service, c.plan)
		first := p.want(c.status, "PUT", instance(c.id)+c.query, asked)
		address := first.text("dashboard_url")
		if !strings.HasPrefix(address, "https://oss.console.aliyun.com/bucket/oss-") {
			t.Fatalf("the first answer is %s, without the page of the bucket", first.raw)
		}
		if c.status == 202 {
			p.finished(instance(c.id), first.text("operation"))
		}
		answers := map[string]string{
			"repeated provision": p.want(200, "PUT", instance(c.id)+c.query, asked).text("dashboard_url"),
			"empty update":       p.want(200, "PATCH", instance(c.id)+c.query, `{"service_id":"`+c.service+`-id"}`).text("dashboard_url"),
			"fetch":              p.want(200, "GET", instance(c.id), "").text("dashboard_url"),
		}
		if c.other != c.plan {
			update := p.want(202, "PATCH", instance(c.id)+c.query, `{"service_id":"`+c.service+`-id","plan_id":"`+c.other+`"}`)
			answers["update"] = update.text("dashboard_url")
			p.finished(instance(c.id), update.text("operation"))
		}
		for name, got := range answers {
			if got != address {
				t.Errorf("the address of %s is %q in the answer to the %s, want %q", c.id, got, name, address)
			}
		}
		var name string
		for _, b := range p.Cloud().Dump().Buckets {
			if strings.Contains(address, "/"+b.Name+"/") {
				name = b.Name
			}
		}
		if name == "" {
			t.Errorf("the address %s names no bucket of %+v", address, p.Cloud().Dump().Buckets)
		}
	}
	if raw, err := json.Marshal(p.instanceNow("f")); err != nil || !strings.Contains(string(raw), "dashboard_url") {
		t.Errorf("fetched %s, %v", raw, err)
	}
}
