package rds

import (
	_ "embed" // the policy
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

//go:embed policy_options.json
var policyForOptions []byte

// optionsPolicy is the RAM policy for the calls of options.
func optionsPolicy() descriptor.Policy {
	return descriptor.Policy{
		Name: "rds-options", Document: policyForOptions, NeededBy: takesOptions,
		For: "database plans with options such as `SSL`, `Backup` or `Parameters`",
	}
}

// takesOptions reports whether a plan has options that have calls of their own, or users
// may ask for some.
func takesOptions(p *catalog.Plan) bool {
	var settings map[string]json.RawMessage
	_ = json.Unmarshal(p.Settings, &settings) // settings that are no object have no option
	for _, o := range options() {
		if o.step != "" && (settings[settingOf(o.name)] != nil || p.Takes(o.name)) {
			return true
		}
	}
	return false
}
