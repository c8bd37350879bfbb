package ramuser

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Product returns RAM as the cloud's clients need it: one central host, and the
// codes of the page "Error messages".
func Product() alicloud.Product {
	return alicloud.Product{
		Name: "ram", Version: "2015-05-01", Host: alicloud.CentralHost("ram"),
		Codes: map[string]error{
			"EntityNotExist.*":        providers.ErrNotFound, // also of a link that is not there
			"EntityAlreadyExists.*":   providers.ErrExists,
			"DeleteConflict.*":        providers.ErrWrongState, // also for minutes after the links are gone
			"LimitExceeded.*":         providers.ErrQuota,
			"Inactive":                providers.ErrDenied, // RAM is not activated for the account
			"MalformedPolicyDocument": providers.ErrInvalid,
			"InvalidProtocol.NeedSsl": providers.ErrInvalid,
			// Of the tags of a role (RAM API, TagResources).
			"InvalidParameter.TagKey":     providers.ErrTagRefused,
			"InvalidParameter.TagValue":   providers.ErrTagRefused,
			"InvalidParameter.Tag.Format": providers.ErrTagRefused,
			"Duplicate.TagKey":            providers.ErrTagRefused,
			"LimitExceeded.Tag":           providers.ErrTagRefused,
		},
	}
}
