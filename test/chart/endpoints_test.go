package chart_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

// The chart takes an endpoint of each product that the broker calls.
func TestSchema_Endpoints_AreTheOnesOfTheBroker(t *testing.T) {
	raw, err := os.ReadFile("../../chart/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct{ Properties map[string]json.RawMessage }
	of := func(raw json.RawMessage, name string) json.RawMessage {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		return o.Properties[name]
	}
	var endpoints object
	if err := json.Unmarshal(of(of(raw, "cloud"), "endpoints"), &endpoints); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.Services().Endpoints(), slices.Sorted(maps.Keys(endpoints.Properties))); diff != "" {
		t.Errorf("endpoints of the schema (-broker, +chart): %s", diff)
	}
}
