package conformance_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

func (p *platform) instanceNow(id string) osb.Instance {
	p.t.Helper()
	var i osb.Instance
	if err := json.Unmarshal([]byte(p.want(200, "GET", instance(id), "").raw), &i); err != nil {
		p.t.Fatal(err)
	}
	return i
}

func (p *platform) bindingNow(id, of string) osb.Binding {
	p.t.Helper()
	var b osb.Binding
	if err := json.Unmarshal([]byte(p.want(200, "GET", binding(id, of), "").raw), &b); err != nil {
		p.t.Fatal(err)
	}
	return b
}

func TestInstance_Fetch_ShowsTheRequest(t *testing.T) {
	osbtest.Proves(t, "EXT-01", "PROV-01", "PROV-05", "PROV-08", "PROV-10", "PROV-15", "PROV-16", "UPD-19", "FI-01", "FI-03", "FI-04", "FI-08", "PRO-04", "DEP-01", "DEP-04")
	p := newPlatform(t)
	asked := attributes("fast", "fast-plan", `"parameters":{"Acl":"public-read","StorageClass":"IA"}`, `"context":{"platform":"cloudfoundry","instance_name":"one"}`, `"unknown":[1]`)
	created := p.want(201, "PUT", instance("i"), asked)
	bucket := p.Cloud().Dump().Buckets[0]
	if bucket.ACL != "public-read" || bucket.StorageClass != "IA" {
		t.Errorf("the bucket is %+v", bucket)
	}
	for name, again := range map[string]string{
		"parameters in another order": attributes("fast", "fast-plan", `"parameters":{"StorageClass":"IA","Acl":"public-read"}`),
		"another context":             strings.Replace(asked, `"one"`, `"renamed"`, 1),
		"the maintenance version":     strings.Replace(asked, `"unknown":[1]`, `"maintenance_info":{"version":"1.0.0"}`, 1),
	} {
		if a := p.send("PUT", instance("i"), again); a.status != 200 || a.raw != created.raw {
			t.Errorf("with %s it was answered %d %s, want 200 %s", name, a.status, a.raw, created.raw)
		}
	}
	got := p.instanceNow("i")
	if got.ServiceID != "fast-id" || got.PlanID != "fast-plan" || string(got.Parameters) != `{"Acl":"public-read","StorageClass":"IA"}` {
		t.Errorf("fetched %+v", got)
	}
	if got.MaintenanceInfo == nil || got.MaintenanceInfo.Version != "1.0.0" {
		t.Errorf("fetched with the maintenance info %+v", got.MaintenanceInfo)
	}
	if got.Metadata == nil || got.Metadata.Labels["region"] == "" || got.Metadata.Attributes["bucket"] != bucket.Name {
		t.Errorf("fetched with the metadata %+v, want the bucket %s", got.Metadata, bucket.Name)
	}
	if len(created.body["metadata"]) == 0 {
		t.Errorf("the provision answered %s, without metadata", created.raw)
	}
	for _, hints := range []string{"?" + query("fast", "fast-plan"), "?service_id=other&plan_id=other"} {
		p.want(200, "GET", instance("i")+hints, "")
	}
	if a := p.want(200, "PATCH", instance("i"), `{"service_id":"fast-id"}`); len(a.body["metadata"]) == 0 {
		t.Errorf("the update answered %s, without metadata", a.raw)
	}
	if a := p.want(200, "DELETE", instance("i")+"?"+query("fast", "fast-plan"), ""); strings.TrimSpace(a.raw) != "{}" || !p.Cloud().Empty() {
		t.Errorf("the deprovision answered %s and left %+v", a.raw, p.Cloud().Dump())
	}
}

func TestUpdate_Parameters_ChangesTheNamedOnesOnly(t *testing.T) {
	osbtest.Proves(t, "UPD-02", "UPD-03", "UPD-05", "UPD-06", "UPD-07", "UPD-08", "UPD-10", "UPD-11", "CAT-21", "CAT-37")
	p := newPlatform(t)
	p.made("i", "fast", "fast-plan")
	p.made("fixed", "fast", "fast-fixed")
	p.want(200, "PATCH", instance("i"), `{"service_id":"fast-id","parameters":{"Acl":"public-read"}}`)
	if got := p.instanceNow("i"); got.PlanID != "fast-plan" || string(got.Parameters) != `{"Acl":"public-read"}` {
		t.Errorf("after a change of parameters it is %+v", got)
	}
	p.want(200, "PATCH", instance("i"), `{"service_id":"fast-id","context":{"platform":"cloudfoundry","instance_name":"new"}}`)
	p.want(200, "PATCH", instance("i"), `{"service_id":"fast-id","plan_id":"fast-plan","parameters":{"Acl":"public-read"},
		"previous_values":{"plan_id":"no-plan","service_id":"no-id","organization_id":"x","space_id":"y","maintenance_info":{"version":"0.0.1"}}}`)
	if got := p.instanceNow("i"); got.PlanID != "fast-plan" || string(got.Parameters) != `{"Acl":"public-read"}` {
		t.Errorf("after a change of nothing it is %+v", got)
	}
	if a := p.send("PATCH", instance("fixed"), `{"service_id":"fast-id","plan_id":"fast-plan"}`); a.status != 422 || a.text("description") == "" || a.text("error") == "ConcurrencyError" {
		t.Errorf("leaving a plan that instances stay on was answered %d %s", a.status, a.raw)
	}
	if got := p.instanceNow("fixed"); got.PlanID != "fast-fixed" {
		t.Errorf("after the refusal it is %+v", got)
	}
	p.made("s", "slow", "slow-plan")
	moved := p.want(202, "PATCH", instance("s")+async, `{"service_id":"slow-id","plan_id":"slow-public"}`)
	if end := p.finished(instance("s"), moved.text("operation")); end.text("state") != "succeeded" {
		t.Fatalf("the change of plan ended with %s", end.raw)
	}
	if got := p.instanceNow("s"); got.PlanID != "slow-public" {
		t.Errorf("after the change of plan it is %+v", got)
	}
}

func TestBinding_Key_LivesUntilUnbind(t *testing.T) {
	osbtest.Proves(t, "BIND-01", "BIND-05", "BIND-07", "BIND-08", "BIND-09", "BIND-14", "BIND-15", "BIND-16", "BIND-24", "BIND-25", "BIND-26",
		"FB-01", "FB-04", "FB-05", "FB-07", "FB-09", "UNB-01", "UNB-04")
	p := newPlatform(t)
	p.made("i", "fast", "fast-plan")
	asked := attributes("fast", "fast-plan", `"context":{"platform":"kubernetes","namespace":"n"}`,
		`"bind_resource":{"app_guid":"app","space_guid":"space","app_annotations":{"a":"b"},"credential_client_id":"c","route":"r"}`)
	created := p.want(201, "PUT", binding("b", "i"), asked)
	p.want(201, "PUT", binding("other", "i"), attributes("fast", "fast-plan"))
	again := p.want(200, "PUT", binding("b", "i"), strings.Replace(asked, `"namespace":"n"`, `"namespace":"m"`, 1))
	if again.raw != created.raw {
		t.Errorf("the same bind got %s, then %s", created.raw, again.raw)
	}
	one, two := p.bindingNow("b", "i"), p.bindingNow("other", "i")
	if len(one.Credentials) == 0 || one.Credentials["access_key_id"] == two.Credentials["access_key_id"] {
		t.Errorf("credentials %v of one binding and %v of the other", slices.Collect(maps.Keys(one.Credentials)), slices.Collect(maps.Keys(two.Credentials)))
	}
	expires, errE := time.Parse(osb.TimeFormat, one.Metadata.ExpiresAt)
	renew, errR := time.Parse(osb.TimeFormat, one.Metadata.RenewBefore)
	if errE != nil || errR != nil || renew.After(expires) {
		t.Errorf("metadata %+v", one.Metadata)
	}
	metadata := string(created.body["metadata"])
	for name, value := range one.Credentials {
		if len(value) > 3 && strings.Contains(metadata, value) {
			t.Errorf("the metadata holds the credential %s", name)
		}
	}
	if one.Parameters != nil && string(one.Parameters) != "{}" {
		t.Errorf("parameters %s, want none", one.Parameters)
	}
	p.want(200, "GET", binding("b", "i")+"?service_id=other&plan_id=other", "")
	if n := len(p.Cloud().Dump().Users); n != 2 {
		t.Errorf("%d RAM users for 2 bindings", n)
	}
	if a := p.want(200, "DELETE", binding("b", "i")+"?"+query("fast", "fast-plan"), ""); strings.TrimSpace(a.raw) != "{}" {
		t.Errorf("the unbind answered %s", a.raw)
	}
	if users := p.Cloud().Dump().Users; len(users) != 1 {
		t.Errorf("after the unbind the RAM users are %+v", users)
	}
	p.want(200, "GET", binding("other", "i"), "")
}

func TestRotation_Plans_OfferItOneByOne(t *testing.T) {
	osbtest.Proves(t, "CAT-36", "ROT-01", "ROT-02", "ROT-04", "ROT-05", "ROT-07")
	p := newPlatform(t)
	var catalog osb.Catalog
	if err := json.Unmarshal([]byte(p.want(200, "GET", "/v2/catalog", "").raw), &catalog); err != nil {
		t.Fatal(err)
	}
	for _, service := range catalog.Services {
		for _, plan := range service.Plans {
			if !plan.Bindable {
				continue
			}
			name := strings.TrimSuffix(service.ID, "-id")
			p.made(plan.ID, name, plan.ID)
			p.bound("old", plan.ID, name, plan.ID)
			want := 400
			if plan.BindingRotatable {
				want = 201
			}
			if a := p.send("PUT", binding("new", plan.ID)+async, `{"predecessor_binding_id":"old"}`); a.status != want {
				t.Errorf("plan %s, rotatable %t: rotation was answered %d %s", plan.ID, plan.BindingRotatable, a.status, a.raw)
			}
			if plan.BindingRotatable {
				users := len(p.Cloud().Dump().Users)
				p.want(200, "PUT", binding("new", plan.ID), `{"predecessor_binding_id":"old"}`)
				p.want(200, "GET", binding("old", plan.ID), "")
				p.want(200, "GET", binding("new", plan.ID), "")
				p.want(200, "DELETE", binding("old", plan.ID)+"?"+query(name, plan.ID), "")
				p.want(200, "GET", binding("new", plan.ID), "")
				if now := len(p.Cloud().Dump().Users); now != users-1 {
					t.Errorf("%d RAM users beside each other, then %d", users, now)
				}
			}
		}
	}
}

func TestInstance_PlanLeftCatalog_IsStillServed(t *testing.T) {
	osbtest.Proves(t, "CAT-04", "HARD-07")
	p := newPlatform(t)
	p.made("i", "fast", "fast-plan")
	p.bound("b", "i", "fast", "fast-plan")
	p.Crash()
	p.Restart(stack.WithCatalog([]byte(strings.Replace(plans, "id: fast-plan", "id: fast-later", 1))))
	p.want(200, "GET", instance("i"), "")
	p.want(200, "GET", binding("b", "i"), "")
	p.want(400, "PUT", instance("new"), attributes("fast", "fast-plan"))
	p.want(201, "PUT", binding("c", "i"), `{"predecessor_binding_id":"b"}`)
	p.want(200, "DELETE", binding("b", "i")+"?"+query("fast", "fast-plan"), "")
	p.want(200, "DELETE", instance("i")+"?"+query("fast", "fast-plan"), "")
	if !p.Cloud().Empty() {
		t.Errorf("left in the cloud: %+v", p.Cloud().Dump())
	}
}

func TestResends_AfterCrash_AreRecognized(t *testing.T) {
	osbtest.Proves(t, "HARD-07", "ASY-06", "PROV-10", "PROV-11", "BIND-09", "BIND-11")
	p := newPlatform(t)
	p.made("i", "fast", "fast-plan")
	credentials := p.want(201, "PUT", binding("b", "i"), attributes("fast", "fast-plan")).raw
	release := p.hold("oss:PutBucket")
	operation := p.want(202, "PUT", instance("s")+async, attributes("slow", "slow-plan")).text("operation")
	p.Crash()
	p.Restart()
	p.want(200, "PUT", instance("i"), attributes("fast", "fast-plan"))
	p.want(409, "PUT", instance("i"), attributes("fast", "fast-fixed"))
	if a := p.want(200, "PUT", binding("b", "i"), attributes("fast", "fast-plan")); a.raw != credentials {
		t.Errorf("after a crash the same bind got %s, before %s", a.raw, credentials)
	}
	p.want(409, "PUT", binding("b", "i"), attributes("fast", "fast-plan", `"app_guid":"x"`))
	if a := p.want(202, "PUT", instance("s")+async, attributes("slow", "slow-plan")); a.text("operation") != operation {
		t.Errorf("after a crash the re-send got operation %s, want %s", a.text("operation"), operation)
	}
	release()
	if end := p.finished(instance("s"), operation); end.text("state") != "succeeded" {
		t.Errorf("it ended with %s", end.raw)
	}
}
