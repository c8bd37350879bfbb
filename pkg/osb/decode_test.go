package osb

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// HARD-05: numbers keep their digits.
func TestDecode_ProvisionRequest_KeepsBytesOfOpenMembers(t *testing.T) {
	osbtest.Proves(t, "EXT-01", "HARD-05", "PROV-05")
	t.Parallel()
	body := `{"service_id":"s","plan_id":"p","organization_guid":"o","space_guid":"g",
		"context":{"platform":"kubernetes"},"parameters":{"n":9007199254740993,"f":1.50},
		"maintenance_info":{"version":"2.1.1+abcdef","other":1},"unknown":[1,{"a":2}],"Service_ID":"not this"}`
	got, err := Decode[ProvisionRequest]([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := ProvisionRequest{
		ServiceID: "s", PlanID: "p", OrganizationGUID: "o", SpaceGUID: "g",
		Context:         json.RawMessage(`{"platform":"kubernetes"}`),
		Parameters:      json.RawMessage(`{"n":9007199254740993,"f":1.50}`),
		MaintenanceInfo: &MaintenanceInfo{Version: "2.1.1+abcdef"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Decode (-want, +got):\n%s", diff)
	}
}

func TestDecode_Null_CountsAsAbsent(t *testing.T) {
	t.Parallel()
	got, err := Decode[BindRequest]([]byte(`{"service_id":null,"bind_resource":null,"context":null,"parameters":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(BindRequest{}, got); diff != "" {
		t.Errorf("Decode (-want, +got):\n%s", diff)
	}
}

func TestDecode_BindResource_IsRead(t *testing.T) {
	osbtest.Proves(t, "BIND-05")
	t.Parallel()
	got, err := Decode[BindRequest]([]byte(`{"bind_resource":{"app_guid":"a","app_annotations":{"x":"y"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.BindResource == nil || got.BindResource.AppGUID != "a" {
		t.Errorf("BindResource = %+v, want app_guid a", got.BindResource)
	}
}

// What is unusual and still JSON is accepted: platforms send what users typed.
func TestDecode_UnusualText_IsAccepted(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 9999) + strings.Repeat("]", 9999)
	cases := map[string]struct{ body, service string }{
		"white space around":    {" {\"service_id\" : \"s\"} \n", "s"},
		"invalid UTF-8":         {"{\"service_id\":\"\xff\"}", "\ufffd"},
		"half a surrogate pair": {`{"service_id":"\ud800"}`, "\ufffd"},
		"an escaped name":       {`{"service\u005fid":"s"}`, "s"},
		"9,999 arrays":          {`{"service_id":"s","a":` + deep + `}`, "s"},
		"a name twice, apart":   {`{"service_id":"s","b":{"a":1},"c":[{"a":1},{"a":2}],"a":1}`, "s"},
	}
	for name, tc := range cases {
		got, err := Decode[UpdateRequest]([]byte(tc.body))
		if err != nil || got.ServiceID != tc.service {
			t.Errorf("%s: service_id %q (%v), want %q", name, got.ServiceID, err, tc.service)
		}
	}
	got, err := Decode[UpdateRequest]([]byte("{\"parameters\": {\"a\" : \"\xff\\ud800\"} }"))
	if want := "{\"a\" : \"\xff\\ud800\"}"; err != nil || string(got.Parameters) != want {
		t.Errorf("parameters %q (%v), want %q", got.Parameters, err, want)
	}
}

// Of several members with wrong types the answer names the first in the order of
// the specification, at any place of the body.
func TestDecode_SeveralWrongTypes_TellsTheFirstOfTheType(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"context":4711,"service_id":4711}`:                                      "service_id must be a string.",
		`{"bind_resource":{"route":4711},"plan_id":4711}`:                         "plan_id must be a string.",
		`{"parameters":[],"bind_resource":{"space_guid":4711,"app_guid":[4711]}}`: "bind_resource.app_guid must be a string.",
	} {
		_, err := Decode[BindRequest]([]byte(body))
		if e, ok := errors.AsType[*Error](err); !ok || e.Description != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// The table has every kind of bad body with its exact answer. No answer shows a
// value (4711): it may be a secret at the wrong place.
func TestDecode_BadBody_IsRefusedWithItsSentence(t *testing.T) {
	osbtest.Proves(t, "CT-03", "PROV-13")
	t.Parallel()
	cases := map[string]struct{ body, answer string }{
		"nothing":                     {"", "The request has no body: send one JSON object."},
		"white space":                 {" \n", "The request has no body: send one JSON object."},
		"no-break space":              {"\u00a0", "The request has no body: send one JSON object."},
		"vertical tab":                {"\v", "The request has no body: send one JSON object."},
		"null":                        {`null`, "The body is not a JSON object: send one JSON object."},
		"array":                       {`[]`, "The body is not a JSON object: send one JSON object."},
		"string":                      {`"x"`, "The body is not a JSON object: send one JSON object."},
		"number":                      {`7`, "The body is not a JSON object: send one JSON object."},
		"array cut short":             {`[1,`, "The body is not valid JSON (error at byte 3): send one JSON object."},
		"array with a name twice":     {`[{"a":1,"a":2}]`, "The body is not a JSON object: send one JSON object."},
		"cut after the bracket":       {`{`, "The body is not valid JSON (error at byte 1): send one JSON object."},
		"cut after a name":            {`{"a":`, "The body is not valid JSON (error at byte 5): send one JSON object."},
		"cut inside a string":         {`{"a":"x`, "The body is not valid JSON (error at byte 7): send one JSON object."},
		"member without value":        {`{"a":}`, "The body is not valid JSON (error at byte 6): send one JSON object."},
		"literal misspelt":            {`{"a":tru}`, "The body is not valid JSON (error at byte 9): send one JSON object."},
		"unknown escape":              {`{"a":"\x"}`, "The body is not valid JSON (error at byte 8): send one JSON object."},
		"escape of wrong digits":      {`{"a":"\u12g4"}`, "The body is not valid JSON (error at byte 11): send one JSON object."},
		"number without fraction":     {`{"a":1.}`, "The body is not valid JSON (error at byte 8): send one JSON object."},
		"minus alone":                 {`{"a":-}`, "The body is not valid JSON (error at byte 7): send one JSON object."},
		"leading zero":                {`{"a":01}`, "The body is not valid JSON (error at byte 7): send one JSON object."},
		"comma before the end":        {`{"a":1,}`, "The body is not valid JSON (error at byte 8): send one JSON object."},
		"comma alone":                 {`{,}`, "The body is not valid JSON (error at byte 2): send one JSON object."},
		"number for a name":           {`{1:2}`, "The body is not valid JSON (error at byte 2): send one JSON object."},
		"no colon":                    {`{"a" 1}`, "The body is not valid JSON (error at byte 6): send one JSON object."},
		"no comma":                    {`{"a":1 "b":2}`, "The body is not valid JSON (error at byte 8): send one JSON object."},
		"control character":           {"{\"a\":\"\x01\"}", "The body is not valid JSON (error at byte 7): send one JSON object."},
		"byte order mark":             {"\ufeff{}", "The body is not valid JSON (error at byte 1): send one JSON object."},
		"NUL":                         {"\x00", "The body is not valid JSON (error at byte 1): send one JSON object."},
		"brackets crossed":            {`{"a":[}`, "The body is not valid JSON (error at byte 7): send one JSON object."},
		"data behind":                 {`{} x`, "The body is not valid JSON (error at byte 4): send one JSON object."},
		"second object":               {`{}{}`, "The body is not valid JSON (error at byte 3): send one JSON object."},
		"form":                        {`service_id=1`, "The body is not valid JSON (error at byte 1): send one JSON object."},
		"name twice and cut short":    {`{"a":1,"a":1`, "The body is not valid JSON (error at byte 12): send one JSON object."},
		"name twice":                  {`{"a":1,"b":2,"a":1}`, "The body has the member \"a\" twice in one object: send it once."},
		"name twice, once escaped":    {`{"a":1,"\u0061":1}`, "The body has the member \"a\" twice in one object: send it once."},
		"name twice in a member":      {`{"parameters":{"Engine":"a","Engine":"b"}}`, "The body has the member \"Engine\" twice in one object: send it once."},
		"name twice in an array":      {`{"x":[1,{"a":1,"a":1}]}`, "The body has the member \"a\" twice in one object: send it once."},
		"empty name twice":            {`{"":1,"":2}`, "The body has the member \"\" twice in one object: send it once."},
		"name with a slash twice":     {`{"a":{"b/c~":1,"b/c~":2}}`, "The body has the member \"b/c~\" twice in one object: send it once."},
		"invalid UTF-8 twice":         {"{\"\xff\":1,\"\xfe\":2}", "The body has the member \"�\" twice in one object: send it once."},
		"wrong type and a name twice": {`{"service_id":1,"a":1,"a":1}`, "The body has the member \"a\" twice in one object: send it once."},
		"number for an id":            {`{"service_id":4711}`, "service_id must be a string."},
		"boolean for an id":           {`{"plan_id":true}`, "plan_id must be a string."},
		"object for an id":            {`{"organization_guid":{"4711":[1]}}`, "organization_guid must be a string."},
		"array for an id":             {`{"space_guid":["4711"]}`, "space_guid must be a string."},
		"array for parameters":        {`{"parameters":[4711]}`, "parameters must be an object."},
		"string for parameters":       {`{"parameters":"4711"}`, "parameters must be an object."},
		"number for the context":      {`{"context":4711}`, "context must be an object."},
		"boolean for the context":     {`{"context":false}`, "context must be an object."},
		"string for maintenance_info": {`{"maintenance_info":"4711"}`, "maintenance_info must be an object."},
		"array for maintenance_info":  {`{"maintenance_info":[]}`, "maintenance_info must be an object."},
		"number for a version":        {`{"maintenance_info":{"version":4711}}`, "maintenance_info.version must be a string."},
		"object for a description":    {`{"maintenance_info":{"version":null,"description":{}}}`, "maintenance_info.description must be a string."},
	}
	deep := strings.Repeat("[", 100000) + strings.Repeat("]", 100000)
	cases["nested too deeply"] = struct{ body, answer string }{`{"a":` + deep + `}`, "The body has more than 10000 objects and arrays inside each other: send one that is nested less deeply."}
	cases["nested too deeply behind commas"] = struct{ body, answer string }{`{"a":` + strings.Repeat("[1, ", 10000) + `]`, cases["nested too deeply"].answer}
	cases["cut at the deepest"] = struct{ body, answer string }{`{"a":` + strings.Repeat("[", 9999) + `x`, "The body is not valid JSON (error at byte 10005): send one JSON object."}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode[ProvisionRequest]([]byte(tc.body))
			if e := wantBadRequest(t, err); e.Description != tc.answer {
				t.Errorf("answer %q, want %q", e.Description, tc.answer)
			}
			if diff := cmp.Diff(ProvisionRequest{}, got); diff != "" {
				t.Errorf("a refused body was read (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestDecode_BadMemberOfOtherRequests_IsNamed(t *testing.T) {
	osbtest.Proves(t, "UPD-14", "BIND-13")
	t.Parallel()
	_, err := Decode[UpdateRequest]([]byte(`{"service_id":"s","parameters":"x"}`))
	if e := wantBadRequest(t, err); e.Description != "parameters must be an object." {
		t.Errorf("update: answer %q", e.Description)
	}
	for body, want := range map[string]string{
		`{"bind_resource":"x"}`:              "bind_resource must be an object.",
		`{"bind_resource":{"app_guid":{}}}`:  "bind_resource.app_guid must be a string.",
		`{"predecessor_binding_id":{"a":1}}`: "predecessor_binding_id must be a string.",
		`{"app_guid":1e5}`:                   "app_guid must be a string.",
	} {
		_, err := Decode[BindRequest]([]byte(body))
		if e := wantBadRequest(t, err); e.Description != want {
			t.Errorf("bind %s: answer %q, want %q", body, e.Description, want)
		}
	}
}

func TestRequireString_EmptyOrTooLong_IsRefusedByName(t *testing.T) {
	osbtest.Proves(t, "URL-05")
	t.Parallel()
	if e := wantBadRequest(t, RequireString("service_id", "")); !strings.Contains(e.Description, "service_id") {
		t.Errorf("description %q must name service_id", e.Description)
	}
	if e := wantBadRequest(t, RequireString("space_guid", strings.Repeat("x", 1025))); !strings.Contains(e.Description, "space_guid") {
		t.Errorf("description = %q", e.Description)
	}
	if err := RequireString("service_id", "x"); err != nil {
		t.Errorf("RequireString = %v, want nil", err)
	}
}

func wantBadRequest(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status != http.StatusBadRequest {
		t.Fatalf("error = %v, want an *Error with status 400", err)
	}
	return e
}
