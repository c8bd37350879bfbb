package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestNormalize_Parameters_AreSortedWithoutNulls(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ in, want string }{
		"absent":                 {``, ``},
		"null":                   {`null`, ``},
		"empty":                  {` { } `, ``},
		"only null members":      {`{"a":null,"b": null}`, ``},
		"null members go":        {`{"b":null,"a":1}`, `{"a":1}`},
		"nested null stays":      {`{"a":{"b":null}}`, `{"a":{"b":null}}`},
		"numbers as written":     {`{"n":9007199254740993,"f":1.50,"e":1E+2}`, `{"e":1E+2,"f":1.50,"n":9007199254740993}`},
		"no escapes of our own":  {`{"u":"a&b<c>"}`, `{"u":"a&b<c>"}`},
		"names sorted":           {`{"b":1, "a":[1, 2]}`, `{"a":[1,2],"b":1}`},
		"a value of empty text":  {`{"a":""}`, `{"a":""}`},
		"largest exponent there": {`{"a":1e308}`, `{"a":1e308}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Normalize(json.RawMessage(tc.in))
			if err != nil || string(got) != tc.want {
				t.Errorf("Normalize(%s) = %s, %v; want %s", tc.in, got, err, tc.want)
			}
			if tc.want == "" && got != nil {
				t.Errorf("Normalize(%s) = %q, want nil", tc.in, got)
			}
		})
	}
}

func TestNormalize_Refusal_EchoesNoValue(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"an array":               `["hunter2"]`,
		"a string":               `"hunter2"`,
		"not JSON":               `{"a":hunter2}`,
		"an exponent to blow up": `{"a":{"b":[1e999999999]}}`,
		"an exponent below":      `{"a":1e-999999999}`,
		"an endless exponent":    `{"a":1e99999999999999999999999}`,
		"too large":              `{"a":"hunter2` + strings.Repeat("x", maxParameters) + `"}`,
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Normalize(json.RawMessage(in))
			if err == nil {
				t.Fatal("Normalize took it")
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "99999") {
				t.Errorf("error %q echoes a value", err)
			}
		})
	}
}

// PROV-10, PROV-11, BIND-09, BIND-11: equal parameters make the same request.
func TestEqual_SameMeaning_IsEqual(t *testing.T) {
	osbtest.Proves(t, "PROV-10", "PROV-11", "HARD-05")
	t.Parallel()
	cases := map[string]struct {
		a, b string
		want bool
	}{
		"absent and null":            {``, `null`, true},
		"absent and empty":           {``, `{}`, true},
		"null member and absent":     {`{"a":null}`, `{}`, true},
		"order and space":            {`{"a":1,"b":[1,2]}`, `{ "b":[1, 2], "a":1 }`, true},
		"order inside":               {`{"a":{"x":1,"y":2}}`, `{"a":{"y":2,"x":1}}`, true},
		"order of an array":          {`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		"length of an array":         {`{"a":[1]}`, `{"a":[1,1]}`, false},
		"one written three ways":     {`{"a":[1,1.0,10e-1]}`, `{"a":[1e0,1,0.01e2]}`, true},
		"trailing zeros":             {`{"a":100}`, `{"a":1e2}`, true},
		"zeros":                      {`{"a":[0,-0,0.00]}`, `{"a":[-0.0,0e5,0]}`, true},
		"sign":                       {`{"a":1}`, `{"a":-1}`, false},
		"power":                      {`{"a":1}`, `{"a":10}`, false},
		"small difference":           {`{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		"small fraction":             {`{"a":0.1}`, `{"a":0.1000000000000000055511151231257827}`, false},
		"number and string":          {`{"a":1}`, `{"a":"1"}`, false},
		"escapes":                    {`{"a":"\u0041"}`, `{"a":"A"}`, true},
		"more members":               {`{"a":1}`, `{"a":1,"b":2}`, false},
		"other names":                {`{"a":1}`, `{"b":1}`, false},
		"other names inside":         {`{"a":{"x":null}}`, `{"a":{"y":null}}`, false},
		"nested null is not absent":  {`{"a":{"x":null}}`, `{"a":{}}`, false},
		"true and false":             {`{"a":true}`, `{"a":false}`, false},
		"false and 0":                {`{"a":false}`, `{"a":0}`, false},
		"object and array":           {`{"a":{}}`, `{"a":[]}`, false},
		"what cannot be read":        {`[`, `[`, false},
		"what cannot be read, empty": {`[`, `{}`, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Equal(json.RawMessage(tc.a), json.RawMessage(tc.b)); got != tc.want {
				t.Errorf("Equal(%s, %s) = %v", tc.a, tc.b, got)
			}
			if got := Equal(json.RawMessage(tc.b), json.RawMessage(tc.a)); got != tc.want {
				t.Errorf("Equal(%s, %s) = %v", tc.b, tc.a, got)
			}
		})
	}
}

// UPD-03.
func TestMerge_Update_ChangesOnlyDifferences(t *testing.T) {
	osbtest.Proves(t, "UPD-03")
	t.Parallel()
	cases := map[string]struct{ have, parameters, merged, changed string }{
		"nothing asked":        {`{"a":1}`, ``, `{"a":1}`, ``},
		"null asks nothing":    {`{"a":1}`, `{"a":null}`, `{"a":1}`, ``},
		"the same again":       {`{"a":1,"b":"x"}`, `{"b":"x","a":1.0}`, `{"a":1,"b":"x"}`, ``},
		"one of two":           {`{"a":1,"b":"x"}`, `{"a":1,"b":"y"}`, `{"a":1,"b":"y"}`, `{"b":"y"}`},
		"a new one":            {`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`, `{"b":2}`},
		"the first":            {``, `{"b":2}`, `{"b":2}`, `{"b":2}`},
		"nothing to nothing":   {``, `{}`, ``, ``},
		"an object as a whole": {`{"a":{"x":1,"y":2}}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			merged, changed, err := Merge(json.RawMessage(tc.have), json.RawMessage(tc.parameters))
			if err != nil || string(merged) != tc.merged || string(changed) != tc.changed {
				t.Errorf("Merge = %s, %s, %v; want %s, %s", merged, changed, err, tc.merged, tc.changed)
			}
			if tc.changed == "" && changed != nil {
				t.Errorf("changed = %q, want nil", changed)
			}
		})
	}
	if _, _, err := Merge(nil, json.RawMessage(`[]`)); err == nil {
		t.Error("Merge took an array")
	}
}

// FI-07.
func TestRedact_Secrets_AreLeftOut(t *testing.T) {
	osbtest.Proves(t, "FI-07", "FB-08")
	t.Parallel()
	secret := []string{"Password", "Key"}
	cases := map[string]struct{ in, want string }{
		"a secret goes":         {`{"Password":"hunter2","n":1.0}`, `{"n":1.0}`},
		"only secrets":          {`{"Password":"hunter2","Key":{"k":"hunter2"}}`, ``},
		"an escaped name":       {`{"Pass\u0077ord":"hunter2","a":1}`, `{"a":1}`},
		"none":                  {`{"a":"b"}`, `{"a":"b"}`},
		"absent":                {``, ``},
		"what cannot be read":   {`{"Password":"hunter2"`, ``},
		"other case stays":      {`{"password":"x"}`, `{"password":"x"}`},
		"secret in what is not": {`["hunter2"]`, ``},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Redact(json.RawMessage(tc.in), secret)
			if string(got) != tc.want || (tc.want == "" && got != nil) {
				t.Errorf("Redact(%s) = %s, want %s", tc.in, got, tc.want)
			}
		})
	}
}
