package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// A roles is a broker with a bucket whose bindings are roles.
type roles struct {
	*stack.Stack

	t *testing.T
}

func newRoles(t *testing.T) roles {
	t.Helper()
	t.Parallel()
	patient := func(c *broker.Config) { c.SyncWait = time.Minute } // on a machine with much to do
	r := roles{stack.New(t, stack.WithSpeed(100), stack.WithBroker(patient)), t}
	r.want(http.StatusCreated, http.MethodPut, bucket, body)
	return r
}

func (r roles) want(status int, method, path, content string) []byte {
	r.t.Helper()
	got, _, answer := r.Do(method, path, content, nil)
	if got != status {
		r.t.Fatalf("%s %s %s answers %d %s, want %d", method, path, content, got, answer, status)
	}
	return answer
}

// The contexts of platforms.
const (
	ofTeam      = `{"platform":"kubernetes","namespace":"team-a","clusterid":"` + environment.ClusterID + `"}`
	ofStrangers = `{"platform":"kubernetes","namespace":"team-a","clusterid":"c-2"}`
	ofNoCluster = `{"platform":"kubernetes","namespace":"team-a"}`
	ofNoSpace   = `{"platform":"kubernetes","clusterid":"` + environment.ClusterID + `"}`
	ofCF        = `{"platform":"cloudfoundry","organization_guid":"o","space_guid":"s"}`
)

func bindBody(context, parameters string, more ...string) string {
	members := []string{`"service_id":"` + service + `"`, `"plan_id":"` + plan + `"`, `"parameters":` + parameters}
	if context != "" {
		members = append(members, `"context":`+context)
	}
	return "{" + strings.Join(append(members, more...), ",") + "}"
}

func unbinding(id string) string {
	return binding(id) + "?service_id=" + service + "&plan_id=" + plan
}

func credentialsIn(t *testing.T, answer []byte) map[string]string {
	t.Helper()
	var b struct {
		Credentials map[string]string `json:"credentials"`
	}
	if err := json.Unmarshal(answer, &b); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	return b.Credentials
}

const forApp = `{"ServiceAccount":"app"}`

func TestRoleBinding_OfANamespace_LivesWithoutASecret(t *testing.T) {
	r := newRoles(t)
	given := credentialsIn(t, r.want(http.StatusCreated, http.MethodPut, binding("b"), bindBody(ofTeam, forApp)))
	for _, secret := range []string{"access_key_id", "secret_access_key", "uri", "username"} {
		if given[secret] != "" {
			t.Errorf("the credentials have %s", secret)
		}
	}
	made := r.Cloud().RAM().Roles()
	if len(made) != 1 || !strings.HasSuffix(given["role_arn"], ":role/"+made[0].Name) || !strings.Contains(made[0].Trust, `"system:serviceaccount:team-a:app"`) {
		t.Fatalf("role_arn %s of %+v", given["role_arn"], made)
	}
	// A repeated bind and a fetch tell the same; other parameters are a conflict.
	for method, content := range map[string]string{http.MethodPut: bindBody(ofTeam, `{"service_account":"app"}`), http.MethodGet: ""} {
		if diff := cmp.Diff(given, credentialsIn(t, r.want(http.StatusOK, method, binding("b"), content))); diff != "" {
			t.Errorf("%s (-bound, +now):\n%s", method, diff)
		}
	}
	r.want(http.StatusConflict, http.MethodPut, binding("b"), bindBody(ofTeam, `{"ServiceAccount":"other"}`))

	// A rotation has a role of its own for the same account, in the old namespace.
	next := credentialsIn(t, r.want(http.StatusCreated, http.MethodPut, binding("c"), bindBody("", `{}`, `"predecessor_binding_id":"b"`)))
	if next["role_arn"] == given["role_arn"] || len(r.Cloud().RAM().Roles()) != 2 {
		t.Errorf("the successor has %s", next["role_arn"])
	}
	for _, role := range r.Cloud().RAM().Roles() {
		if !strings.Contains(role.Trust, `"system:serviceaccount:team-a:app"`) {
			t.Errorf("the successor trusts %s", role.Trust)
		}
	}
	for _, id := range []string{"b", "c"} {
		r.want(http.StatusOK, http.MethodDelete, unbinding(id), "")
	}
	r.want(http.StatusOK, http.MethodDelete, strings.Replace(deleted, "accepts_incomplete=true&", "", 1), "")
	if !r.Cloud().Empty() {
		t.Errorf("left: %q", r.Cloud().Leftovers())
	}
}

func TestRoleBinding_UnfitRequest_IsRefusedBeforeAnyCall(t *testing.T) {
	r := newRoles(t)
	for i, c := range []struct {
		status              int
		context, parameters string
		names               string // what the sentence is about
	}{
		{422, ofCF, forApp, "namespace"},
		{422, ofNoSpace, forApp, "namespace"},
		{422, "", forApp, "namespace"},
		{422, `{"platform":"kubernetes","namespace":"team-a:app","clusterid":"` + environment.ClusterID + `"}`, forApp, "namespace"},
		{422, ofStrangers, forApp, `\"c-2\"`},
		{422, ofNoCluster, forApp, "clusterid"},
		{400, ofTeam, `{"ServiceAccount":"team-b:app"}`, "ServiceAccount"},
		{400, ofTeam, `{"ServiceAccount":"*"}`, "ServiceAccount"},
		{400, ofTeam, `{"ServiceAccount":"App"}`, "ServiceAccount"},
		{400, ofTeam, `{"ServiceAccount":1}`, "ServiceAccount"},
		{400, ofTeam, `{"ServiceAccount":"` + strings.Repeat("a", 254) + `"}`, "ServiceAccount"},
		{400, ofTeam, `{"ServiceAccount":"app","Kind":"ram"}`, "Kind"},
		{400, ofTeam, `{"Kind":"role"}`, "ServiceAccount"},
		{400, ofTeam, `{"Kind":"template"}`, "Kind"},
		{400, ofTeam, `{"ServiceAccount":"app","Namespace":"team-b"}`, "Namespace"},
	} {
		id := fmt.Sprintf("b-%d", i)
		if answer := r.want(c.status, http.MethodPut, binding(id), bindBody(c.context, c.parameters)); !strings.Contains(string(answer), c.names) {
			t.Errorf("%s in %s: %s, want a sentence about %s", c.parameters, c.context, answer, c.names)
		}
		r.want(http.StatusNotFound, http.MethodGet, binding(id), "")
	}
	// An empty name is no name.
	if given := credentialsIn(t, r.want(http.StatusCreated, http.MethodPut, binding("key"), bindBody(ofTeam, `{"ServiceAccount":null,"Kind":""}`))); given["access_key_id"] == "" {
		t.Error("a binding without an account has no key")
	}
	if d := r.Cloud().RAM().Roles(); len(d) > 0 {
		t.Errorf("roles %+v", d)
	}
}
