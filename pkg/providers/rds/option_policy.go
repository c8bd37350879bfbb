package rds

import (
	_ "embed" // the policies
	"encoding/json"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

var (
	//go:embed policy_options.json
	policyForOptions []byte
	//go:embed policy_public.json
	policyForPublicEndpoints []byte
)

// optionPolicies are the RAM policies for the calls of options.
func optionPolicies() []descriptor.Policy {
	return []descriptor.Policy{
		{
			Name: "rds-options", Document: policyForOptions, NeededBy: takesOptions,
			For: "database plans with options such as `SSL`, `Backup` or `Parameters`",
		},
		{
			Name: "rds-public", Document: policyForPublicEndpoints, NeededBy: opensToInternet,
			For: "only with database plans whose settings have `public: true`: endpoints that are reached from the internet",
		},
	}
}

// takesOptions reports whether a plan has options that have calls of their own, or users
// may ask for some.
func takesOptions(p *catalog.Plan) bool {
	return slices.ContainsFunc(options(), func(o option) bool { return o.step != "" && p.AsksFor(o.name) })
}

// opensToInternet reports whether servers of a plan may have a public endpoint.
func opensToInternet(p *catalog.Plan) bool {
	var settings optionSettings
	return json.Unmarshal(p.Settings, &settings) == nil && settings.Public
}
