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

// PROV-02 to PROV-07, EXT-01, HARD-05.
func TestDecodeReadsAProvisionRequestAsSent(t *testing.T) {
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

func TestDecodeTakesNullForAbsent(t *testing.T) {
	t.Parallel()
	got, err := Decode[BindRequest]([]byte(`{"service_id":null,"bind_resource":null,"context":null,"parameters":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(BindRequest{}, got); diff != "" {
		t.Errorf("Decode (-want, +got):\n%s", diff)
	}
}

// BIND-05.
func TestDecodeReadsTheBindResource(t *testing.T) {
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

// PROV-13, UPD-14, BIND-13.
func TestDecodeNamesTheMemberOfTheWrongTypeAndNotItsValue(t *testing.T) {
	osbtest.Proves(t, "PROV-13")
	t.Parallel()
	cases := map[string]struct{ body, member string }{
		"a number for a string":    {`{"service_id":47114711}`, "service_id"},
		"an object for a string":   {`{"plan_id":{"47114711":1}}`, "plan_id"},
		"an array for parameters":  {`{"parameters":[47114711]}`, "parameters"},
		"a string for parameters":  {`{"parameters":"47114711"}`, "parameters"},
		"a string for an object":   {`{"maintenance_info":"47114711"}`, "maintenance_info"},
		"a number inside a member": {`{"maintenance_info":{"version":47114711}}`, "maintenance_info.version"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode[ProvisionRequest]([]byte(tc.body))
			e := wantBadRequest(t, err)
			if !strings.Contains(e.Description, tc.member) || strings.Contains(e.Description, "47114711") {
				t.Errorf("description %q must name %s and not the value", e.Description, tc.member)
			}
		})
	}
}

func TestDecodeRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{} {}`, `{"a":}`} {
		_, err := Decode[UpdateRequest]([]byte(body))
		_ = wantBadRequest(t, err)
	}
}

// CT-03.
func TestCheckObject(t *testing.T) {
	osbtest.Proves(t, "CT-03")
	t.Parallel()
	cases := map[string]struct {
		body string
		ok   bool
	}{
		"an object":                     {`{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}`, true},
		"an empty object":               {" {} \n", true},
		"nothing":                       {"", false},
		"white space":                   {" \n", false},
		"null":                          {"null", false},
		"an array":                      {"[{}]", false},
		"a string":                      {`"{}"`, false},
		"cut short":                     {`{"a":`, false},
		"trailing data":                 {`{} x`, false},
		"two objects":                   {`{}{}`, false},
		"a name twice":                  {`{"a":1,"b":2,"a":1}`, false},
		"a name twice, once escaped":    {`{"a":1,"\u0061":1}`, false},
		"a name twice in a member":      {`{"parameters":{"Engine":"a","Engine":"b"}}`, false},
		"a name twice inside an array":  {`{"x":[1,{"a":1,"a":1}]}`, false},
		"nested deeper than any reader": {`{"a":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := CheckObject([]byte(tc.body))
			if tc.ok && err != nil {
				t.Errorf("CheckObject = %v, want nil", err)
			}
			if !tc.ok {
				_ = wantBadRequest(t, err)
			}
		})
	}
}

// URL-05.
func TestRequireStringTakesEmptyForMissing(t *testing.T) {
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
