package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// spelledPlan has one parameter for each member of Spelling.
func spelledPlan(t *testing.T, changes ...string) *Plan {
	t.Helper()
	document := strings.NewReplacer(changes...).Replace(string(readFile(t, "spelled.yaml")))
	c, err := Load(Embedded("spelled.yaml", []byte(document)))
	if err != nil {
		t.Fatal(err)
	}
	return c.Offerings()[0].Plans[0]
}

// kept returns the plan as a record gives it back.
func kept(t *testing.T, p *Plan) *Plan {
	t.Helper()
	raw, err := p.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadRecorded(raw)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSpelling_Exact_KeepsBlanks(t *testing.T) {
	for sent, want := range map[string]string{`" "`: `" "`, `"a/ "`: `"a/ "`, `""`: ``} {
		got, present := Spelling{Exact: true}.value(json.RawMessage(sent))
		if present != (want != "") || present && string(got) != want {
			t.Errorf("the text %s is %s (present: %t), want %s", sent, got, present, want)
		}
	}
}

func TestNormalInstance_EverySpelling_MeansOneValue(t *testing.T) {
	osbtest.Proves(t, "PROV-06")
	t.Parallel()
	cases := map[string]struct{ sent, want string }{
		"absent":                     {``, ``},
		"null":                       {`{"Access":null}`, ``},
		"empty text":                 {`{"Access":"","Place":"","Size":"","Version":"","Note":""}`, ``},
		"blanks":                     {`{"Access":" \t","Place":"  ","Size":" ","Version":" ","Note":"\n"}`, ``},
		"separators alone":           {`{"Access":"-/_"}`, ``},
		"canonical":                  {`{"Access":"public-read","Place":"a-b","Size":20,"Version":"8.0","Note":"x"}`, `{"Access":"public-read","Note":"x","Place":"a-b","Size":20,"Version":"8.0"}`},
		"another name":               {`{"ACCESS":"public-read"}`, `{"Access":"public-read"}`},
		"two names, one value":       {`{"ACCESS":"Public Read","Access":"public-read"}`, `{"Access":"public-read"}`},
		"two names, one empty":       {`{"ACCESS":"private","Access":""}`, `{"Access":"private"}`},
		"two names, own name wins":   {`{"ACCESS":"private","Access":"public-read"}`, `{"Access":"public-read"}`},
		"any case":                   {`{"Access":"PRIVATE"}`, `{"Access":"private"}`},
		"any separator":              {`{"Access":"Public_Read / Write"}`, `{"Access":"public-read-write"}`},
		"suffix":                     {`{"Access":"private access"}`, `{"Access":"private"}`},
		"synonym":                    {`{"Access":"Closed"}`, `{"Access":"private"}`},
		"synonym with suffix":        {`{"Access":"closed-access"}`, `{"Access":"private"}`},
		"suffix alone":               {`{"Access":"access"}`, `{"Access":"access"}`},
		"no value":                   {`{"Access":" everybody "}`, `{"Access":"everybody"}`},
		"no text":                    {`{"Access":true}`, `{"Access":true}`},
		"lower case and prefix":      {`{"Place":" OSS-A-B "}`, `{"Place":"a-b"}`},
		"prefix alone":               {`{"Place":"oss-"}`, `{"Place":"oss-"}`},
		"number for a text":          {`{"Version":5.6}`, `{"Version":"5.6"}`},
		"whole number for a text":    {`{"Version":8}`, `{"Version":"8.0"}`},
		"number written long":        {`{"Version":80e-1}`, `{"Version":"8.0"}`},
		"text of a number":           {`{"Version":" 5.60 "}`, `{"Version":"5.6"}`},
		"unknown number":             {`{"Version":9}`, `{"Version":"9"}`},
		"text for a number":          {`{"Size":" 100 "}`, `{"Size":100}`},
		"exponent":                   {`{"Size":1e2}`, `{"Size":100}`},
		"fraction":                   {`{"Size":"20.5"}`, `{"Size":20.5}`},
		"no number":                  {`{"Size":"20 GB"}`, `{"Size":"20 GB"}`},
		"infinity":                   {`{"Size":"Inf"}`, `{"Size":"Inf"}`},
		"text with signs of HTML":    {`{"Note":" a&b<c> "}`, `{"Note":"a&b<c>"}`},
		"a parameter of no spelling": {`{"Exact":" X "}`, `{"Exact":" X "}`},
	}
	plan := spelledPlan(t)
	record := kept(t, plan)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, p := range map[string]*Plan{"catalog": plan, "record": record, "record of a record": kept(t, record)} {
				got, err := p.NormalInstance(json.RawMessage(tc.sent))
				if err != nil || string(got) != tc.want {
					t.Errorf("plan of the %s: %s, %v; want %s", kind, got, err, tc.want)
				}
				if again, err := p.NormalInstance(got); err != nil || string(again) != tc.want {
					t.Errorf("plan of the %s: the normal form of %s is %s, %v", kind, got, again, err)
				}
			}
		})
	}
	if _, err := plan.NormalInstance(json.RawMessage(`[]`)); err == nil {
		t.Error("a list has a normal form")
	}
	if got, err := record.NormalBinding(json.RawMessage(`{"User":" u "}`)); err != nil || string(got) != `{"User":"u"}` {
		t.Errorf("parameters of a binding: %s, %v", got, err)
	}
}

func TestCheckCreate_Spellings_AreChecked(t *testing.T) {
	osbtest.Proves(t, "PROV-06")
	t.Parallel()
	plan := spelledPlan(t)
	for _, sent := range []string{
		`{"ACCESS":"Public Read","Place":"OSS-a","Size":"100","Version":8,"Note":"x"}`, `{"Access":"","Size":" "}`,
	} {
		if err := plan.CheckCreate(json.RawMessage(sent)); err != nil {
			t.Errorf("CheckCreate(%s) = %v", sent, err)
		}
	}
	for sent, parts := range map[string][]string{
		`{"Access":"everybody"}`:                      {`parameter "Access" must be one of "private", "public-read", "public-read-write"`},
		`{"ACCESS":"everybody"}`:                      {`parameter "Access" must be one of`},
		`{"Access":"private","ACCESS":"public-read"}`: {`"Access" and "ACCESS" are one parameter`},
		`{"Access":"Secret Access"}`:                  {`parameter "Access" cannot be secret: choose private`},
		`{"Version":9}`:                               {`"Version" must be one of "5.6", "8.0"`},
		`{"Version":["8.0"]}`:                         {`"Version" must be of type string`},
		`{"Size":"20 GB"}`:                            {`"Size" must be of type number`},
		`{"Size":"21"}`:                               {`"Size" must be a multiple of 5`},
		`{"Acces":"private"}`:                         {`did you mean "ACCESS"`},
		`{"Colour":1}`:                                {`this plan takes ACCESS, Access, `},
	} {
		err := plan.CheckCreate(json.RawMessage(sent))
		for _, part := range parts {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("CheckCreate(%s) = %v, want %s", sent, err, part)
			}
		}
	}
	if err := plan.CheckUpdate(json.RawMessage(`{"ACCESS":"private"}`)); err == nil {
		t.Error("CheckUpdate takes a name that its schema does not have")
	}
	if err := plan.CheckUpdate(json.RawMessage(`{"Access":"Public Read"}`)); err != nil {
		t.Errorf("CheckUpdate = %v", err)
	}
}

func TestLoad_ContradictorySpellings_AreRefused(t *testing.T) {
	t.Parallel()
	good := string(readFile(t, "spelled.yaml"))
	for name, tc := range map[string]struct{ old, new, part string }{
		"unknown member":              {"names: [ACCESS]", "nam: [ACCESS]", "nam"},
		"unknown type":                {"{type: number}", "{type: integer}", "type"},
		"name of another parameter":   {"names: [ACCESS]", "names: [Place]", "Place"},
		"name twice":                  {"names: [ACCESS]", "names: [X, X]", `"X" is taken`},
		"two values spelled alike":    {"enum: [private,", "enum: [private, Private,", `"Private"`},
		"synonym of no value":         {"{private: [closed]}", "{secret: [closed]}", "secret"},
		"refused word that is valid":  {"{secret access:", "{Public Read:", "Public Read"},
		"default that is no value":    {"default: private", "default: secret", "default"},
		"default in another spelling": {"default: private", "default: Private", `write it as "private"`},
		"default out of bounds":       {"default: 20", "default: 21", "multiple"},
		"default and setting":         {"settings: {stripes: 2}", "settings: {access: private}", "access"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoilt := strings.Replace(good, tc.old, tc.new, 1)
			if spoilt == good {
				t.Fatal("the case changes nothing")
			}
			if _, err := Load(Embedded("spelled.yaml", []byte(spoilt))); err == nil || !strings.Contains(err.Error(), tc.part) {
				t.Errorf("error = %v, want one that names %s", err, tc.part)
			}
		})
	}
}
