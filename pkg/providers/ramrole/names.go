package ramrole

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"

// Names hold 130 bits of the hash of a life. They are 30 characters of
// [a-z2-7-], which fits roles (1 to 64 letters, digits, dots and hyphens) and
// policies. RAM shows ARNs in lower case.
const (
	namePrefix = "osb-"
	nameHash   = 26
)

// RoleName returns the name of a binding's role.
func RoleName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-role") }

// PolicyName returns the name of a binding's policy.
func PolicyName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-role-policy") }
