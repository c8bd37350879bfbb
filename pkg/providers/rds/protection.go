package rds

import (
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Sentences about protected instances.
const (
	textProtected        = "The instance is protected from deletion. Update it with DeletionProtection false, then delete it."
	textProtectedByPlan  = "The plan protects its instances from deletion. Update this one with DeletionProtection false, or, where the plan takes no such parameter, ask the operator of the broker; then delete it."
	textProtectedByCloud = "The database server is protected from deletion in the console of RDS. Lift its protection there; the broker then deletes it by itself."
)

// optionProtection is the parameter that protects an instance from deletion.
const optionProtection = "DeletionProtection"

// Protection refuses to delete an instance that the parameter or the plan protects.
func (instances) Protection(t providers.Task) *providers.Failure {
	var plan struct {
		Protected bool                       `json:"protected"`
		Options   map[string]json.RawMessage `json:"options"`
	}
	if json.Unmarshal(t.Plan, &plan) != nil {
		return nil //nolint:nilerr // the operation that follows tells that the plan is unreadable
	}
	value, isStated := plan.Options[optionProtection]
	switch {
	case isStated && string(value) == "true":
		return providers.Failf(providers.Policy, textProtected)
	case !isStated && plan.Protected:
		return providers.Failf(providers.Policy, textProtectedByPlan)
	}
	return nil
}
