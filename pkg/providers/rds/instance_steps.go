package rds

import (
	"context"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// The steps of instances.
const (
	stepCreate    = "create"
	stepTag       = "tag"
	stepWhitelist = "whitelist"
	stepDatabase  = "database"
)

const (
	running     = "Running"
	creating    = "Creating"
	deleting    = "Deleting"
	group       = "osb" // our group of the whitelist; others are their owners'
	databaseSet = "ready"

	changingClass    = "DBInstanceClassChanging"
	upgradingVersion = "EngineVersionUpgrading"
)

// The frozen requests of the steps.
type (
	createRequest struct {
		Description, Engine, EngineVersion string
		Class, StorageType                 string
		Storage                            int
		VpcID, VSwitchID, ZoneID           string
		SecondZoneID                       string
		SecurityIPs                        string
		Tags                               []providers.Tag

		// Requests of before lack the members below and are repeated without them.
		Category   string    `json:",omitempty"`
		PayType    string    `json:",omitempty"` // empty: Postpaid
		Serverless *capacity `json:",omitempty"`
		Protected  bool      `json:",omitempty"`
		createOptions
	}
	tagRequest struct {
		InstanceID string
		Tags       []providers.Tag
	}
	whitelistRequest struct{ InstanceID, Group, SecurityIPs string }
	databaseRequest  struct{ InstanceID, Database, Charset string }
)

// wasInUse reports whether the instance was ready once. If it is missing, it was
// deleted from outside, and an empty one in its place would lose data silently.
func wasInUse(t providers.Task) bool { return t.Usable || t.Was != nil }

// isNew reports whether the task makes an instance.
func isNew(t providers.Task) bool { return t.Goal == providers.Present && !wasInUse(t) }

func nextForInstance(t providers.Task, plan instancePlan, s instanceState) providers.Step {
	if t.Goal == providers.Absent {
		return nextToDelete(t, plan, s)
	}
	i := s.instance
	switch {
	case i == nil && wasInUse(t):
		return providers.FailStep(providers.Broken, "The database server is no longer there: somebody deleted it. Delete the service instance.")
	case i == nil && t.Facts.Open[factInstance] != "":
		// The cloud has promised the instance and still hides it. The token may
		// expire first, so that a second order could make a second instance.
		return providers.WaitStep("server", providers.Slow, waitText(creating))
	case i == nil && s.mismatch != nil:
		return providers.FailStep(s.mismatch.Kind, s.mismatch.Text)
	case i == nil:
		return nextOrder(t, plan, s)
	case t.Facts.Open[factTagged] == "false":
		name, tags := t.TagStep(stepTag)
		return effect.Once("", name, "The database server is being tagged.", tagRequest{InstanceID: i.ID, Tags: tags})
	case i.Status == stopped:
		return nextToStart(s.asked, i.ID)
	case i.Status != running:
		return providers.WaitStep("server", providers.Slow, waitText(i.Status))
	}
	if step, isLocked := nextWhileLocked(t, plan, *i); isLocked {
		return step
	}
	if s.duplicate != nil {
		return nextForDuplicate(s)
	}
	if step, ok := nextToUpdate(t, plan, s); ok {
		return step
	}
	switch {
	case s.whitelist == "":
		return providers.FailStep(providers.Broken, "The VPC of the instance has no address ranges; ask the operator of the broker for a whitelist.")
	case s.whitelist != t.Facts.Open[factWhitelist] && plan.Options["Whitelist"] != nil && slices.Contains(t.Refused, stepWhitelist):
		return providers.FailStep(providers.Invalid, "RDS refuses this Whitelist; correct its addresses.")
	case s.whitelist != t.Facts.Open[factWhitelist]:
		return effect.Once("", stepWhitelist, "The database server is being opened to its clients.", whitelistRequest{InstanceID: i.ID, Group: group, SecurityIPs: s.whitelist})
	case t.Facts.Open[factDatabase] == databaseSet:
		if step, ok := nextForOptions(t, plan, s); ok {
			return step
		}
		return providers.DoneStep(nil)
	case s.database == "":
		return effect.Once(s.asked, stepDatabase, "The database is being created.", databaseRequest{InstanceID: i.ID, Database: plan.Database, Charset: plan.Charset})
	}
	return providers.WaitStep(stepDatabase, providers.Quick, "The database is being created.")
}

func waitText(status string) string {
	switch status {
	case creating:
		return "The database server is being created."
	case stopped, starting:
		return textStarting
	case changingClass, "TRANSING", "TransingToOthers", upgradingVersion:
		return "The database server is being changed."
	}
	return "The cloud is at work on the database server."
}

func doWithInstance(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	if providers.IsTagStep(s.Name, stepTag) {
		r, err := requestOf[tagRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		facts, err := learned(open(factTagged, "true"), c.tag(ctx, r))
		return providers.TagsRefused(s.Name, facts, err)
	}
	if isOption, err := setOption(ctx, c, s); isOption {
		return providers.Facts{}, err
	}
	switch s.Name {
	case stepVersion, stepSpec, stepServerless:
		return doUpdate(ctx, c, s)
	case stepWhitelist:
		r, err := requestOf[whitelistRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return learned(open(factWhitelist, r.SecurityIPs), c.whitelist(ctx, r))
	case stepDatabase:
		r, err := requestOf[databaseRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, c.createDatabase(ctx, r)
	case stepStart:
		return doStart(ctx, c, s)
	case stepKeepBackups:
		return doKeepBackups(ctx, c, s)
	case stepUnprotect, stepDelete, stepDuplicate:
		return doRemoval(ctx, c, s)
	}
	return providers.Facts{}, fmt.Errorf("there is no step %q", s.Name)
}

// learned returns the facts of a successful call.
func learned(facts providers.Facts, err error) (providers.Facts, error) {
	if err != nil {
		return providers.Facts{}, err
	}
	return facts, nil
}

// requestOf reads the frozen request of a step.
func requestOf[T any](s providers.Step) (T, error) {
	var r T
	err := providers.Decode(s.Request, "request of step "+s.Name, &r)
	return r, err
}
