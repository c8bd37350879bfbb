package alicloud

import (
	"errors"
	"strings"
)

// Sentence returns what to tell the user of an error: what to change, or who
// can mend it. The same error gives the same words, and they hold nothing of
// the cloud's own text, no ids and no times.
func Sentence(err error) string {
	if e, ok := asError(err); ok {
		if s := codeSentence(e.Code); s != "" {
			return s
		}
	}
	for _, k := range kindSentences {
		if errors.Is(err, k.kind) {
			return k.text
		}
	}
	return "The cloud did not do it yet; the broker goes on trying."
}

// codeSentence finds the sentence of a code or of its family.
func codeSentence(code string) string {
	if s := codeSentences[code]; s != "" {
		return s
	}
	family, _, _ := strings.Cut(code, ".")
	return codeSentences[family+".*"]
}

const (
	classText    = "The instance class is not offered for this engine, storage and zone; choose another plan or Class."
	versionText  = "The engine or its version is not offered here; choose another plan or EngineVersion."
	storageText  = "The storage size is not offered for this class; choose another plan or Storage."
	shrinkText   = "Storage cannot shrink; keep its size or choose a larger one."
	networkText  = "The VPC, VSwitch and zone do not fit together or do not exist; correct VpcID, VSwitchID and ZoneId."
	accountText  = "The account name is not allowed; choose another Username."
	passwordText = "The password is not allowed; it needs 8 to 32 characters of at least three kinds: upper-case, lower-case, digits, and !@#$%^&*()_+-=."
)

// codeSentences are for codes that say what to change.
var codeSentences = map[string]string{ //nolint:gochecknoglobals // a table that nobody writes
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
	"InvalidBucketName":                           "The bucket name is not allowed; choose another.",
	"InvalidStorageClass":                         "The storage class is not offered; choose another StorageClass.",
}

// kindSentences are for everything else, in the order of their weight.
var kindSentences = []struct { //nolint:gochecknoglobals // a table that nobody writes
	kind error
	text string
}{
	{ErrCredentials, "The cloud refuses the broker's credentials; ask the operator of the broker."},
	{ErrDenied, "The broker lacks a permission in the cloud account; ask the operator of the broker."},
	{ErrArrears, "The cloud account cannot buy now; ask the operator of the broker."},
	{ErrQuota, "A quota of the cloud account is used up; ask the operator of the broker."},
	{ErrSoldOut, "The cloud has no capacity for this here; choose another plan or zone."},
	{ErrInvalid, "The cloud refuses the request as invalid; check the parameters or choose another plan."},
	{ErrExists, "The name is taken; choose another."},
	{ErrThrottled, "The cloud is busy; the broker goes on at a slower pace."},
	{ErrWrongState, "The cloud is at work on the resource; the broker goes on when it is ready."},
}
