package cloud

import "time"

// A RoleInfo describes a RAM role to STS.
type RoleInfo struct {
	Name, ID   string
	MaxSession time.Duration // MaxSessionDuration
}

// A Principal is the identity that asks for a role, with the facts that a trust
// policy may test.
type Principal struct {
	RAM       []string // its names as a RAM principal: the user or role, and the account's root
	Service   string   // "ecs.aliyuncs.com"
	Federated string   // the ARN of an identity provider
	// Facts are condition keys with their values: sts:ExternalId, oidc:sub.
	// Facts that every request has may be left out.
	Facts  map[string][]string
	Origin Origin
}
