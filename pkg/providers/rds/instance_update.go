package rds

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// The steps that change an instance.
const (
	stepVersion    = "version"    // the next engine version; there may be several
	stepSpec       = "spec"       // class, category, storage and its type
	stepServerless = "serverless" // the bounds of a serverless instance
)

// The frozen requests of the steps. A member without a change is empty: RDS checks
// what a request names, and refuses a class that it no longer sells.
type (
	specRequest struct {
		InstanceID, Class, StorageType string
		Storage                        int

		Category string `json:",omitempty"`
		// Of a standby that the instance gets.
		SecondZoneID string `json:",omitempty"`
		VSwitchIDs   string `json:",omitempty"` // of both zones, where the standby has one of its own
		PayType      string `json:",omitempty"` // empty: pay-as-you-go
	}
	versionRequest    struct{ InstanceID, EngineVersion string }
	serverlessRequest struct {
		InstanceID string
		Bounds     capacity
	}
)

// prepareUpdate keeps names and network, resolves the rest anew, and refuses what an
// instance cannot change to.
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
	plan.Whitelist, plan.Protected, plan.Backups = whitelist, s.Protected, s.Backups
	plan.Engine, plan.EngineVersion, plan.Class, plan.Storage = s.Engine, s.EngineVersion, s.Class, s.Storage
	plan.Category, plan.Serverless = s.Category, s.Serverless
	if s.SelfDefine { // the user's omissions mean: as it is
		plan.Engine, plan.EngineVersion = old.Engine, old.EngineVersion
		if !takesBack(t, "Storage") {
			plan.Storage = max(old.Storage, s.Storage)
		}
	}
	if err := plan.selfDefine(s, t.Parameters); err != nil {
		return old, err
	}
	plan.setStorageType()
	if plan.Class != old.Class { // a new class is the one that was asked for
		plan.Classes = nil
	}
	if refusal := refuseUpdate(old, plan); refusal != nil {
		return old, refusal
	}
	if plan.Class != old.Class || plan.EngineVersion != old.EngineVersion || plan.StorageType != old.StorageType || plan.Storage != old.Storage {
		checked := plan
		checked.Category = plan.category()
		return plan, checkServer(newClassTable(), checked)
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

// nextToUpdate returns the step that brings a running instance nearer to its plan; ok
// is false once it has all of it. The version comes first: a class of today may lack
// the version of before, while the cloud upgrades on every class that has it.
func nextToUpdate(t providers.Task, plan instancePlan, s instanceState) (step providers.Step, ok bool) {
	i := *s.instance
	if t.Was == nil {
		return providers.Step{}, false
	}
	if next := nextVersion(i.Version, plan.EngineVersion); next != "" {
		step := effect.Slowly(s.asked, stepVersion, "The database server is being upgraded to another version.", versionRequest{i.ID, next})
		step.Target = next
		return step, true
	}
	if r, differs := specChange(plan, i); differs {
		return effect.Slowly(s.asked, stepSpec, "The database server is being changed.", r), true
	}
	if plan.Serverless != nil && !plan.Serverless.isSame(i.Serverless) {
		return effect.Slowly(s.asked, stepServerless, "The bounds of the database server are being changed.", serverlessRequest{i.ID, *plan.Serverless}), true
	}
	return nextForProtection(*t.Was, plan, s)
}

// nextForProtection sets the protection of a plan that protects instances, or lifts it
// where an update leaves such a plan; what people set at the console stays.
func nextForProtection(was providers.Was, plan instancePlan, s instanceState) (step providers.Step, ok bool) {
	before, err := settingsOf(was.Settings)
	_, isStated := plan.Options[optionProtection]
	if err != nil || isStated || before.Protected == plan.Protected || s.instance.Protected == plan.Protected {
		return providers.Step{}, false
	}
	value := json.RawMessage(strconv.FormatBool(plan.Protected))
	return protectionOption().stepWith(s, optionRequest{InstanceID: s.instance.ID, Value: value}), true
}

// specChange returns the request that changes an instance to its plan, and whether
// there is something to change. Storage that the cloud, or people, have enlarged stays,
// and so does a disk that RDS cannot change back.
func specChange(plan instancePlan, i dbInstance) (r specRequest, differs bool) {
	r.InstanceID = i.ID
	if plan.Class != i.Class && !slices.Contains(plan.Classes, i.Class) {
		r.Class = plan.Class
	}
	if plan.Storage > i.Storage {
		r.Storage = plan.Storage
	}
	if !isSameDisk(plan.StorageType, i.StorageType) && refuseDisk(instancePlan{Engine: plan.Engine, StorageType: i.StorageType}, plan) == nil {
		r.StorageType = plan.StorageType
	}
	if plan.category() == highAvailability && strings.EqualFold(i.Category, basic) {
		r.Class, r.Category, r.SecondZoneID = plan.Class, highAvailability, "Auto"
		if plan.StandbyZoneID != "" {
			r.SecondZoneID = plan.StandbyZoneID
		}
		if plan.StandbyVSwitchID != "" {
			r.VSwitchIDs = i.VSwitch + "," + plan.StandbyVSwitchID
		}
	}
	if plan.Serverless != nil {
		r.PayType = serverlessPayType
	}
	return r, r.Class != "" || r.Storage != 0 || r.StorageType != "" || r.Category != ""
}

// isSameDisk compares storage types: answers may name general_essd cloud_auto (RDS API,
// DescribeAvailableZones).
func isSameDisk(a, b string) bool {
	norm := func(kind string) string {
		if kind == "cloud_auto" {
			return generalESSD
		}
		return kind
	}
	return norm(a) == norm(b)
}

// doUpdate makes the call of a step that changes an instance.
func doUpdate(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	var none providers.Facts
	switch s.Name {
	case stepVersion:
		r, err := requestOf[versionRequest](s)
		if err != nil {
			return none, err
		}
		return none, c.upgrade(ctx, r, s.Token)
	case stepServerless:
		r, err := requestOf[serverlessRequest](s)
		if err != nil {
			return none, err
		}
		return none, c.modifyServerless(ctx, r, s.Token)
	}
	r, err := requestOf[specRequest](s)
	if err != nil {
		return none, err
	}
	return none, c.modify(ctx, r, s.Token)
}
