package oss

import (
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bindParameters are the user's parameters of a binding, in normal form, with the
// defaults in the place of absent ones. Every kind reads them here.
type bindParameters struct {
	Kind           string `json:"Kind"` // empty: chooseKind tells
	ServiceAccount string `json:"ServiceAccount"`
	Access         string `json:"Access"`
}

// bindParametersOf reads parameters in normal form, which the bind schemas of
// plans.yaml have checked, and adds the checks beyond a schema.
func bindParametersOf(raw json.RawMessage) (bindParameters, error) {
	p := bindParameters{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return p, invalid("The parameters must be an object of strings.", err)
		}
	}
	if p.Access == "" {
		p.Access = accessReadWrite
	}
	return p, nil
}

// grantOf returns what a binding may do on the bucket of its instance.
func grantOf(binding providers.Task) (grant, error) {
	if binding.Of == nil {
		return grant{}, providers.Unreadable(errNoInstance)
	}
	plan, err := instancePlanOf(*binding.Of)
	if err != nil {
		return grant{}, err
	}
	given, err := bindParametersOf(binding.Parameters)
	return grant{Bucket: plan.Bucket, Access: given.Access}, err
}
