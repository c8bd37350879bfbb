package rpc

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A denial is the member AccessDeniedDetail of a refusal by RAM (A017). It lacks
// EncodedDiagnosticMessage, which RAM alone can read.
type denial struct {
	PolicyType               string
	AuthPrincipalOwnerID     string `json:"AuthPrincipalOwnerId"`
	AuthPrincipalType        string
	AuthPrincipalDisplayName string
	NoPermissionType         string
	AuthAction               string
}

func denialOf(a cloud.Authorizer, caller cloud.Caller, action, resource string) *denial {
	d := &denial{
		PolicyType: "AccountLevelIdentityBasedPolicy", AuthPrincipalOwnerID: caller.AccountID, AuthPrincipalType: caller.Kind.String(),
		AuthPrincipalDisplayName: caller.AccountID, NoPermissionType: "ImplicitDeny", AuthAction: action,
	}
	switch caller.Kind {
	case cloud.Account:
	case cloud.User:
		d.AuthPrincipalType, d.AuthPrincipalDisplayName = "SubUser", caller.ID
	case cloud.Role:
		_, d.AuthPrincipalDisplayName, _ = strings.Cut(caller.ARN, ":assumed-role/")
		d.AuthPrincipalDisplayName = strings.Replace(d.AuthPrincipalDisplayName, "/", ":", 1)
	}
	if denier, ok := a.(cloud.Denier); ok && denier.Denies(caller, action, resource) {
		d.NoPermissionType = "ExplicitDeny"
	}
	return d
}
