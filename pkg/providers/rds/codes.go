package rds

import (
	_ "embed" // the table of hosts

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

//go:embed hosts.yaml
var hosts []byte

// product returns RDS as the cloud's clients need it: hosts (hosts.yaml),
// and error codes (error tables of CreateDBInstance, ModifyDBInstanceSpec,
// DeleteDBInstance, CreateAccount, GrantAccountPrivilege, ModifySecurityIps, and
// the product's common error codes).
func product() alicloud.Product {
	return alicloud.Product{
		Name: "rds", Version: "2014-08-15",
		Host: alicloud.TableHost(hosts),
		// To orders it says that the class is sold out; to accounts and databases, that
		// the instance is busy (RDS API, error tables).
		ActionCodes: map[string]map[string]error{
			"CreateDBInstance":     {codeOutOfUsage: providers.ErrSoldOut},
			"ModifyDBInstanceSpec": {codeOutOfUsage: providers.ErrSoldOut},
		},
		Codes: map[string]error{
			"InvalidDBInstanceId.NotFound":                providers.ErrNotFound,
			"InvalidDBInstanceName.NotFound":              providers.ErrNotFound,
			"InvalidDBInstance.NotFound":                  providers.ErrNotFound,
			"InvalidAccountName.NotFound":                 providers.ErrNotFound,
			"InvalidDBName.NotFound":                      providers.ErrNotFound,
			"InvalidCurrentConnectionString.NotFound":     providers.ErrNotFound,
			"AtLeastOneNetTypeExists":                     providers.ErrNotFound, // to the release of an endpoint that is gone
			"NetTypeExists":                               providers.ErrExists,   // a public endpoint
			"OtherEndpoint.Exist":                         providers.ErrExists,
			"InvalidConnectionStringPrefix.*":             providers.ErrInvalid,
			"OperationDenied.SSLEnabled":                  providers.ErrInvalid, // of the endpoint that is to go
			"InvalidParameters.*":                         providers.ErrInvalid,
			"Abs.InvalidMaintainTime":                     providers.ErrInvalid,
			"InvaildEngineInRegion.ValueNotSupported":     providers.ErrInvalid, // spelled so; of SSL
			"InstanceEngineType.NotSupport":               providers.ErrInvalid, // of SSL
			"OperationDenied.DBInstanceType":              providers.ErrInvalid, // of SSL
			"Forbidden.KeyNotFound":                       providers.ErrInvalid, // of KMS
			"Rejected.Disabled":                           providers.ErrInvalid, // the key
			"InvalidInstanceLevel.DiskType":               providers.ErrInvalid,
			"ParamGroupsNotExistError":                    providers.ErrInvalid,
			"EntityNotExist.ResourceGroup":                providers.ErrInvalid,
			"InvalidPreferredBackupPeriod.*":              providers.ErrInvalid,
			"InvalidPreferredBackupTime.*":                providers.ErrInvalid,
			"InvalidBackupRetentionPeriod.*":              providers.ErrInvalid,
			"InvalidLogBackupRetentionPeriod.*":           providers.ErrInvalid,
			"InvalidCondition.NotFound":                   providers.ErrNotFound, // DescribeAvailableClasses: none is sold
			"InvalidAccountName.Duplicate":                providers.ErrExists,
			"InvalidDBName.Duplicate":                     providers.ErrExists,
			"InvalidDBInstanceName.Duplicate":             providers.ErrExists,
			"InvalidSecurityIPList.Duplicate":             providers.ErrExists,
			"InvalidRequestId":                            providers.ErrTokenUsed,
			"InvalidConcurrentOperate":                    alicloud.ErrEarlierAttempt,
			"OperationDenied.*":                           providers.ErrWrongState,
			"IncorrectDBInstanceState":                    providers.ErrWrongState,
			"InvalidDBInstanceStatus.*":                   providers.ErrWrongState,
			"InvalidAccountStatus.*":                      providers.ErrWrongState, // of a database account
			"InvalidAccountStatus.NotEnoughBalance":       providers.ErrArrears,
			"IncorrectAccountStatus":                      providers.ErrWrongState,
			"IncorrectDBInstanceLockMode.*":               providers.ErrWrongState, // a look tells which lock
			"InvalidStatus.*":                             providers.ErrWrongState, // to StartDBInstance and StopDBInstance
			"InvalidOrderTask.NotSupport":                 providers.ErrWrongState, // one order at a time
			"GeneralIns.*":                                providers.ErrWrongState,
			"DbRestoring":                                 providers.ErrWrongState,
			"InvalidDB.NotFound":                          providers.ErrWrongState, // to grants, of a database that was made just before
			"AccountActionForbidden":                      providers.ErrInvalid,    // objects depend on the account
			"ConcurrentTaskExceeded":                      providers.ErrWrongState,
			"LockTimeout":                                 providers.ErrWrongState,
			"InstanceConnectTimeoutFault":                 providers.ErrWrongState,
			"Database.ConnectError":                       providers.ErrWrongState,
			"EngineMigration.ActionDisabled":              providers.ErrWrongState,
			"InsufficientResourceCapacity":                providers.ErrSoldOut,
			"VswitchIpExhausted":                          providers.ErrSoldOut,
			"InvalidZone.NotSupported":                    providers.ErrSoldOut,
			"InvaildEngineInRegion.NotAvailable":          providers.ErrSoldOut, // spelled so by the API
			"InvaildDBInstanceClassInRegion.NotAvailable": providers.ErrSoldOut,
			"AccountLimitExceeded":                        providers.ErrSoldOut, // of the instance, not of the cloud account
			"QuotaExceeded.CreateInstance":                providers.ErrQuota,
			"InsufficientAvailableQuota":                  providers.ErrQuota,
			"InvalidSecurityIPListGroup.QuotaExceeded":    providers.ErrQuota,
			"InvalidUserOperatorPermission":               providers.ErrDenied,
			codeNoLinkedRole:                              providers.ErrDenied, // made by the broker, or the operator
			"InvalidDBInstanceClass.*":                    providers.ErrInvalid,
			"InvalidEngineVersion.*":                      providers.ErrInvalid,
			"InvalidEngine.*":                             providers.ErrInvalid,
			"InvalidDBInstanceStorage.*":                  providers.ErrInvalid,
			"InvalidStorage.*":                            providers.ErrInvalid,
			"InvalidStorageSize.*":                        providers.ErrInvalid,
			"InvalidEssdStorageSize":                      providers.ErrInvalid,
			"InvalidReduceDiskSize":                       providers.ErrInvalid,
			"UnSupportDbTypeReduceDiskSize":               providers.ErrInvalid,
			"InvalidDBInstanceDescription.*":              providers.ErrInvalid,
			"InvalidPrivateIpAddress.*":                   providers.ErrInvalid,
			"InvalidVSwitchId.*":                          providers.ErrInvalid,
			"InvalidVswitchId":                            providers.ErrInvalid,
			"InvalidVSwitchId":                            providers.ErrInvalid,
			"InvalidSaleComponentFault":                   providers.ErrInvalid,
			"NotSupportReduceDiskSize":                    providers.ErrInvalid,
			"IncorrectPrimaryDBInstanceDisksize":          providers.ErrInvalid, // read-only instances are smaller
			"InvalidVPCId.*":                              providers.ErrInvalid,
			"InvalidZoneId.*":                             providers.ErrInvalid,
			"InvalidNetworkTypeClassicWhenCloudStorage":   providers.ErrInvalid,
			"InvalidSecurityIPList.*":                     providers.ErrInvalid,
			"SecurityIPList.*":                            providers.ErrInvalid,
			"InvalidAccountName.*":                        providers.ErrInvalid,
			"InvalidAccountPassword.*":                    providers.ErrInvalid,
			"InvalidAccountDescription.*":                 providers.ErrInvalid,
			"InvalidAccountType.*":                        providers.ErrInvalid,
			"IncorrectAccountType":                        providers.ErrInvalid,
			"IncorrectAccountPrivilegeType":               providers.ErrInvalid,
			"IncorrectDBInstanceType":                     providers.ErrInvalid,
			"InvalidDBName.*":                             providers.ErrInvalid,
			"InvalidDBNameOrAccountPrivilege":             providers.ErrInvalid,
			"InvalidCharacterSetName.*":                   providers.ErrInvalid,
			"NumberExceed.Tags":                           providers.ErrTagRefused,
			"InvalidTagKey.*":                             providers.ErrTagRefused,
			"InvalidTagValue.*":                           providers.ErrTagRefused,
			"Duplicate.TagKey":                            providers.ErrTagRefused,
			"InvalidInstanceLevel.*":                      providers.ErrInvalid,
			"InvalidAccountPrivilege.*":                   providers.ErrInvalid,
			"InvalidDBDescription.*":                      providers.ErrInvalid,
			"OperationDenied.PayType":                     providers.ErrInvalid,
			"DBLimitExceeded":                             providers.ErrSoldOut, // of the instance
			"InvalidParam.*":                              providers.ErrInvalid,
			"RequestMetaDataFailed":                       providers.ErrOutcomeUnknown,
			"InvokeProxyFailure":                          providers.ErrOutcomeUnknown,
			"ExternalFailure":                             providers.ErrOutcomeUnknown,
		},
	}
}

// Codes that have a meaning of their own in code.
const (
	codeOutOfUsage   = "OperationDenied.OutofUsage"
	codeNoLinkedRole = "ServiceLinkedRole.NotExist"
)

const (
	saleText       = "RDS does not sell this combination of class, storage, storage type and zone; choose another plan, Class or StorageType."
	soldOutText    = "The instance class is sold out here; choose another plan, Class or ZoneId."
	linkedRoleText = "The cloud account lacks the service-linked role that its first instance of RDS needs (AliyunServiceRoleForRds, for PostgreSQL AliyunServiceRoleForRdsPgsqlOnEcs); ask the operator of the broker to create it in the console of RAM. The broker then goes on by itself."

	classText    = "The instance class is not offered for this engine, storage and zone; choose another plan or Class."
	versionText  = "The engine or its version is not offered here; choose another plan or EngineVersion."
	storageText  = "The storage size is not offered for this class; choose another plan or Storage."
	shrinkText   = "Storage cannot shrink; keep its size or choose a larger one."
	networkText  = "The VPC, VSwitch and zone do not fit together or do not exist; correct VpcID, VSwitchID and ZoneId."
	accountText  = "The account name is not allowed; choose another Username."
	databaseText = "RDS does not take the name or the character set of a database; choose others in Databases."
	keyText      = "The EncryptionKey is no enabled key of KMS in this region; correct it, or choose ServiceKey."
	passwordText = "The password is not allowed; it needs 8 to 32 characters of at least three kinds: upper-case, lower-case, digits, and !@#$%^&*()_+-=."
)

// sentences returns the sentence for users by code of RDS or VPC.
func sentences() alicloud.Sentences {
	return alicloud.Sentences{
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
		"InvalidVSwitchId":                            networkText,
		"InvalidSaleComponentFault":                   saleText,
		codeOutOfUsage:                                soldOutText,
		"NotSupportReduceDiskSize":                    shrinkText,
		"IncorrectPrimaryDBInstanceDisksize":          "The instance has read-only instances, made in the console of RDS, that are smaller; enlarge them first.",
		codeNoLinkedRole:                              linkedRoleText,
		"InvalidVPCId.*":                              networkText,
		"InvalidVpcId.*":                              networkText,
		"InvalidZoneId.*":                             networkText,
		"InvalidZone.NotSupported":                    "The zone does not offer this engine; choose another ZoneId and a VSwitch there.",
		"VswitchIpExhausted":                          "The VSwitch has no free addresses; choose another VSwitchID.",
		"InsufficientResourceCapacity":                soldOutText,
		"AccountLimitExceeded":                        "The instance has all the accounts it can have; unbind some, or update to a larger plan.",
		"AccountActionForbidden":                      "Objects of the database depend on the account; drop them, or give them to another account.",
		"InvalidAccountName.*":                        accountText,
		"Forbidden.KeyNotFound":                       keyText,
		"Rejected.Disabled":                           keyText,
		"InvalidInstanceLevel.DiskType":               "RDS does not encrypt the disks of this class; leave EncryptionKey out, or choose another plan.",
		"InvalidDBName.*":                             databaseText,
		"InvalidCharacterSetName.*":                   databaseText,
		"InvalidAccountPassword.*":                    passwordText,
		"InvalidNetworkTypeClassicWhenCloudStorage":   "The classic network is closed; use NetworkType VPC.",
	}
}
