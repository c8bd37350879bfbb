package ram

// The quotas of an account (RAM documentation, "Limits"; as of 2021, when
// they can be raised the lower ones are the safer ones to test with).
const (
	maxUsers          = 1000
	maxGroups         = 50
	maxPolicies       = 1500
	maxKeysPerUser    = 2
	maxKeysOfAccount  = 5
	maxGroupsPerUser  = 5
	maxCustomPerUser  = 10
	maxSystemPerUser  = 20
	maxCustomPerGroup = 5
	maxSystemPerGroup = 20
	maxRoles          = 1000
	maxCustomPerRole  = 10
	maxSystemPerRole  = 20
	maxVersions       = 5
	maxDocument       = 6144
	maxShortText      = 128
	maxDescription    = 1024
	maxPageSize       = 1000
	defaultPageSize   = 100
	firstID           = 200000000000000000
	firstRoleID       = 300000000000000000
)
