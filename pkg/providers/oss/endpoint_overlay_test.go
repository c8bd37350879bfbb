package oss_test

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
)

// An operator opens a domain to users by the overlay; without it they may choose
// public and internal endpoints alone.
func TestEndpoint_DomainByOverlay_UsersMayChooseIt(t *testing.T) {
	shipped, err := catalog.Load(catalog.Embedded("oss/plans.yaml", oss.Plans))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := shipped.WithOverlay([]byte(`
offerings:
  alibaba-cloud-oss:
    plans:
      default:
        settings: {domain: "{bucket}.files.example.com"}
        schemas:
          bind: {properties: {Endpoint: {enum: [public, internal, custom, null]}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for parameters, want := range map[string]struct{ shipped, changed bool }{
		`{"Endpoint":"internal"}`: {true, true},
		`{"endpoint":"Public"}`:   {true, true},
		`{"Endpoint":null}`:       {true, true},
		`{"Endpoint":"custom"}`:   {false, true},
		`{"Endpoint":"private"}`:  {false, false},
		`{"Endpoint":7}`:          {false, false},
	} {
		for name, tc := range map[string]struct {
			catalog *catalog.Catalog
			allowed bool
		}{"shipped": {shipped, want.shipped}, "changed": {changed, want.changed}} {
			plan := tc.catalog.Offerings()[0].Plans[0]
			if err := plan.CheckBind(json.RawMessage(parameters)); (err == nil) != tc.allowed {
				t.Errorf("%s in the %s catalog: %v", parameters, name, err)
			}
		}
	}
}
