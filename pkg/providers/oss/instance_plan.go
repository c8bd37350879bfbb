package oss

import (
	"cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// instancePlan is the plan of an instance. It holds the user's secret key, if one
// was given.
type instancePlan struct {
	Bucket          string           `json:"bucket"`
	Region          string           `json:"region"`
	ACL             string           `json:"acl"`
	StorageClass    string           `json:"storage_class"`
	AccessKeyID     string           `json:"access_key_id,omitempty"`
	AccessKeySecret providers.Secret `json:"access_key_secret,omitempty"`
	// Guarded says that public access is blocked where the ACL is private. Plans of
	// before lack it: their operations keep the steps that they began with.
	Guarded bool `json:"guarded,omitempty"`
}

// firstACL returns the ACL that the bucket is made with. New buckets block public
// access, so that OSS refuses a public ACL until the block is lifted.
func (p instancePlan) firstACL() string {
	if p.Guarded {
		return aclPrivate
	}
	return p.ACL
}

// instancePlanOf reads the plan of an instance.
func instancePlanOf(t providers.Task) (instancePlan, error) {
	var plan instancePlan
	err := providers.Decode(t.Plan, "plan of the instance", &plan)
	return plan, err
}

func prepareInstance(t providers.Task) (instancePlan, error) {
	given, err := parametersOf(t.Parameters)
	if err != nil {
		return instancePlan{}, err
	}
	s, err := settingsOf(t.Settings)
	if err != nil {
		return instancePlan{}, err
	}
	plan := instancePlan{
		Bucket:          bucketName(t.Life),
		Region:          cmp.Or(given.Region, t.Region),
		ACL:             cmp.Or(given.ACL, s.ACL),
		StorageClass:    cmp.Or(given.StorageClass, s.StorageClass),
		AccessKeyID:     given.AccessKeyID,
		AccessKeySecret: given.AccessKeySecret,
		Guarded:         true,
	}
	if t.Was == nil {
		return plan, nil
	}
	return prepareUpdate(t, given, plan)
}

// prepareUpdate keeps the plan of before and changes the ACL, the one property of a
// bucket that can change, and the user's key.
func prepareUpdate(t providers.Task, given parameters, wanted instancePlan) (instancePlan, error) {
	var plan instancePlan
	if err := providers.Decode(t.Plan, "plan of the instance", &plan); err != nil {
		return plan, err
	}
	for _, fixed := range []struct{ name, given, have string }{
		{"Region", given.Region, plan.Region},
		{"StorageClass", given.StorageClass, plan.StorageClass},
	} {
		if fixed.given != "" && fixed.given != fixed.have {
			return plan, providers.Fixedf("%s is fixed when the bucket is made. Make another instance instead.", fixed.name)
		}
	}
	// The secret of a key never changes, so a new half is a mistake.
	if (given.AccessKeyID == plan.AccessKeyID) != (given.AccessKeySecret == plan.AccessKeySecret) {
		return plan, invalid("AccessKeyId and AccessKeySecret change together. Send both of the new key, or null for both: the broker has its own.", nil)
	}
	plan.Guarded = true
	plan.ACL, plan.AccessKeyID, plan.AccessKeySecret = wanted.ACL, given.AccessKeyID, given.AccessKeySecret
	return plan, nil
}
