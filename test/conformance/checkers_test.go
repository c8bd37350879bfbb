package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// The two checkers send the following requests, in this order, for each plan,
// and their checks fit our offerings.

func offered() stack.Option { return stack.WithCatalog(rds.Plans, oss.Plans) }

// want412 answers requests without a version as both checkers expect. It also
// lifts the limit on failed logins: the checkers fail so often that the delays
// would take minutes.
func want412() stack.Option {
	return stack.WithAPI(func(c *api.Config) {
		c.MissingVersionStatus, c.FailureDelay = http.StatusPreconditionFailed, time.Nanosecond
	})
}

// A checker is one of them.
type checker struct {
	*platform

	version string // the checker's name of itself
}

func (c *checker) as(method, path, body string) answer {
	c.t.Helper()
	return c.sendWith(method, path, body, http.Header{"X-Broker-Api-Version": {c.version}})
}

// check is one of its checks: the status is among the accepted ones.
func (c *checker) check(what string, got answer, statuses ...int) answer {
	c.t.Helper()
	if !slices.Contains(statuses, got.status) {
		c.t.Errorf("%s: answered %d %s, want %v", what, got.status, got.raw, statuses)
	}
	return got
}

// doors are the requests that both send without version, and with wrong or
// missing credentials.
func (c *checker) doors(method, path, body string) {
	c.t.Helper()
	c.check("no version", c.sendWith(method, path, body, http.Header{"X-Broker-Api-Version": {""}}), 412)
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for _, authorization := range []string{"", basic("nobody", stack.Password), basic(stack.User, "wrong")} {
		for _, version := range []string{c.version, "no version"} {
			headers := http.Header{"Authorization": {authorization}, "X-Broker-Api-Version": {version}}
			c.check("wrong credentials", c.sendWith(method, path, body, headers), 401)
		}
	}
}

// services of the catalog that the checker reads.
func (c *checker) services() []osb.Service {
	c.t.Helper()
	var catalog osb.Catalog
	if err := json.Unmarshal([]byte(c.check("catalog", c.as("GET", "/v2/catalog", ""), 200).raw), &catalog); err != nil {
		c.t.Fatal(err)
	}
	return catalog.Services
}

// polled polls as the checkers do until the state is final.
func (c *checker) polled(path, operation string) answer {
	c.t.Helper()
	if operation != "" {
		operation = "?operation=" + operation
	}
	for {
		a := c.check("poll", c.as("GET", path+"/last_operation"+operation, ""), 200, 410)
		if a.status != 200 || a.text("state") != "in progress" {
			return a
		}
		c.pause()
	}
}

// wanted is the body of a provision or bind.
func wanted(service, plan, more string) string {
	return `{"service_id":"` + service + `","plan_id":"` + plan + `","organization_guid":"org","space_guid":"space"` + more + `}`
}

// The sequence of openservicebrokerapi/osb-checker.
func TestGoChecker_WholeBroker_FindsNothing(t *testing.T) {
	osbtest.Proves(t, "LO-07", "ERR-01", "PROV-10", "BIND-09")
	p := newPlatform(t, offered(), want412(), stack.WithBroker(func(c *broker.Config) { c.DeletedIsSucceeded = true }))
	c := &checker{p, "2.14"}
	c.doors("GET", "/v2/catalog", "")
	for _, service := range c.services() {
		for _, plan := range service.Plans[:2] {
			c.goChecker(service, plan, strings.HasPrefix(service.ID, "rds-"))
		}
	}
	if !p.Cloud().Empty() {
		t.Errorf("left in the cloud: %+v", p.Cloud().Dump())
	}
}

func (c *checker) goChecker(service osb.Service, plan osb.Plan, slow bool) {
	c.t.Helper()
	id := "go-" + plan.ID
	done := func(path, operation string, a answer, status int) {
		c.t.Helper()
		if !slow {
			c.check(operation, a, status)
			return
		}
		c.check(operation, a, 202)
		// It makes operations up, from the names of its requests.
		if end := c.polled(path, operation); end.status != 200 || end.text("state") != "succeeded" {
			c.t.Errorf("%s ended with %d %s", operation, end.status, end.raw)
		}
	}
	accepts := map[bool]string{true: "?accepts_incomplete=true", false: "?accepts_incomplete=false"}
	path, suffix := instance(id), accepts[slow]
	const none = `,"context":{},"maintenance_info":{}` // it sends empty objects
	c.doors("PUT", path+suffix, "{}")
	if slow {
		c.check("without accepts_incomplete", c.as("PUT", path+accepts[false], wanted(service.ID, plan.ID, none)), 422)
	}
	for what, body := range map[string]string{
		"no service": wanted("", plan.ID, none), "no plan": wanted(service.ID, "", none),
		"no organization": strings.Replace(wanted(service.ID, plan.ID, none), `"org"`, `""`, 1),
		"no space":        strings.Replace(wanted(service.ID, plan.ID, none), `"space"`, `""`, 1),
		"another service": wanted("xxxx-xxxx-xxxx-xxxx", plan.ID, none), "another plan": wanted(service.ID, "xxxx-xxxx-xxxx-xxxx", none),
		"no such parameter": wanted(service.ID, plan.ID, none+`,"parameters":{"can-not":"be-good"}`),
	} {
		c.check(what, c.as("PUT", path+suffix, body), 400)
	}
	done(path, "provision", c.as("PUT", path+suffix, wanted(service.ID, plan.ID, none)), 201)
	c.check("again", c.as("PUT", path+suffix, wanted(service.ID, plan.ID, none)), 200)
	c.doors("GET", path, "")
	c.doors("GET", path+"/last_operation", "")
	c.check("fetch", c.as("GET", path, ""), 200)

	c.doors("PATCH", path+suffix, "{}")
	c.check("update of no service", c.as("PATCH", path+suffix, `{"service_id":"","plan_id":"`+plan.ID+`"}`), 400)
	c.check("update of another service", c.as("PATCH", path+suffix, `{"service_id":"xxxx-xxxx-xxxx-xxxx","plan_id":"`+plan.ID+`"}`), 400)
	c.check("update with no such parameter", c.as("PATCH", path+suffix, `{"service_id":"`+service.ID+`","parameters":{"can-not":"be-good"}}`), 400, 422)
	c.check("update", c.as("PATCH", path+suffix, `{"service_id":"`+service.ID+`","plan_id":"`+plan.ID+`"}`), 200)

	bound := binding("b", id)
	c.doors("PUT", bound+accepts[false], "{}")
	for what, body := range map[string]string{
		"no service": wanted("", plan.ID, none), "no plan": wanted(service.ID, "", none),
		"another service": wanted("xxxx-xxxx-xxxx-xxxx", plan.ID, none), "another plan": wanted(service.ID, "xxxx-xxxx-xxxx-xxxx", none),
		"no such parameter": wanted(service.ID, plan.ID, none+`,"parameters":{"can-not":"be-good"}`),
	} {
		c.check("bind, "+what, c.as("PUT", bound+accepts[false], body), 400)
	}
	c.check("bind", c.as("PUT", bound+accepts[false], wanted(service.ID, plan.ID, none)), 201)
	c.check("bind again", c.as("PUT", bound+accepts[false], wanted(service.ID, plan.ID, none)), 200)
	c.doors("GET", bound, "")
	c.doors("GET", bound+"/last_operation", "")
	c.check("fetch the binding", c.as("GET", bound, ""), 200)
	names := "&service_id=" + service.ID + "&plan_id=" + plan.ID
	c.doors("DELETE", bound+accepts[false]+names, "")
	c.check("unbind of no service", c.as("DELETE", bound+accepts[false]+"&service_id=&plan_id="+plan.ID, ""), 400)
	c.check("unbind of no plan", c.as("DELETE", bound+accepts[false]+"&service_id="+service.ID+"&plan_id=", ""), 400)
	c.check("unbind", c.as("DELETE", bound+accepts[false]+names, ""), 200)

	c.doors("DELETE", path+suffix+names, "")
	if slow {
		c.check("deprovision without accepts_incomplete", c.as("DELETE", path+accepts[false]+names, ""), 422)
	}
	c.check("deprovision of no service", c.as("DELETE", path+suffix+"&service_id=&plan_id="+plan.ID, ""), 400)
	c.check("deprovision of no plan", c.as("DELETE", path+suffix+"&service_id="+service.ID+"&plan_id=", ""), 400)
	done(path, "deprovision", c.as("DELETE", path+suffix+names, ""), 200)
}

// only checks a body against a schema of the Kotlin checker, which lists every
// member.
func (c *checker) only(what string, a answer, members ...string) answer {
	c.t.Helper()
	for member := range a.body {
		if !slices.Contains(members, member) {
			c.t.Errorf("%s: answered %s, and the checker does not take %s", what, a.raw, member)
		}
	}
	return a
}

// The sequence of evoila/osb-checker-kotlin.
func TestKotlinChecker_WholeBroker_FindsNothing(t *testing.T) {
	osbtest.Proves(t, "VER-05", "LO-07", "ERR-01", "PROV-07", "PROV-10", "PROV-11", "BIND-11", "DEP-06", "UNB-06")
	for _, version := range []string{"2.13", "2.14", "2.15"} {
		t.Run(version, func(t *testing.T) {
			c := &checker{newPlatform(t, offered(), want412()), version}
			for _, request := range [][2]string{
				{"GET", "/v2/catalog"}, {"PUT", instance("x") + async}, {"DELETE", instance("x") + async + "&service_id=Invalid&plan_id=Invalid"},
				{"GET", instance("x") + "/last_operation"}, {"PUT", binding("x", "x")}, {"DELETE", binding("x", "x") + "?service_id=Invalid&plan_id=Invalid"},
			} {
				c.doors(request[0], request[1], "")
			}
			c.kotlinCatalog()
			services := c.services()
			for i, service := range services {
				other := services[(i+1)%len(services)]
				plans := service.Plans
				if version != "2.15" {
					plans = plans[:1] // the plans are alike here
				}
				for _, plan := range plans {
					c.kotlinProvisions(service, plan)
					c.kotlinBindings(service, plan, other)
				}
			}
			if !c.Cloud().Empty() {
				t.Errorf("left in the cloud: %+v", c.Cloud().Dump())
			}
		})
	}
}

// kotlinCatalog checks names and members as its schema of the catalog does.
func (c *checker) kotlinCatalog() {
	c.t.Helper()
	var catalog struct {
		Services []struct {
			Name  string                       `json:"name"`
			Plans []map[string]json.RawMessage `json:"plans"`
		} `json:"services"`
	}
	if err := json.Unmarshal([]byte(c.as("GET", "/v2/catalog", "").raw), &catalog); err != nil {
		c.t.Fatal(err)
	}
	name := regexp.MustCompile(`^"?[a-z0-9-]+"?$`)
	known := []string{
		"id", "name", "description", "metadata", "free", "bindable", "plan_updateable", "schemas",
		"maximum_polling_duration", "maintenance_info",
	}
	for _, service := range catalog.Services {
		if !name.MatchString(service.Name) {
			c.t.Errorf("the checker does not take the name %s", service.Name)
		}
		for _, plan := range service.Plans {
			for member := range plan {
				if !slices.Contains(known, member) {
					c.t.Errorf("the checker does not take the member %s of a plan", member)
				}
			}
			if !name.Match(plan["name"]) {
				c.t.Errorf("the checker does not take the name %s", plan["name"])
			}
		}
	}
}

func (c *checker) kotlinProvisions(service osb.Service, plan osb.Plan) {
	c.t.Helper()
	path := instance("kotlin-" + plan.ID)
	names := "service_id=" + service.ID + "&plan_id=" + plan.ID
	good := wanted(service.ID, plan.ID, "")
	c.check("fetch of nothing", c.as("GET", path, ""), 404)
	// It takes a success or AsyncRequired, of both.
	c.asyncRequired(c.check("synchronous provision", c.as("PUT", path, good), 201, 422))
	c.asyncRequired(c.check("synchronous deprovision", c.as("DELETE", path+"?"+names, ""), 200, 422))
	for what, body := range map[string]string{
		"an empty service": wanted("", plan.ID, ""), "an empty plan": wanted(service.ID, "", ""),
		"no service":      strings.Replace(good, `"service_id"`, `"no"`, 1),
		"no plan":         strings.Replace(good, `"plan_id"`, `"no"`, 1),
		"no organization": strings.Replace(good, `"organization_guid"`, `"no"`, 1),
		"no space":        strings.Replace(good, `"space_guid"`, `"no"`, 1),
		"another service": wanted("Invalid", plan.ID, ""), "another plan": wanted(service.ID, "Invalid", ""),
	} {
		c.check("provision with "+what, c.as("PUT", path+async, body), 400)
	}
	conflict := wanted(service.ID, plan.ID, `,"maintenance_info":{"version":"Invalid","description":"x"}`)
	if a := c.check("another maintenance version", c.as("PUT", path+async, conflict), 422); a.text("error") != "MaintenanceInfoConflict" {
		c.t.Errorf("another maintenance version was answered %s", a.raw)
	}
	c.check("deprovision of no service", c.as("DELETE", path+async+"&plan_id="+plan.ID, ""), 400)
	c.check("deprovision of no plan", c.as("DELETE", path+async+"&service_id="+service.ID, ""), 400)
	c.check("deprovision of nothing", c.as("DELETE", path+async+"&"+names, ""), 410)
}

func (c *checker) asyncRequired(a answer) {
	c.t.Helper()
	if a.status == 422 && a.text("error") != "AsyncRequired" {
		c.t.Errorf("answered %s, want AsyncRequired", a.raw)
	}
}

func (c *checker) kotlinBindings(service osb.Service, plan osb.Plan, other osb.Service) {
	c.t.Helper()
	id := "bound-" + plan.ID
	path, bound := instance(id), binding("b", id)
	names := "service_id=" + service.ID + "&plan_id=" + plan.ID
	good := wanted(service.ID, plan.ID, "")
	ends := func(what, path string, a answer, status int) {
		c.t.Helper()
		if a.status != 202 {
			return
		}
		if end := c.polled(path, a.text("operation")); end.status != status || status == 200 && end.text("state") != "succeeded" {
			c.t.Errorf("%s ended with %d %s", what, end.status, end.raw)
		}
	}
	schema := []string{"dashboard_url", "operation"}
	ends("provision", path, c.only("provision", c.check("provision", c.as("PUT", path+async, good), 201, 202), schema...), 200)
	c.only("provision again", c.check("provision again", c.as("PUT", path+async, good), 200), schema...)
	elsewhere := strings.NewReplacer(`"org"`, `"other-org"`, `"space"`, `"other-space"`).Replace(good)
	c.check("provision elsewhere", c.as("PUT", path+async, elsewhere), 409)
	if a := c.check("fetch", c.as("GET", path, ""), 200); a.text("service_id") != service.ID || a.text("plan_id") != plan.ID {
		c.t.Errorf("fetched %s", a.raw)
	}

	app := `,"app_guid":"app","bind_resource":{"app_guid":"app"}`
	schema = []string{"credentials", "syslog_drain_url", "route_service_url", "volume_mounts"}
	c.check("fetch of no binding", c.as("GET", bound, ""), 404)
	a := c.check("synchronous bind", c.as("PUT", bound, wanted(service.ID, plan.ID, app)), 201, 422)
	c.asyncRequired(a)
	if a.status == 201 {
		c.only("synchronous bind", a, schema...)
	}
	c.asyncRequired(c.check("synchronous unbind", c.as("DELETE", bound+"?"+names, ""), 200, 422))
	for _, body := range []string{wanted("", plan.ID, app), strings.Replace(wanted(service.ID, "", app), `"plan_id":""`, `"plan_id":null`, 1)} {
		c.check("bind without an id", c.as("PUT", bound+async, body), 400)
		// It sends the names twice; missing ones have an empty value.
		c.check("unbind of nothing", c.as("DELETE", bound+"?service_id="+service.ID+"&service_id="+service.ID+"&plan_id&accepts_incomplete=true", ""), 410)
	}
	ends("bind", bound, c.check("bind", c.as("PUT", bound+async, wanted(service.ID, plan.ID, app)), 201, 202), 200)
	c.only("bind again", c.check("bind again", c.as("PUT", bound+async, wanted(service.ID, plan.ID, app)), 200), schema...)
	c.check("bind of another service", c.as("PUT", bound+async, wanted(other.ID, other.Plans[0].ID, app)), 409)
	c.check("fetch the binding", c.as("GET", bound, ""), 200)
	ends("unbind", bound, c.check("unbind", c.as("DELETE", bound+"?service_id="+service.ID+"&"+names+"&accepts_incomplete=true", ""), 200, 202), 410)
	ends("deprovision", path, c.check("deprovision", c.as("DELETE", path+async+"&"+names, ""), 200, 202), 410)
	c.check("deprovision again", c.as("DELETE", path+async+"&"+names, ""), 410)
}
