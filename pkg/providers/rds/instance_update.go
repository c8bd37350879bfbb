package rds

import (
	"context"
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// stepSpec changes the class or the storage of an instance.
const stepSpec = "spec"

// A specRequest is the frozen request of stepSpec.
type specRequest struct {
	InstanceID, Class, StorageType string
	Storage                        int
}

// prepareUpdate keeps names, network and engine, and resolves the rest anew.
func prepareUpdate(t providers.Task, whitelist []string) (instancePlan, error) {
	old, err := instancePlanOf(t)
	if err != nil {
		return old, err
	}
	s, err := settingsOf(t.Settings)
	if err != nil {
		return old, err
	}
	plan := old
	plan.Whitelist, plan.Protected = whitelist, s.Protected
	plan.Engine, plan.EngineVersion, plan.Class, plan.Storage = s.Engine, s.EngineVersion, s.Class, s.Storage
	if s.SelfDefine { // the user's omissions mean: as it is
		plan.Engine, plan.EngineVersion = old.Engine, old.EngineVersion
		if !takesBack(t, "Storage") {
			plan.Storage = max(old.Storage, s.Storage)
		}
	}
	if err := plan.selfDefine(s, t.Parameters); err != nil {
		return old, err
	}
	plan.setStorageType(s)
	switch {
	case plan.Engine != old.Engine:
		return old, providers.Fixedf("The engine of an instance cannot change; make a new instance.")
	case plan.EngineVersion != old.EngineVersion:
		return old, providers.Fixedf("The engine version of an instance cannot change by an update (it is %s); make a new instance.", old.EngineVersion)
	case plan.Storage < old.Storage:
		return old, providers.Fixedf("Storage cannot shrink: it has %d GB; keep its size or choose a larger one.", old.Storage)
	}
	return plan, nil
}

// takesBack reports whether the update takes a parameter back that the user gave
// before, so that the plan's default holds again.
func takesBack(t providers.Task, name string) bool {
	return t.Was != nil && hasMember(t.Was.Parameters, name) && !hasMember(t.Parameters, name)
}

// hasMember reports whether parameters, in a record of before in any form, have a
// value of the name.
func hasMember(raw json.RawMessage, name string) bool {
	var members map[string]any
	return len(raw) > 0 && json.Unmarshal(raw, &members) == nil && members[name] != nil
}

// differs reports whether an update has something left to change.
func differs(t providers.Task, plan instancePlan, i dbInstance) bool {
	return t.Was != nil && (i.Class != plan.Class || i.Storage != plan.Storage)
}

// nextToUpdate returns the step that changes a running instance to its plan.
func nextToUpdate(plan instancePlan, s instanceState) providers.Step {
	return effect.Slowly(s.asked, stepSpec, "The database server is being changed.", specRequest{
		InstanceID: s.instance.ID, Class: plan.Class, StorageType: plan.StorageType, Storage: plan.Storage,
	})
}

// doUpdate makes the call of a step that changes an instance.
func doUpdate(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	r, err := requestOf[specRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	return providers.Facts{}, c.modify(ctx, r, s.Token)
}
