package oss

import (
	_ "embed" // the policies
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

var (
	//go:embed policy.json
	policy []byte
	//go:embed policy_options.json
	policyForOptions []byte
	//go:embed policy_role.json
	policyForRoles []byte
	//go:embed policy_empty.json
	policyForEmptying []byte
)

// policies returns the RAM policies of the broker's identity, each for the plans that
// need it. A new call of the service needs its action in one of the files, and a
// life of test/rampolicies that makes the call.
func policies() []descriptor.Policy {
	return []descriptor.Policy{
		{Name: "oss", Document: policy, For: "buckets, and the RAM users, policies and keys of their bindings"},
		{
			Name: "oss-options", Document: policyForOptions, NeededBy: takesOptions,
			For: "plans with options such as `Versioning`, `Lifecycle` or `Encryption`. `Logging` needs `oss:PutObject` on the buckets that take logs, too: the ones that users may choose",
		},
		{
			Name: "oss-role", Document: policyForRoles, NeededBy: makesRoles,
			For: "bindings of the kind `role`, where `--clusters-file` names clusters",
		},
		{
			Name: "oss-empty", Document: policyForEmptying, NeededBy: empties,
			For: "only with plans whose `deletion` is `empty` or `delete`: removing objects. No plan of the program has that",
		},
	}
}

// takesOptions reports whether a plan has options, or users may ask for some.
func takesOptions(p *catalog.Plan) bool {
	return slices.ContainsFunc(options(), func(o option) bool { return p.AsksFor(o.name) })
}

func makesRoles(p *catalog.Plan) bool {
	kinds, err := kindsOf(p.Settings)
	return err == nil && slices.Contains(kinds, kindRole)
}

func empties(p *catalog.Plan) bool {
	return p.Deletion == string(providers.Empty) || p.Deletion == string(providers.DeleteData)
}
