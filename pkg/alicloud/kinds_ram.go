package alicloud

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// ramKinds are the codes of RAM (page "Error messages").
var ramKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"EntityNotExist.*":        providers.ErrNotFound, // also of a link that is not there
	"EntityAlreadyExists.*":   providers.ErrExists,
	"DeleteConflict.*":        providers.ErrWrongState, // also for minutes after the links are gone
	"LimitExceeded.*":         providers.ErrQuota,
	"Inactive":                providers.ErrDenied, // RAM is not activated for the account
	"MalformedPolicyDocument": providers.ErrInvalid,
	"InvalidProtocol.NeedSsl": providers.ErrInvalid,
}

// stsKinds are the codes of STS (page "Error messages").
var stsKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"EntityNotExist.Role":  providers.ErrNotFound,
	"AuthenticationFail.*": providers.ErrCredentials,
}

// vpcKinds are the codes of VPC (pages of DescribeVSwitches and
// DescribeVpcAttribute).
var vpcKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"InvalidVpcId.NotFound":     providers.ErrNotFound,
	"InvalidVSwitchId.NotFound": providers.ErrNotFound,
	"Forbidden.VpcNotFound":     providers.ErrNotFound,
	"InvalidVpcIdNumber.*":      providers.ErrInvalid,
	"InvalidVSwitchIdNumber.*":  providers.ErrInvalid,
}
