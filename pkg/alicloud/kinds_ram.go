package alicloud

// ramKinds are the codes of RAM (page "Error messages").
var ramKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"EntityNotExist.*":        ErrNotFound, // also of a link that is not there
	"EntityAlreadyExists.*":   ErrExists,
	"DeleteConflict.*":        ErrWrongState, // also for minutes after the links are gone
	"LimitExceeded.*":         ErrQuota,
	"Inactive":                ErrDenied, // RAM is not activated for the account
	"MalformedPolicyDocument": ErrInvalid,
	"InvalidProtocol.NeedSsl": ErrInvalid,
}

// stsKinds are the codes of STS (page "Error messages").
var stsKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"EntityNotExist.Role":  ErrNotFound,
	"AuthenticationFail.*": ErrCredentials,
}

// vpcKinds are the codes of VPC (pages of DescribeVSwitches and
// DescribeVpcAttribute).
var vpcKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"InvalidVpcId.NotFound":     ErrNotFound,
	"InvalidVSwitchId.NotFound": ErrNotFound,
	"Forbidden.VpcNotFound":     ErrNotFound,
	"InvalidVpcIdNumber.*":      ErrInvalid,
	"InvalidVSwitchIdNumber.*":  ErrInvalid,
}
