package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestCheck_ValuesOfTheSchema_AreAccepted(t *testing.T) {
	osbtest.Proves(t, "PROV-06")
	t.Parallel()
	p := smallPlan(t)
	create := []string{
		``, `null`, `{}`,
		`{"Engine":"MySQL","EngineVersion":5.6,"Storage":20}`,
		`{"EngineVersion":"5.6","Engine":null,"Nonsense":null}`,
		`{"Password":"hunter2hunter2","Network":{"Zone":"a"},"Choice":true}`,
		`{"Choice":"auto"}`,
	}
	for _, parameters := range create {
		if err := p.CheckCreate(json.RawMessage(parameters)); err != nil {
			t.Errorf("CheckCreate(%s) = %v", parameters, err)
		}
	}
	if err := p.CheckUpdate(json.RawMessage(`{"Storage":30}`)); err != nil {
		t.Errorf("CheckUpdate = %v", err)
	}
	if err := p.CheckBind(json.RawMessage(`{"Username":null}`)); err != nil {
		t.Errorf("CheckBind = %v", err)
	}
}

// PROV-06: the text names the remedy and keeps sent values out.
func TestCheck_WrongParameters_AreNamedWithoutValues(t *testing.T) {
	osbtest.Proves(t, "PROV-06", "UPD-04", "BIND-06")
	t.Parallel()
	p := smallPlan(t)
	const value = "hunter2"
	cases := map[string]struct {
		parameters string
		names      []string
	}{
		"a slip of the pen":        {`{"Enigne":"hunter2"}`, []string{`"Enigne"`, `did you mean "Engine"`}},
		"the wrong case":           {`{"engine":"hunter2"}`, []string{`did you mean "Engine"`}},
		"another separator":        {`{"engine_version":"hunter2"}`, []string{`did you mean "EngineVersion"`}},
		"a name from nowhere":      {`{"Colour":"hunter2"}`, []string{`"Colour"`, "Engine", "Storage"}},
		"the wrong type":           {`{"Storage":"hunter2"}`, []string{`"Storage"`, "integer"}},
		"one of several types":     {`{"EngineVersion":["hunter2"]}`, []string{`"EngineVersion"`, "string", "number"}},
		"not in the list":          {`{"Engine":"hunter2"}`, []string{`"Engine"`, `"MySQL"`, `"PostgreSQL"`}},
		"too small":                {`{"Storage":5}`, []string{`"Storage"`, "20"}},
		"too large":                {`{"Storage":3001}`, []string{`"Storage"`, "3000"}},
		"too short":                {`{"Password":"hunter2"}`, []string{`"Password"`, "8"}},
		"against the pattern":      {`{"Password":"hunter2-hunter2"}`, []string{`"Password"`, "pattern"}},
		"none of the alternatives": {`{"Choice":"hunter2"}`, []string{`"Choice"`, "boolean", `"auto"`}},
		"inside an object":         {`{"Network":{"Zone":["hunter2"]}}`, []string{`"Network.Zone"`, "string"}},
		"unknown inside an object": {`{"Network":{"Zome":"hunter2"}}`, []string{`"Network"`, `"Zome"`}},
		"two things at once":       {`{"Storage":"hunter2","Colour":1}`, []string{`"Storage"`, `"Colour"`}},
		"several unknown names":    {`{"q1":1,"q2":1,"q3":1,"q4":1,"q5":1,"q6":1}`, []string{`"q1"`, `"q6"`}},
		"no object":                {`["hunter2"]`, []string{"object"}},
		"a number to blow up":      {`{"Storage":1e999999999}`, []string{`"Storage"`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := p.CheckCreate(json.RawMessage(tc.parameters))
			if err == nil {
				t.Fatal("CheckCreate took it")
			}
			for _, part := range tc.names {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not name %s", err, part)
				}
			}
			if strings.Contains(err.Error(), value) {
				t.Errorf("error %q echoes the value", err)
			}
			for range 10 { // Service Catalog hot-loops on texts that vary
				if again := p.CheckCreate(json.RawMessage(tc.parameters)); again == nil || again.Error() != err.Error() {
					t.Errorf("the text varies: %v, then %v", err, again)
				}
			}
		})
	}
}

func TestCheck_Operation_UsesItsOwnSchema(t *testing.T) {
	osbtest.Proves(t, "UPD-04", "BIND-06")
	t.Parallel()
	p := smallPlan(t)
	if err := p.CheckUpdate(json.RawMessage(`{"Engine":"MySQL"}`)); err == nil {
		t.Error("CheckUpdate took a parameter of create")
	}
	if err := p.CheckBind(json.RawMessage(`{"Storage":20}`)); err == nil {
		t.Error("CheckBind took a parameter of create")
	}
}

func TestCheck_PlanWithoutSchemas_RefusesParameters(t *testing.T) {
	t.Parallel()
	o, _ := load(t, "plans.yaml").Offering("off-zebra")
	p, _ := o.Plan("plan-bare")
	if err := p.CheckCreate(json.RawMessage(`{"a":null}`)); err != nil {
		t.Errorf("CheckCreate = %v, want nil: null is absent", err)
	}
	if err := p.CheckCreate(json.RawMessage(`{"a":1}`)); err == nil {
		t.Error("CheckCreate took a parameter")
	}
}

func TestCheck_OpenSchema_AcceptsOtherNames(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]string{
		"any":          `"additionalProperties":true`,
		"of a type":    `"additionalProperties":{"type":"string"}`,
		"of a pattern": `"additionalProperties":false,"patternProperties":{"^x-":{"type":"string"}}`,
	} {
		p := Plan{Schemas: Schemas{Create: json.RawMessage(`{"$schema":"http://json-schema.org/draft-04/schema#","type":"object",` + open + `}`)}}
		if err := p.CheckCreate(json.RawMessage(`{"x-a":"b"}`)); err != nil {
			t.Errorf("%s: CheckCreate = %v", name, err)
		}
	}
}

func TestCheck_LongUnknownName_IsCut(t *testing.T) {
	t.Parallel()
	err := smallPlan(t).CheckCreate(json.RawMessage(`{"` + strings.Repeat("x", 10000) + `":1}`))
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
}

func BenchmarkCheck(b *testing.B) {
	p := Plan{Schemas: Schemas{Create: json.RawMessage(`{"$schema":"http://json-schema.org/draft-04/schema#","type":"object",
		"additionalProperties":false,"properties":{"a":{"type":"string"},"b":{"type":"integer","minimum":1}}}`)}}
	for b.Loop() {
		if err := p.CheckCreate(json.RawMessage(`{"a":"x","b":2}`)); err != nil {
			b.Fatal(err)
		}
	}
}

// A request of 60 KB must not get an answer of 800 KB.
func TestCheck_ManyProblems_NamesTen(t *testing.T) {
	t.Parallel()
	var members []string
	for i := range 5000 {
		members = append(members, fmt.Sprintf(`"q%04d":1`, i))
	}
	many := `{` + strings.Join(members, ",") + `}`
	for name, parameters := range map[string]string{
		"unknown names":                   many,
		"unknown names inside an object":  `{"Network":` + many + `}`,
		"unknown names and a wrong value": `{"Storage":5,` + many[1:],
	} {
		err := smallPlan(t).CheckCreate(json.RawMessage(parameters))
		if err == nil || len(err.Error()) > 4<<10 || !strings.Contains(err.Error(), "more") {
			t.Errorf("%s: %d bytes: %.300v", name, len(fmt.Sprint(err)), err)
		}
	}
}
