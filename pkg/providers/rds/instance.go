package rds

import (
	"context"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// instanceAPI is the part of the RDS API that looking at an instance takes.
type instanceAPI interface {
	get(ctx context.Context, id string) (*dbInstance, error)
	findByTag(ctx context.Context, tag providers.Tag) ([]string, error)
	findByDescription(ctx context.Context, description string) ([]string, error)
	databaseStatus(ctx context.Context, instanceID, name string) (string, error)
	cidrs(ctx context.Context, vpcID string) ([]string, error)
}

var (
	_ instanceAPI = client{}
	_ networkAPI  = client{}
)

// An instanceState is what was seen of an instance.
type instanceState struct {
	instance  *dbInstance // nil: there is none
	spare     *dbInstance // another one of this incarnation, which is too many
	network   network     // for one that has to be made
	misfit    *providers.Failure
	whitelist string // wanted, with commas; empty if it was not looked for
	database  string // status; empty: not there, or not looked for
	asked     string // the step made just before
}

func (p *Provider) observeInstance(ctx context.Context, c client, t providers.Task, plan instancePlan) (providers.Seen, error) {
	var s instanceState
	var facts providers.Facts
	s.asked, facts = asked(t)
	found, more, err := findInstance(ctx, c, t, plan)
	if err != nil {
		return providers.Seen{}, err
	}
	s.instance, facts = found, facts.Merge(more)
	switch {
	case t.Goal == providers.Absent:
	case found == nil:
		if !settled(t) && t.Facts.Open[factInstance] == "" {
			s.network, s.misfit, err = p.chooseNetwork(ctx, c, plan)
		}
	case found.Status == running:
		facts = facts.Merge(providers.Facts{Open: map[string]string{factHost: found.Host, factPort: found.Port}})
		if t.Facts.Open[factAlone] == "" {
			if s.spare, err = findSpare(ctx, c, found.ID, plan); s.spare != nil || err != nil {
				break
			}
			facts = facts.Merge(open(factAlone, "true"))
		}
		err = s.lookInside(ctx, c, t, plan)
		if s.database == running {
			facts = facts.Merge(open(factDatabase, databaseSet))
		}
	}
	if err != nil {
		return providers.Seen{}, err
	}
	return providers.Seen{Exists: found != nil, Facts: facts, State: s}, nil
}

// findInstance looks by id, then by tag, then by description: each finds what
// the others may miss while the cloud's lists lag, or where a call's answer
// was lost.
func findInstance(ctx context.Context, api instanceAPI, t providers.Task, plan instancePlan) (*dbInstance, providers.Facts, error) {
	if id := t.Facts.Open[factInstance]; id != "" {
		if found, err := api.get(ctx, id); found != nil || err != nil {
			return found, providers.Facts{}, err
		}
	}
	tagged := "true"
	ids, err := api.findByTag(ctx, providers.Tag{Key: providers.TagIncarnation, Value: t.Life.Incarnation})
	if err == nil && len(ids) == 0 {
		tagged = "false"
		ids, err = api.findByDescription(ctx, plan.Description)
	}
	if err != nil {
		return nil, providers.Facts{}, err
	}
	slices.Sort(ids)
	for _, id := range ids {
		found, err := api.get(ctx, id)
		if err != nil {
			return nil, providers.Facts{}, err
		}
		if found != nil {
			return found, providers.Facts{Open: map[string]string{factInstance: id, factTagged: tagged}}, nil
		}
	}
	return nil, providers.Facts{}, nil
}

// findSpare looks, when the instance runs, whether the order came to the cloud
// twice and its token did not hold: then there is another one.
func findSpare(ctx context.Context, api instanceAPI, id string, plan instancePlan) (*dbInstance, error) {
	ids, err := api.findByDescription(ctx, plan.Description)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	for _, other := range ids {
		if other == id {
			continue
		}
		if found, err := api.get(ctx, other); found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil //nolint:nilnil // nil says that there is none
}

// lookInside reads of a running instance what is not known yet.
func (s *instanceState) lookInside(ctx context.Context, api instanceAPI, t providers.Task, plan instancePlan) (err error) {
	s.whitelist = strings.Join(plan.Whitelist, ",")
	if s.whitelist == "" {
		s.whitelist = t.Facts.Open[factWhitelist]
	}
	if s.whitelist == "" {
		ranges, err := api.cidrs(ctx, s.instance.VPC)
		if err != nil {
			return err
		}
		s.whitelist = strings.Join(ranges, ",")
	}
	if t.Facts.Open[factDatabase] == "" && s.whitelist == t.Facts.Open[factWhitelist] {
		s.database, err = api.databaseStatus(ctx, s.instance.ID, plan.Database)
	}
	return err
}

// settled says that the instance was in use: if it is not there, it was
// deleted by somebody, and an empty one in its place would be a lie.
func settled(t providers.Task) bool { return t.Usable || t.Was != nil }

func nextForInstance(t providers.Task, plan instancePlan, s instanceState) providers.Step {
	if t.Goal == providers.Absent {
		return nextToDelete(t, s)
	}
	i := s.instance
	switch {
	case i == nil && settled(t):
		return providers.FailStep(providers.Broken, "The database server is no longer there: somebody deleted it. Delete the service instance.")
	case i == nil && t.Facts.Open[factInstance] != "":
		// The cloud has promised it, and does not show it yet. Its token may not
		// hold for as long: ordered again, it could be made twice.
		return providers.WaitStep("server", providers.Slow, waitText("Creating"))
	case i == nil && s.misfit != nil:
		return providers.FailStep(s.misfit.Kind, s.misfit.Text)
	case i == nil:
		return once(s.asked, stepCreate, "The database server is being ordered.", createRequest{
			Description: plan.Description, Engine: plan.Engine, EngineVersion: plan.EngineVersion,
			Class: plan.Class, StorageType: plan.StorageType, Storage: plan.Storage,
			VpcID: s.network.VpcID, VSwitchID: s.network.VSwitchID, ZoneID: s.network.ZoneID, SecondZoneID: secondZone(plan.Class),
			SecurityIPs: nobody, Tags: t.Tags(),
		})
	case t.Facts.Open[factTagged] == "false":
		return once("", stepTag, "The database server is being tagged.", tagRequest{InstanceID: i.ID, Tags: t.Tags()})
	case i.Status != running:
		return providers.WaitStep("server", providers.Slow, waitText(i.Status))
	case s.spare != nil:
		return nextForSpare(s)
	case t.Was != nil && (i.Class != plan.Class || i.Storage != plan.Storage):
		return once(s.asked, stepSpec, "The database server is being changed.", specRequest{
			InstanceID: i.ID, Class: plan.Class, StorageType: plan.StorageType, Storage: plan.Storage,
		})
	case s.whitelist == "":
		return providers.FailStep(providers.Broken, "The VPC of the instance has no address ranges; ask the operator of the broker for a whitelist.")
	case s.whitelist != t.Facts.Open[factWhitelist]:
		return once("", stepWhitelist, "The database server is being opened to its clients.", whitelistRequest{InstanceID: i.ID, Group: group, SecurityIPs: s.whitelist})
	case t.Facts.Open[factDatabase] == databaseSet:
		return providers.DoneStep(nil)
	case s.database == "":
		return once(s.asked, stepDatabase, "The database is being created.", databaseRequest{InstanceID: i.ID, Database: plan.Database, Charset: plan.Charset})
	}
	return providers.WaitStep(stepDatabase, providers.Quick, "The database is being created.")
}

// nextForSpare deletes what was ordered once too often.
func nextForSpare(s instanceState) providers.Step {
	const text = "A database server that was ordered twice is being deleted."
	switch s.spare.Status {
	case running:
		step := once(s.asked, stepSpare, text, instanceRequest{s.spare.ID})
		step.Target = s.spare.ID
		return step
	default:
		return providers.WaitStep(stepSpare, providers.Slow, text)
	}
}

func nextToDelete(t providers.Task, s instanceState) providers.Step {
	i := s.instance
	switch {
	case i == nil:
		return providers.DoneStep(nil)
	case i.Status == deleting:
		return providers.WaitStep(stepDelete, providers.Slow, "The database server is being deleted.")
	case t.Usable && t.Deletion != providers.DeleteData:
		return providers.FailStep(providers.Policy, "The plan keeps the data of its instances: ask the operator of the broker to delete the database server.")
	case i.Status != running:
		return providers.WaitStep("server", providers.Slow, "The database server will be deleted as soon as the cloud has finished its present work on it.")
	}
	// There may be several, one after the other.
	step := once(s.asked, stepDelete, "The database server is being deleted.", instanceRequest{i.ID})
	if i.Protected {
		step = once(s.asked, stepUnprotect, "The protection of the database server is being lifted.", instanceRequest{i.ID})
	}
	step.Target = i.ID
	return step
}

// secondZone asks for a standby in another zone, where the class has one.
func secondZone(class string) string {
	if twoZoned(class) {
		return "Auto"
	}
	return ""
}

func waitText(status string) string {
	switch status {
	case "Creating":
		return "The database server is being created."
	case "DBInstanceClassChanging", "TRANSING", "TransingToOthers":
		return "The database server is being changed."
	}
	return "The cloud is at work on the database server."
}
