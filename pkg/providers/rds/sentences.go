package rds

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"

const (
	classText    = "The instance class is not offered for this engine, storage and zone; choose another plan or Class."
	versionText  = "The engine or its version is not offered here; choose another plan or EngineVersion."
	storageText  = "The storage size is not offered for this class; choose another plan or Storage."
	shrinkText   = "Storage cannot shrink; keep its size or choose a larger one."
	networkText  = "The VPC, VSwitch and zone do not fit together or do not exist; correct VpcID, VSwitchID and ZoneId."
	accountText  = "The account name is not allowed; choose another Username."
	passwordText = "The password is not allowed; it needs 8 to 32 characters of at least three kinds: upper-case, lower-case, digits, and !@#$%^&*()_+-=."
)

// sentences are for codes of RDS and VPC that say what to change.
var sentences = alicloud.Sentences{ //nolint:gochecknoglobals // a table that nobody writes
	"InvalidDBInstanceClass.*":                    classText,
	"InvaildDBInstanceClassInRegion.NotAvailable": classText,
	"InvalidEngine.*":                             versionText,
	"InvalidEngineVersion.*":                      versionText,
	"InvaildEngineInRegion.NotAvailable":          versionText,
	"InvalidDBInstanceStorage.*":                  storageText,
	"InvalidStorage.*":                            storageText,
	"InvalidEssdStorageSize":                      storageText,
	"InvalidReduceDiskSize":                       shrinkText,
	"UnSupportDbTypeReduceDiskSize":               shrinkText,
	"InvalidStorageSize.*":                        shrinkText,
	"InvalidVSwitchId.*":                          networkText,
	"InvalidVswitchId":                            networkText,
	"InvalidVPCId.*":                              networkText,
	"InvalidVpcId.*":                              networkText,
	"InvalidZoneId.*":                             networkText,
	"InvalidZone.NotSupported":                    "The zone does not offer this engine; choose another ZoneId and a VSwitch there.",
	"VswitchIpExhausted":                          "The VSwitch has no free addresses; choose another VSwitchID.",
	"InsufficientResourceCapacity":                "The instance class is sold out here; choose another plan, Class or ZoneId.",
	"AccountLimitExceeded":                        "The instance has all the accounts it can have; unbind some, or update to a larger plan.",
	"InvalidAccountName.*":                        accountText,
	"InvalidAccountPassword.*":                    passwordText,
	"InvalidNetworkTypeClassicWhenCloudStorage":   "The classic network is closed; use NetworkType VPC.",
}
