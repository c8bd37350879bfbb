package oss

import (
	"cmp"
	"encoding/json"

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
	// Unblocked says that the user wants no block of public access beside a private ACL.
	Unblocked  bool          `json:"unblocked,omitempty"`
	NamePrefix string        `json:"name_prefix,omitempty"`
	Options    wantedOptions `json:"options,omitempty"`
}

// blocks reports whether public access to the bucket is to be blocked.
func (p instancePlan) blocks() bool { return p.Guarded && p.ACL == aclPrivate && !p.Unblocked }

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
	if _, err := endpointSettingsOf(t.Settings); err != nil {
		return instancePlan{}, err
	}
	prefix := cmp.Or(given.NamePrefix, s.NamePrefix)
	plan := instancePlan{
		Bucket:          bucketName(t.Life, prefix),
		Region:          cmp.Or(given.Region, t.Region),
		ACL:             cmp.Or(given.ACL, s.ACL),
		StorageClass:    cmp.Or(given.StorageClass, s.StorageClass),
		AccessKeyID:     given.AccessKeyID,
		AccessKeySecret: given.AccessKeySecret,
		Guarded:         true,
		Unblocked:       !*cmp.Or(given.BlockPublicAccess, s.BlockPublicAccess, new(true)),
		NamePrefix:      prefix,
	}
	if t.Was != nil {
		plan, err = prepareUpdate(t, given, plan)
		if err != nil {
			return plan, err
		}
	}
	if plan.Options, err = resolveOptions(given.Options, s.Options, plan.Options); err != nil {
		return plan, err
	}
	return plan, checkTogether(plan, s, given)
}

// checkTogether checks values that exclude each other.
func checkTogether(plan instancePlan, s settings, given parameters) error {
	isPublic := plan.ACL != aclPrivate
	switch redundancy := textOf(plan.Options["Redundancy"]); {
	case (isPublic || plan.Unblocked) && !s.allowsPublic():
		return invalid("This plan makes private buckets alone: choose private for Acl, and true for BlockPublicAccess.", nil)
	case isPublic && given.BlockPublicAccess != nil && *given.BlockPublicAccess:
		return invalid("BlockPublicAccess and a public Acl exclude each other: choose private for Acl.", nil)
	case redundancy == redundancyZRS && coldness(plan.StorageClass) > coldness("Archive"):
		return invalid("Redundancy ZRS is for the StorageClass Standard, IA and Archive.", nil)
	}
	if raw := plan.Options["Logging"]; raw != nil {
		var l logging
		if json.Unmarshal(raw, &l) == nil && l.TargetBucket == plan.Bucket {
			return invalid("Logging: TargetBucket is the bucket itself, which would never be empty again; choose another.", nil)
		}
	}
	return nil
}

// prepareUpdate keeps the plan of before and changes what a bucket can change of
// itself: the ACL, the block of public access, and the user's key.
func prepareUpdate(t providers.Task, given parameters, wanted instancePlan) (instancePlan, error) {
	var plan instancePlan
	if err := providers.Decode(t.Plan, "plan of the instance", &plan); err != nil {
		return plan, err
	}
	for _, fixed := range []struct{ name, given, have string }{
		{"Region", given.Region, plan.Region},
		{"StorageClass", given.StorageClass, plan.StorageClass},
		{"NamePrefix", given.NamePrefix, plan.NamePrefix},
	} {
		if fixed.given != "" && fixed.given != fixed.have {
			return plan, providers.Fixedf("%s is fixed when the bucket is made. Make another instance instead.", fixed.name)
		}
	}
	// The secret of a key never changes, so a new half is a mistake.
	if (given.AccessKeyID == plan.AccessKeyID) != (given.AccessKeySecret == plan.AccessKeySecret) {
		return plan, invalid("AccessKeyId and AccessKeySecret change together. Send both of the new key, or null for both: the broker has its own.", nil)
	}
	plan.Guarded, plan.Unblocked = true, wanted.Unblocked
	plan.ACL, plan.AccessKeyID, plan.AccessKeySecret = wanted.ACL, given.AccessKeyID, given.AccessKeySecret
	return plan, nil
}
