package ramrole

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

func TestPrepare_Trust_NamesIssuerAudienceSubjectAlone(t *testing.T) {
	p, err := planOf(preparedBinding(t))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",` +
		`"Principal":{"Federated":["acs:ram::` + account + `:oidc-provider/ack-rrsa-c1"]},` +
		`"Condition":{"StringEquals":{"oidc:aud":"sts.aliyuncs.com","oidc:iss":"https://oidc.example/c1","oidc:sub":"system:serviceaccount:team-a:app"}}}]}`
	if p.Trust != want {
		t.Errorf("trust %s\nwant  %s", p.Trust, want)
	}
}

func TestPrepare_UnfitRequest_IsRefused(t *testing.T) {
	parameters := func(s string) func(*providers.Task) {
		return func(t *providers.Task) { t.Parameters = json.RawMessage(s) }
	}
	cases := map[string]struct {
		change        func(*providers.Task)
		unprocessable bool
	}{
		"no account":              {parameters(`{}`), false},
		"no parameters":           {parameters(``), false},
		"a number":                {parameters(`{"ServiceAccount":1}`), false},
		"a wildcard":              {parameters(`{"ServiceAccount":"*"}`), false},
		"a wildcard inside":       {parameters(`{"ServiceAccount":"app-?"}`), false},
		"another namespace":       {parameters(`{"ServiceAccount":"other:app"}`), false},
		"a whole subject":         {parameters(`{"ServiceAccount":"system:serviceaccount:other:app"}`), false},
		"a slash":                 {parameters(`{"ServiceAccount":"other/app"}`), false},
		"capitals":                {parameters(`{"ServiceAccount":"App"}`), false},
		"a dot at the end":        {parameters(`{"ServiceAccount":"app."}`), false},
		"a blank":                 {parameters(`{"ServiceAccount":"app "}`), false},
		"a new line":              {parameters(`{"ServiceAccount":"app\n"}`), false},
		"too long":                {parameters(`{"ServiceAccount":"` + strings.Repeat("a", 254) + `"}`), false},
		"no namespace":            {func(t *providers.Task) { t.Labels.Namespace = "" }, true},
		"a namespace with a sign": {func(t *providers.Task) { t.Labels.Namespace = "team-a:app" }, true},
		"a wildcard namespace":    {func(t *providers.Task) { t.Labels.Namespace = "*" }, true},
		"Cloud Foundry":           {func(t *providers.Task) { t.Labels.Platform, t.Labels.Namespace = "cloudfoundry", "" }, true},
		"no platform":             {func(t *providers.Task) { t.Labels.Platform = "" }, true},
		"an unknown cluster":      {func(t *providers.Task) { t.Labels.ClusterID = "c2" }, true},
		"no cluster":              {func(t *providers.Task) { t.Labels.ClusterID = "" }, true},
		"another cloud account":   {func(t *providers.Task) { t.Of.Owner = "2000000000000002" }, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := bindingTask()
			c.change(&task)
			_, err := offline().Prepare(task)
			failure, ok := errors.AsType[*providers.Failure](err)
			if !ok || failure.Kind != providers.Invalid || failure.Text == "" || errors.Is(err, providers.ErrUnprocessable) != c.unprocessable {
				t.Errorf("error %v, want one of the user's, unprocessable: %v", err, c.unprocessable)
			}
		})
	}
}

func TestPrepare_OtherCluster_TakesTheDefault(t *testing.T) {
	kind := offline(func(c *Config) {
		c.Clusters.Default = &descriptor.Cluster{Issuer: "https://oidc.example/any", Providers: []string{"acs:ram::" + account + ":oidc-provider/any"}, Audience: "any"}
	})
	for _, id := range []string{"", "c2"} {
		task := bindingTask()
		task.Labels.ClusterID = id
		plan, err := kind.Prepare(task)
		if err != nil || !strings.Contains(string(plan), "https://oidc.example/any") {
			t.Errorf("the cluster %q: %v, %s", id, err, plan)
		}
	}
}

func TestPrepare_InstanceOfASecondAccount_TakesItsProvider(t *testing.T) {
	task := bindingTask()
	task.Of.Owner = "2000000000000009"
	plan, err := offline().Prepare(task)
	if err != nil || !strings.Contains(string(plan), "acs:ram::2000000000000009:oidc-provider/other") {
		t.Errorf("%v, %s", err, plan)
	}
}
