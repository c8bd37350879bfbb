package oss

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramrole"
)

// roleBindings returns the kind "role": a RAM role that a Kubernetes service account
// assumes.
func (s service) roleBindings() ramrole.Kind {
	return ramrole.New(ramrole.Config{
		Access:      s.accessForBindings(),
		Clusters:    s.clusters,
		Account:     accountForBindings,
		Document:    policyOf,
		Credentials: s.credentialsOfRole,
	})
}

// accountForBindings returns the account in which the bindings of an instance are
// made: the one of the user's key, or the broker's.
func accountForBindings(instance providers.Task) (string, error) {
	plan, err := planForBindings(instance)
	if err != nil {
		return "", err
	}
	if plan.AccessKeyID != "" {
		return instance.Facts.Open[factOwner], nil
	}
	return instance.Owner, nil
}

// credentialsOfRole returns the credentials of an application, none of which is
// secret: the bucket, and the names that an SDK exchanges a token of the service
// account by.
func (s service) credentialsOfRole(binding providers.Task, role ramrole.Role) (map[string]string, error) {
	plan, at, shown, err := s.bucketOf(binding)
	if err != nil {
		return nil, err
	}
	credentials := bucketCredentials(at, shown, plan)
	credentials["role_arn"] = role.ARN
	credentials["oidc_provider_arn"] = role.Provider
	credentials["oidc_audience"] = role.Audience
	credentials["service_account"] = role.ServiceAccount
	return withPrefix(binding, credentials)
}
