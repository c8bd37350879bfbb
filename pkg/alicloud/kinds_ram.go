package alicloud

// ramKinds are the codes of RAM (page "Error messages").
var ramKinds = map[string]error{
	"EntityNotExist.*":        ErrNotFound, // also of a link that is not there
	"EntityAlreadyExists.*":   ErrExists,
	"DeleteConflict.*":        ErrWrongState, // also for minutes after the links are gone
	"LimitExceeded.*":         ErrQuota,
	"NoPermission":            ErrDenied,
	"Inactive":                ErrDenied, // RAM is not activated for the account
	"MalformedPolicyDocument": ErrInvalid,
	"InvalidParameter.*":      ErrInvalid,
	"InvalidProtocol.NeedSsl": ErrInvalid,
}

// stsKinds are the codes of STS (page "Error messages").
var stsKinds = map[string]error{
	"NoPermission":         ErrDenied, // also where the role does not trust the caller
	"EntityNotExist.Role":  ErrNotFound,
	"AuthenticationFail.*": ErrCredentials,
	"InvalidParameter.*":   ErrInvalid,
}

// vpcKinds are the codes of VPC (pages of DescribeVSwitches and
// DescribeVpcAttribute).
var vpcKinds = map[string]error{
	"InvalidVpcId.NotFound":     ErrNotFound,
	"InvalidVSwitchId.NotFound": ErrNotFound,
	"Forbidden.VpcNotFound":     ErrNotFound,
	"InvalidVpcIdNumber.*":      ErrInvalid,
	"InvalidVSwitchIdNumber.*":  ErrInvalid,
}
