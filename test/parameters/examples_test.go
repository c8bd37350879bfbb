package parameters_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// Each example of docs/services lives: it is made, updated, bound and removed, and the
// credentials are the documented ones.
func TestExamples_OfThePages_LiveAndAreRemoved(t *testing.T) {
	examples, err := servicesdoc.Examples()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(all.Services().Sources()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Offerings() {
		for _, e := range examples[o.Name].Examples {
			t.Run(e.Title, func(t *testing.T) {
				t.Parallel()
				at := slices.IndexFunc(o.Plans, func(p *catalog.Plan) bool { return p.Name == e.Plan })
				if at < 0 {
					t.Fatalf("there is no plan %s", e.Plan)
				}
				s := stack.New(t)
				i := instance{T: t, stack: s, id: "i", offering: o, plan: o.Plans[at]}
				i.make(e.Create)
				i.unchanged(i.decoded(e.Create))
				if len(e.Update) > 0 {
					i.changes(i.decoded(e.Update), "")
				}
				if status := i.bind("b", "", e.Bind); status != http.StatusCreated {
					t.Fatalf("bind: %d", status)
				}
				i.credentials(examples[o.Name].Credentials)
				i.remove("/service_bindings/b")
				i.remove("")
				if !s.Cloud().Empty() {
					t.Errorf("left: %+v", s.Cloud().Dump())
				}
			})
		}
	}
}

// credentials compares the names of a binding's credentials with the documented ones.
func (i instance) credentials(documented []servicesdoc.Credential) {
	i.Helper()
	_, _, raw := i.stack.Do(http.MethodGet, "/v2/service_instances/"+i.id+"/service_bindings/b", "", nil)
	var binding struct {
		Credentials map[string]json.RawMessage `json:"credentials"`
	}
	if err := json.Unmarshal(raw, &binding); err != nil {
		i.Fatal(err)
	}
	for _, c := range documented {
		if _, there := binding.Credentials[c.Name]; !there && !c.Sometimes {
			i.Errorf("the credentials lack %s", c.Name)
		}
		delete(binding.Credentials, c.Name)
	}
	for name := range binding.Credentials {
		i.Errorf("the page lacks the credential %s", name)
	}
}
