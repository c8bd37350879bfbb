package cloud

import "time"

// A RoleInfo is what STS needs to know of a RAM role.
type RoleInfo struct {
	Name, ID   string
	MaxSession time.Duration // MaxSessionDuration
}

// A Principal is who wants to assume a role, and what a role's trust policy
// may ask about it.
type Principal struct {
	RAM       []string // its names as a RAM principal: the user or role, and the account's root
	Service   string   // "ecs.aliyuncs.com"
	Federated string   // the ARN of an identity provider
	// Facts are condition keys with their values: sts:ExternalId, oidc:sub.
	// What is always known of a request need not be there.
	Facts         map[string][]string
	Circumstances Circumstances
}
