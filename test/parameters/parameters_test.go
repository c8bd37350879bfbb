package parameters_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// An instance is one instance on the stack.
type instance struct {
	*testing.T
	stack    *stack.Stack
	id       string
	offering *catalog.Offering
	plan     *catalog.Plan
}

// forEachPlan runs a test for every plan of every service.
func forEachPlan(t *testing.T, run func(t *testing.T, o *catalog.Offering, p *catalog.Plan)) {
	t.Helper()
	c, err := catalog.Load(all.Services().Sources()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Offerings() {
		for _, p := range o.Plans {
			t.Run(p.Name, func(t *testing.T) { run(t, o, p) })
		}
	}
}

// database and buckets return the offerings with their plans by name.
func database(t *testing.T) (*catalog.Offering, map[string]*catalog.Plan) {
	t.Helper()
	return offering(t, "rds-997b8372-8dac-40ac-ae65-758b4a5075a5")
}

func buckets(t *testing.T) (*catalog.Offering, map[string]*catalog.Plan) {
	t.Helper()
	return offering(t, "oss-997b8372-8dac-40ac-ae65-758b4a502222")
}

func offering(t *testing.T, id string) (*catalog.Offering, map[string]*catalog.Plan) {
	t.Helper()
	c, err := catalog.Load(all.Services().Sources()...)
	if err != nil {
		t.Fatal(err)
	}
	o, ok := c.Offering(id)
	if !ok {
		t.Fatalf("there is no offering %s", id)
	}
	plans := map[string]*catalog.Plan{}
	for _, p := range o.Plans {
		plans[p.Name] = p
	}
	return o, plans
}

// send sends a request with parameters and waits for its operation. It returns
// the status and the body, or the operation's.
func (i instance) send(method string, parameters any, planID string) (int, map[string]any) {
	i.Helper()
	body := map[string]any{"service_id": i.offering.ID, "parameters": parameters}
	if planID != "" {
		body["plan_id"] = planID
	}
	if method == http.MethodPut {
		body["organization_guid"], body["space_guid"] = "o", "s"
	}
	raw, err := json.Marshal(body)
	if err != nil {
		i.Fatal(err)
	}
	path := "/v2/service_instances/" + i.id
	status, _, answer := i.stack.Do(method, path+"?accepts_incomplete=true", string(raw), nil)
	decoded := i.decoded(answer)
	polls := time.NewTicker(5 * time.Millisecond)
	defer polls.Stop()
	for inProgress := status == http.StatusAccepted; inProgress; inProgress = decoded["state"] == "in progress" {
		<-polls.C
		_, _, answer := i.stack.Do(http.MethodGet, path+"/last_operation", "", nil)
		decoded = i.decoded(answer)
	}
	return status, decoded
}

func (i instance) decoded(raw []byte) map[string]any {
	i.Helper()
	var decoded map[string]any
	if err := json.Unmarshal(raw, &decoded); err != nil {
		i.Fatalf("%s: %v", raw, err)
	}
	return decoded
}

// make makes the instance.
func (i instance) make(parameters any) {
	i.Helper()
	if status, answer := i.send(http.MethodPut, parameters, i.plan.ID); status != http.StatusCreated && answer["state"] != "succeeded" {
		i.Fatalf("PUT %v: %d %v", parameters, status, answer)
	}
}

// unchanged sends the parameters as a repeated provision and as an update: both
// are 200.
func (i instance) unchanged(parameters map[string]any) {
	i.Helper()
	if status, answer := i.send(http.MethodPut, parameters, i.plan.ID); status != http.StatusOK {
		i.Errorf("PUT %q again: %d %v, want 200", parameters, status, answer)
	}
	if status, answer := i.send(http.MethodPatch, parameters, ""); status != http.StatusOK {
		i.Errorf("PATCH %q: %d %v, want 200", parameters, status, answer)
	}
}

// changes sends an update that succeeds.
func (i instance) changes(parameters map[string]any, planID string) {
	i.Helper()
	if status, answer := i.send(http.MethodPatch, parameters, planID); status != http.StatusOK && answer["state"] != "succeeded" {
		i.Errorf("PATCH %q: %d %v", parameters, status, answer)
	}
}

// refused sends an update that is refused with the status, and says whether it
// may be repeated.
func (i instance) refused(parameters map[string]any, planID string, want int) {
	i.Helper()
	status, answer := i.send(http.MethodPatch, parameters, planID)
	if status != want {
		i.Errorf("PATCH %q: %d %v, want %d", parameters, status, answer, want)
	}
	if fixed := answer["update_repeatable"] == false; fixed != (want == http.StatusUnprocessableEntity) {
		i.Errorf("PATCH %q: update_repeatable is %v", parameters, answer["update_repeatable"])
	}
}

// shows requires the parameters of the instance.
func (i instance) shows(want map[string]any) {
	i.Helper()
	_, _, answer := i.stack.Do(http.MethodGet, "/v2/service_instances/"+i.id, "", nil)
	got, _ := i.decoded(answer)["parameters"].(map[string]any)
	raw, err := json.Marshal(want)
	if err != nil {
		i.Fatal(err)
	}
	if diff := cmp.Diff(i.decoded(raw), got); diff != "" && len(want)+len(got) > 0 {
		i.Errorf("GET shows other parameters (-want, +got):\n%s", diff)
	}
}

// with returns the parameters with more of them.
func with(parameters, more map[string]any) map[string]any {
	all := maps.Clone(parameters)
	maps.Copy(all, more)
	return all
}

// Every parameter, in every spelling: it is stored and shown once, in normal form,
// across a crash; another spelling is no change; null sets it back where updates
// may set it; and a change of a fixed one is 422.
func TestParameters_EverySpelling_MeansOneValue(t *testing.T) {
	osbtest.Proves(t, "PROV-10", "PROV-11", "UPD-03", "UPD-06", "UPD-11", "FI-07")
	forEachPlan(t, func(t *testing.T, o *catalog.Offering, p *catalog.Plan) {
		t.Parallel()
		s := stack.New(t)
		s.Cloud().OSS().AddForeignBucket(logBucket, s.Cloud().AccountID())
		parameters, unknown := ofPlan(p)
		if len(unknown) > 0 {
			t.Fatalf("there are no samples of %q", unknown)
		}
		at := func(t *testing.T, name string) instance {
			return instance{T: t, stack: s, id: p.Name + "-" + name, offering: o, plan: p}
		}
		for _, tc := range parameters {
			spellings := tc.spellingsOf(tc.value)
			at(t, tc.name).make(with(spellings[len(spellings)-1], together(tc.name)))
		}
		s.Crash()
		s.Restart()
		for _, tc := range parameters {
			t.Run(tc.name, func(t *testing.T) { at(t, tc.name).tryOut(tc) })
		}
	})
}

// tryOut sends a parameter of the instance in every way.
func (i instance) tryOut(p parameter) {
	whole := with(map[string]any{p.name: p.value}, together(p.name))
	i.shows(whole)
	for _, spelled := range p.spellingsOf(p.value) {
		i.unchanged(with(spelled, together(p.name)))
	}
	i.unchangedByUpdate(map[string]any{})
	if p.other == nil { // there is one value
		return
	}
	if !p.updatable {
		i.unchangedByUpdate(map[string]any{p.name: nil})
		for _, spelled := range p.spellingsOf(p.other) {
			i.refused(spelled, "", http.StatusUnprocessableEntity)
		}
		i.shows(whole)
		return
	}
	i.refused(map[string]any{p.name: []int{1}}, "", http.StatusBadRequest)
	for n, name := range append([]string{p.name}, p.spelling.Names...) {
		if n > 0 && stays(p.name) {
			break
		}
		if n > 0 {
			i.changes(map[string]any{p.name: p.value}, "")
		}
		i.changes(map[string]any{name: p.other}, "")
		i.shows(map[string]any{p.name: p.other})
	}
	if stays(p.name) || p.name == "ResourceGroupId" {
		i.refused(map[string]any{p.name: nil}, "", http.StatusUnprocessableEntity)
		return
	}
	i.changes(map[string]any{p.name: nil}, "")
	i.shows(nil)
}

// unchangedByUpdate sends an update that changes nothing.
func (i instance) unchangedByUpdate(parameters map[string]any) {
	i.Helper()
	if status, answer := i.send(http.MethodPatch, parameters, ""); status != http.StatusOK {
		i.Errorf("PATCH %q: %d %v, want 200", parameters, status, answer)
	}
}

// A default that is written out is no change, for each parameter alone and for all
// of them, and with other defaults in the catalog of today.
func TestParameters_DefaultWrittenOut_IsNoChange(t *testing.T) {
	osbtest.Proves(t, "PROV-10", "UPD-11")
	forEachPlan(t, func(t *testing.T, o *catalog.Offering, p *catalog.Plan) {
		t.Parallel()
		s := stack.New(t)
		i := instance{T: t, stack: s, id: "i", offering: o, plan: p}
		i.make(map[string]any{"Nonsense": nil})
		defaults := map[string]any{}
		for name, property := range properties(p.Schemas.Create) {
			switch {
			case property.Default != nil:
				defaults[name] = property.Default
			case name == "Region":
				defaults[name] = "cn-hangzhou"
			case name == "NetworkType":
				defaults[name] = "VPC"
			case strings.HasPrefix(name, "V"), name == "ZoneId": // the broker's own choice
				defaults[name] = samples()[name][0]
			}
		}
		changed := strings.NewReplacer(
			"default: private", "default: public-read", "default: Standard", "default: IA",
			`default: "5.6"`, `default: "8.0"`, "default: rds.mysql.s2.large", "default: rds.mysql.m1.medium", "default: 20", "default: 50",
		)
		var documents [][]byte
		for _, source := range all.Services().Sources() {
			files, err := source.Documents()
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				documents = append(documents, []byte(changed.Replace(string(file.Content))))
			}
		}
		for range 2 {
			for name, value := range defaults {
				sample := parameter{name: name, spelling: properties(p.Schemas.Create)[name].spelling()}
				if number, ok := value.(float64); ok {
					value = int(number)
				}
				for _, spelled := range sample.spellingsOf(value) {
					i.unchanged(spelled)
				}
			}
			i.unchanged(defaults)
			i.unchanged(nil)
			i.shows(nil)
			s.Crash()
			s.Restart(stack.WithCatalog(documents...))
		}
	})
}

// A move drops the parameters that the new plan does not take, and moving back
// takes the plan's defaults.
func TestParameters_PlanMove_ShowsWhatIsInForce(t *testing.T) {
	osbtest.Proves(t, "UPD-02", "UPD-04", "FI-07")
	offering, plans := database(t)
	self, small := plans["rds-self-define"], plans["rds-mysql-s1-small"]
	s := stack.New(t)
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: self}
	class := func(want string) {
		t.Helper()
		if got := s.Cloud().Dump().Instances[0].Class; got != want {
			t.Errorf("the class is %s, want %s", got, want)
		}
	}
	i.make(map[string]any{"Class": "rds.mysql.m1.medium", "Engine": "mysql", "VpcID": "vpc-cnhangzhou0default"})
	for _, sent := range []map[string]any{{"Class": "rds.mysql.m1.medium"}, {"Class": "rds.mysql.s1.small"}, {"Engine": "MySQL"}, {"Klass": "x"}} {
		i.refused(sent, small.ID, http.StatusBadRequest)
	}
	i.refused(map[string]any{"VpcID": "vpc-other"}, small.ID, http.StatusUnprocessableEntity)
	i.changes(map[string]any{"VpcID": "vpc-cnhangzhou0default", "Class": nil}, small.ID)
	class("rds.mysql.s1.small")
	i.shows(map[string]any{"VpcID": "vpc-cnhangzhou0default"})
	i.refused(map[string]any{"Class": "rds.mysql.s1.small"}, "", http.StatusBadRequest)
	s.Crash()
	s.Restart()
	i.refused(map[string]any{"EngineVersion": 8}, self.ID, http.StatusUnprocessableEntity)
	i.changes(map[string]any{"EngineVersion": 5.6}, self.ID)
	class("rds.mysql.s2.large")
	i.shows(map[string]any{"VpcID": "vpc-cnhangzhou0default"})
	i.changes(nil, small.ID)
	i.changes(map[string]any{"Class": " rds.mysql.s1.small"}, self.ID)
	class("rds.mysql.s1.small")
	i.shows(map[string]any{"Class": "rds.mysql.s1.small", "VpcID": "vpc-cnhangzhou0default"})
}

// An instance that brings what the new plan's defaults are not shows it.
func TestParameters_MoveFromLargerPlan_ShowsItsStorage(t *testing.T) {
	osbtest.Proves(t, "FI-07", "UPD-11")
	offering, plans := database(t)
	self, small := plans["rds-self-define"], plans["rds-mysql-s1-small"]
	larger := strings.Replace(string(rds.Plans), "class: rds.mysql.s1.small, storage: 20", "class: rds.mysql.s1.small, storage: 50", 1)
	s := stack.New(t, stack.WithCatalog([]byte(larger)))
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: small}
	i.make(nil)
	i.changes(nil, self.ID)
	i.shows(map[string]any{"Storage": 50})
	i.unchangedByUpdate(map[string]any{"Storage": "50", "Class": "rds.mysql.s2.large"})
	i.refused(map[string]any{"Storage": 20}, "", http.StatusUnprocessableEntity)
	i.refused(map[string]any{"Storage": nil}, "", http.StatusUnprocessableEntity)
	i.shows(map[string]any{"Storage": 50})
}

// The user's own key, sent again in another spelling, is no change and is shown
// nowhere.
func TestParameters_UsersKey_SentAgain_IsNoChange(t *testing.T) {
	osbtest.Proves(t, "PROV-10", "UPD-11", "FI-07")
	offering, plans := buckets(t)
	s := stack.New(t)
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: plans["default"]}
	key := s.Cloud().AccessKey()
	sent := map[string]any{"AccessKeyId": key.ID + "\n", "AccessKeySecret": " " + key.Secret, "ACL": "Private"}
	i.make(sent)
	for _, again := range []map[string]any{sent, {"AccessKeyId": key.ID, "AccessKeySecret": key.Secret}} {
		i.unchanged(again)
	}
	i.unchangedByUpdate(map[string]any{"StorageClass": "standard", "AccessKeyId": key.ID})
	i.shows(map[string]any{"Acl": "private"})
}
