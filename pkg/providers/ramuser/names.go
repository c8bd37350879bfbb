package ramuser

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"

// Names hold 130 bits of the hash of a life. They are 30 characters of
// [a-z2-7-], which fits users (1 to 64) and policies (1 to 128 letters, digits
// and hyphens).
const (
	namePrefix = "osb-"
	nameHash   = 26
)

// UserName returns the name of a binding's user.
func UserName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-user") }

// PolicyName returns the name of a binding's policy.
func PolicyName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-policy") }
