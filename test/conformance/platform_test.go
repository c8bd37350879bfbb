package conformance_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// plans offers buckets that are made within the request, others that take their
// time in everything, and some that cannot be bound.
const plans = `
offerings:
- id: fast-id
  name: fast
  description: Buckets within the request.
  provider: oss
  bindable: true
  plans:
  - id: fast-plan
    name: private
    description: A private bucket.
    free: false
    updateable: true
    settings: {acl: private, storageClass: Standard}
    deletion: refuse
    deadline: 30m
    rotatable: true
    bindingLifetime: 10h
    maintenance: {version: 1.0.0}
    schemas: &schemas
      create:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Acl: {type: string}
          StorageClass: {type: string}
      update:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Acl: {type: string}
      bind:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties: {}
  - id: fast-fixed
    name: fixed
    description: A bucket that stays on its plan.
    free: true
    updateable: false
    settings: {acl: private, storageClass: IA}
    deletion: refuse
    deadline: 30m
    schemas: *schemas
- id: slow-id
  name: slow
  description: Buckets that take their time.
  provider: oss
  bindable: true
  plans:
  - id: slow-plan
    name: private
    description: A private bucket.
    free: false
    updateable: true
    settings: {acl: private, storageClass: Standard}
    slow: &slow [provision, update, deprovision, bind, unbind]
    deletion: refuse
    deadline: 30m
    schemas: *schemas
  - id: slow-public
    name: public
    description: A bucket that everyone reads.
    free: false
    updateable: true
    settings: {acl: public-read, storageClass: Standard}
    slow: *slow
    deletion: refuse
    deadline: 30m
    schemas: *schemas
- id: alone-id
  name: alone
  description: Buckets without bindings.
  provider: oss
  bindable: false
  plans:
  - id: alone-plan
    name: private
    description: A private bucket.
    free: false
    updateable: false
    settings: {acl: private, storageClass: Standard}
    deletion: refuse
    deadline: 30m
    schemas: *schemas
`

const (
	async         = "?accepts_incomplete=true"
	requestID     = "the-identity-of-the-request"
	requestHeader = "X-Broker-Api-Request-Identity"
)

// A platform is a client of a whole broker that looks at every answer it gets:
// each must be one that the specification has for the route.
type platform struct {
	*stack.Stack
	t *testing.T
}

// newPlatform serves the plans above, unless the options name others.
func newPlatform(t *testing.T, opts ...stack.Option) *platform {
	t.Helper()
	t.Parallel()
	patient := func(c *broker.Config) { c.AsyncWait, c.SyncWait = time.Minute, time.Minute } // on a machine with much to do
	opts = append([]stack.Option{stack.WithCatalog([]byte(plans)), stack.WithSpeed(100), stack.WithBroker(patient)}, opts...)
	return &platform{stack.New(t, opts...), t}
}

// An answer of the broker.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]json.RawMessage
}

// text is the member as a string, or empty.
func (a answer) text(member string) string {
	var s string
	if json.Unmarshal(a.body[member], &s) != nil {
		return ""
	}
	return s
}

// send sends a request and checks that the answer is well formed.
func (p *platform) send(method, path, body string) answer {
	p.t.Helper()
	return p.sendWith(method, path, body, nil)
}

func (p *platform) sendWith(method, path, body string, headers http.Header) answer {
	p.t.Helper()
	all := http.Header{requestHeader: {requestID}}
	maps.Copy(all, headers)
	status, header, raw := p.Do(method, path, body, all)
	a := answer{status: status, header: header, raw: string(raw)}
	p.wellFormed(method, path, &a)
	return a
}

// want sends a request and demands a status.
func (p *platform) want(status int, method, path, body string) answer {
	p.t.Helper()
	a := p.send(method, path, body)
	if a.status != status {
		p.t.Fatalf("%s %s %s answered %d %s, want %d", method, path, body, a.status, a.raw, status)
	}
	return a
}

// wantError sends a request that must be refused with the code.
func (p *platform) wantError(status int, code, method, path, body string) {
	p.t.Helper()
	if a := p.want(status, method, path, body); a.text("error") != code {
		p.t.Errorf("%s %s %s answered %s, want the error %s", method, path, body, a.raw, code)
	}
}

// statuses are the statuses of an operation's table, and 404 where the
// specification is silent about an absent resource.
func statuses(method, path string) []int {
	path, _, _ = strings.Cut(path, "?")
	binding := strings.Contains(path, "/service_bindings/")
	switch {
	case path == "/v2/catalog":
		return []int{200, 304}
	case strings.HasSuffix(path, "/last_operation"):
		return []int{200, 400, 404, 410}
	case method == http.MethodGet:
		return []int{200, 400, 404, 422}
	case method == http.MethodDelete:
		return []int{200, 202, 400, 410, 422}
	case method == http.MethodPatch:
		return []int{200, 202, 400, 404, 422}
	case binding:
		return []int{200, 201, 202, 400, 404, 409, 422}
	}
	return []int{200, 201, 202, 400, 409, 422}
}

// members that a body of the status may have, by the method and the path.
func members(method, path string, status int) []string {
	path, _, _ = strings.Cut(path, "?")
	binding := strings.Contains(path, "/service_bindings/")
	switch {
	case status >= http.StatusBadRequest && method == http.MethodPatch:
		return []string{"error", "description", "instance_usable", "update_repeatable"}
	case status >= http.StatusBadRequest && method == http.MethodDelete && !binding:
		return []string{"error", "description", "instance_usable"}
	case status >= http.StatusBadRequest:
		return []string{"error", "description"}
	case path == "/v2/catalog":
		return []string{"services"}
	case strings.HasSuffix(path, "/last_operation") && binding:
		return []string{"state", "description"}
	case strings.HasSuffix(path, "/last_operation"):
		return []string{"state", "description", "instance_usable", "update_repeatable"}
	case status == http.StatusAccepted && method == http.MethodDelete, status == http.StatusAccepted && binding:
		return []string{"operation"}
	case status == http.StatusAccepted:
		return []string{"operation", "dashboard_url", "metadata"}
	case method == http.MethodDelete:
		return nil
	case binding && method == http.MethodGet:
		return []string{"credentials", "parameters", "endpoints", "metadata"}
	case binding:
		return []string{"credentials", "endpoints", "metadata"}
	case method == http.MethodGet:
		return []string{"service_id", "plan_id", "parameters", "dashboard_url", "maintenance_info", "metadata"}
	}
	return []string{"dashboard_url", "metadata"}
}

// wellFormed checks the rules for every answer.
func (p *platform) wellFormed(method, path string, a *answer) {
	p.t.Helper()
	what := method + " " + path
	if general := []int{401, 405, 412, 413}; !slices.Contains(statuses(method, path), a.status) && !slices.Contains(general, a.status) {
		p.t.Errorf("%s answered %d %s, which is not in its table", what, a.status, a.raw)
	}
	if got := a.header.Get(requestHeader); got != requestID {
		p.t.Errorf("%s answered with the request identity %q, want %q", what, got, requestID)
	}
	if a.status == http.StatusNotModified {
		return
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		p.t.Errorf("%s answered with the content type %q", what, got)
	}
	if err := json.Unmarshal([]byte(a.raw), &a.body); err != nil || a.body == nil {
		p.t.Errorf("%s answered %s, which is no JSON object (%v)", what, a.raw, err)
	}
	for member := range a.body {
		if !slices.Contains(members(method, path, a.status), member) {
			p.t.Errorf("%s answered %d with the member %s: %s", what, a.status, member, a.raw)
		}
	}
	for _, member := range []string{"error", "description"} {
		if _, ok := a.body[member]; ok && strings.TrimSpace(a.text(member)) == "" {
			p.t.Errorf("%s answered with an empty %s: %s", what, member, a.raw)
		}
	}
	if strings.ContainsAny(a.text("error"), " \t\n.") {
		p.t.Errorf("%s answered with the error %q, which is not one word", what, a.text("error"))
	}
	if a.status == http.StatusAccepted && (a.text("operation") == "" || len(a.text("operation")) > 10_000) {
		p.t.Errorf("%s answered 202 with the operation %q", what, a.text("operation"))
	}
}

// instance and binding are paths, attributes the body of a provision or bind.
func instance(id string) string { return "/v2/service_instances/" + id }

func binding(id, of string) string { return instance(of) + "/service_bindings/" + id }

func attributes(service, plan string, more ...string) string {
	members := append([]string{
		`"service_id":"` + service + `-id"`, `"plan_id":"` + plan + `"`,
		`"organization_guid":"org"`, `"space_guid":"space"`,
	}, more...)
	return "{" + strings.Join(members, ",") + "}"
}

// query names service and plan to a delete.
func query(service, plan string) string {
	return "service_id=" + service + "-id&plan_id=" + plan
}

// finished polls until the operation has ended, and returns the last answer.
func (p *platform) finished(path, operation string) answer {
	p.t.Helper()
	for {
		a := p.send(http.MethodGet, path+"/last_operation?operation="+operation, "")
		if a.status != http.StatusOK || a.text("state") != "in progress" {
			return a
		}
		p.pause()
	}
}

// pause lets the broker work.
func (p *platform) pause() {
	p.t.Helper()
	select {
	case <-p.t.Context().Done():
		p.t.Fatal(p.t.Context().Err())
	case <-time.After(2 * time.Millisecond):
	}
}

// made provisions an instance, and waits where it has to.
func (p *platform) made(id, service, plan string) {
	p.t.Helper()
	a := p.send(http.MethodPut, instance(id)+async, attributes(service, plan))
	if a.status == http.StatusAccepted {
		a = p.finished(instance(id), a.text("operation"))
	}
	if a.status > http.StatusCreated || a.text("state") == "failed" {
		p.t.Fatalf("the provision of %s ended with %d %s", id, a.status, a.raw)
	}
}

// bound binds an instance, and waits where it has to.
func (p *platform) bound(id, of, service, plan string) {
	p.t.Helper()
	a := p.send(http.MethodPut, binding(id, of)+async, attributes(service, plan))
	if a.status == http.StatusAccepted {
		a = p.finished(binding(id, of), a.text("operation"))
	}
	if a.status > http.StatusCreated || a.text("state") == "failed" {
		p.t.Fatalf("the bind of %s ended with %d %s", id, a.status, a.raw)
	}
}

// hold keeps calls of the cloud's action from ending until the function that
// is returned is called.
func (p *platform) hold(action string) func() {
	faults := p.Cloud().Faults()
	faults.Add(cloud.Fault{Action: action, Effect: cloud.Hang})
	return func() {
		faults.Clear()
		faults.Release()
	}
}
