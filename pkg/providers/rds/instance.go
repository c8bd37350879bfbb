package rds

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/network"
)

// instances is the part of the provider that makes DB instances.
type instances struct {
	deps    descriptor.Deps
	lookups *network.Lookups
	waiting *waitingList
	sold    *soldMemory
}

// A reach is the profile of a task, in the region of the task.
type reach struct {
	profile descriptor.Profile
	region  string
	machine *alicloud.Metadata // of the broker's machine; nil: its network is elsewhere
	lookups *network.Lookups
	waiting *waitingList
	sold    *soldMemory
}

// reach returns the reach of a task.
func (i instances) reach(t providers.Task) (reach, error) {
	profile, err := i.deps.Profiles.Of(t)
	r := reach{profile: profile, region: t.Region, machine: i.deps.Metadata, lookups: i.lookups, waiting: i.waiting, sold: i.sold}
	if profile.Elsewhere {
		r.machine = nil
	}
	return r, err
}

func (r reach) client() client { return client{clients: r.profile.Clients, region: r.region} }

func (r reach) vpc() network.API {
	return r.lookups.Of(network.Client{Clients: r.profile.Clients, Region: r.region}, r.profile.Name+" "+r.region)
}

func (r reach) chooser() network.Chooser {
	n := r.profile.Network
	place := network.Place{VpcID: n.VpcID, ZoneID: n.ZoneID}
	if len(n.VSwitchIDs) > 0 {
		place.VSwitchID = n.VSwitchIDs[0]
	}
	return network.Chooser{
		VPC: r.vpc(), Metadata: r.machine,
		Default: place, Preferred: n.VSwitchIDs,
		AllowedVPCs: n.AllowedVPCs,
	}
}

// whitelist returns the operator's whitelist for a task. While its profile is
// missing, an update keeps the one of before.
func (i instances) whitelist(t providers.Task) []string {
	if profile, err := i.deps.Profiles.Of(t); err == nil {
		return profile.Network.Whitelist
	}
	before, err := instancePlanOf(t)
	if err != nil {
		return nil
	}
	return before.Whitelist
}

// Prepare draws names and passwords and resolves the parameters.
func (i instances) Prepare(t providers.Task) (providers.Plan, error) {
	prepare := prepareInstance
	if t.Was != nil {
		prepare = prepareUpdate
	}
	plan, err := prepare(t, i.whitelist(t))
	if err == nil {
		err = plan.resolveOptions(t)
	}
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("rds: write the plan: %w", err)
	}
	return b, nil
}

// Observe looks at the instance.
func (i instances) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	plan, err := instancePlanOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	at, err := i.reach(t)
	if err != nil {
		return providers.Seen{}, err
	}
	seen, err := at.observe(ctx, at.client(), t, plan)
	return seen, sentences().Of(err)
}

// Next decides on the next step.
func (i instances) Next(t providers.Task, seen providers.Seen) providers.Step {
	plan, err := instancePlanOf(t)
	state, ok := seen.State.(instanceState)
	if err != nil || !ok {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return nextForInstance(t, plan, state)
}

// Do makes the call of one step. The next look gives its effect time to show.
func (i instances) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	at, err := i.reach(t)
	if err != nil {
		return providers.Facts{}, err
	}
	var facts providers.Facts
	if isCreate(s.Name) {
		facts, err = at.order(ctx, t, s)
	} else {
		facts, err = doWithInstance(ctx, at.client(), s)
	}
	at.called(ctx, t, s, facts, err)
	if err != nil {
		return facts, sentences().Of(fmt.Errorf("rds: %s: %w", s.Name, err))
	}
	return effect.Made(facts, s.Name), nil
}

// The names of our facts.
const (
	factInstance  = "instance_id" // of the DB instance
	factTagged    = "tagged"      // true or false, once it is known
	factHost      = "host"
	factPort      = "port"
	factAlone     = "alone"               // true, once duplicates were searched
	factWhitelist = "whitelist"           // as it was set last
	factOperators = "operators_whitelist" // the part of it that is not the user's; only where users have one
	factDatabase  = "database"            // ready, once it was seen so
	// The place of the DB instance. Older records lack it.
	factVPC, factVSwitch, factZone = "vpc", "vswitch", "zone"
)

func open(name, value string) providers.Facts {
	return providers.Facts{Open: map[string]string{name: value}}
}

// instanceAPI is the part of the RDS API that looking at an instance takes.
type instanceAPI interface {
	get(ctx context.Context, id string) (*dbInstance, error)
	findByTag(ctx context.Context, tag providers.Tag) ([]string, error)
	findByDescription(ctx context.Context, description string) ([]string, error)
	databaseStatus(ctx context.Context, instanceID, name string) (string, error)
}

var _ instanceAPI = client{}

// An instanceState is the observed state of an instance.
type instanceState struct {
	instance  *dbInstance        // nil: there is none
	duplicate *dbInstance        // another one of this incarnation
	offer     offer              // for one that has to be made
	mismatch  *providers.Failure // the user's failure if there is no offer
	whitelist string             // wanted, with commas; empty if it was not looked for
	operators string             // the part of it that is not the user's
	database  string             // status; empty: not there, or not looked for
	asked     string             // the step made just before
	options   map[string]any     // that were looked at, by parameter; nil: none was
}

func (r reach) observe(ctx context.Context, c client, t providers.Task, plan instancePlan) (providers.Seen, error) {
	var s instanceState
	var facts providers.Facts
	s.asked, facts = effect.Asked(t)
	isThere, err := s.waitForDatabase(ctx, c, t, plan)
	if err != nil || isThere && (s.database != running || !plan.hasOptionsToSee()) {
		return providers.Seen{Exists: err == nil, Facts: facts.Merge(s.databaseFact()), State: s}, err
	}
	found, more, err := findInstance(ctx, sharedLooks{client: c, lists: r.waiting, task: t}, t, plan)
	if err != nil {
		return providers.Seen{}, err
	}
	s.instance, facts = found, facts.Merge(more)
	switch {
	case t.Goal == providers.Absent:
	case found == nil:
		if !wasInUse(t) && t.Facts.Open[factInstance] == "" {
			s.offer, s.mismatch, err = r.offer(ctx, t, plan)
		}
	case found.Status == running && found.overdue() != nil:
		err = found.overdue()
	case found.Status == running:
		more, err = r.observeRunning(ctx, c, &s, t, plan)
		facts = facts.Merge(more)
	}
	if err != nil {
		return providers.Seen{}, err
	}
	return providers.Seen{Exists: found != nil, Facts: facts, State: s}, nil
}

// observeRunning looks at what is in a running instance, for its state.
func (r reach) observeRunning(ctx context.Context, c client, s *instanceState, t providers.Task, plan instancePlan) (providers.Facts, error) {
	found := s.instance
	facts, err := sealServer(found)
	if err != nil {
		return facts, err
	}
	facts = facts.Merge(providers.Facts{Open: map[string]string{
		factHost: found.Host, factPort: found.Port, factVPC: found.VPC, factVSwitch: found.VSwitch, factZone: found.Zone,
	}})
	if t.Facts.Open[factAlone] == "" {
		if s.duplicate, err = findDuplicate(ctx, c, found.ID, plan); s.duplicate != nil || err != nil {
			return facts, err
		}
		facts = facts.Merge(open(factAlone, "true"))
	}
	if err := s.readInside(ctx, c, r.vpc(), t, plan); err != nil {
		return facts, err
	}
	facts = facts.Merge(s.databaseFact())
	if plan.Options["Whitelist"] != nil {
		facts = facts.Merge(open(factOperators, s.operators))
	}
	if t.Facts.Merge(facts).Open[factDatabase] != databaseSet || !plan.hasOptionsToSee() {
		return facts, nil
	}
	more, err := s.readOptions(ctx, optionLook{client: c, instance: found, task: t, plan: plan})
	return facts.Merge(more), err
}

// findInstance searches by id, then by tag, then by description: each finds
// instances that the others miss while the cloud's lists lag, or after a call's
// answer was lost. An instance with the recorded id and without a mark of ours is
// ErrForeign.
func findInstance(ctx context.Context, api instanceAPI, t providers.Task, plan instancePlan) (*dbInstance, providers.Facts, error) {
	if id := t.Facts.Open[factInstance]; id != "" {
		found, err := api.get(ctx, id)
		if found != nil && err == nil {
			err = checkMarks(ctx, api, t, plan, found)
		}
		if err != nil {
			return nil, providers.Facts{}, err
		}
		if found != nil {
			return found, providers.Facts{}, nil
		}
	}
	if isNew(t) && t.Facts.Open[factInstance] == "" && t.HasNotBegun(stepCreate) {
		return nil, providers.Facts{}, nil
	}
	tagged := "true"
	ids, err := api.findByTag(ctx, incarnationTag(t.Life))
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

// checkMarks returns ErrForeign for an instance that has neither the description of
// the sealed plan nor the tag of the incarnation. The id alone proves nothing: it
// stands in the open part of the record. People may edit one of the marks.
func checkMarks(ctx context.Context, api instanceAPI, t providers.Task, plan instancePlan, found *dbInstance) error {
	if found.Description == plan.Description {
		return nil
	}
	ids, err := api.findByTag(ctx, incarnationTag(t.Life))
	if err != nil || slices.Contains(ids, found.ID) {
		return err
	}
	return fmt.Errorf("%w: DB instance %s has neither the description %s nor the tag %s=%s", providers.ErrForeign, found.ID, plan.Description, providers.TagIncarnation, t.Life.Incarnation)
}

func incarnationTag(l providers.Life) providers.Tag {
	return providers.Tag{Key: providers.TagIncarnation, Value: l.Incarnation}
}

// findDuplicate finds another instance of the same order, which reached the cloud
// twice after its token had expired.
func findDuplicate(ctx context.Context, api instanceAPI, id string, plan instancePlan) (*dbInstance, error) {
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
	return nil, nil //nolint:nilnil // nil: there is one instance
}

// waitForDatabase looks at the database alone once its order was made, and reports
// whether it is there: its server was seen running, with our marks.
func (s *instanceState) waitForDatabase(ctx context.Context, api instanceAPI, t providers.Task, plan instancePlan) (isThere bool, err error) {
	id := t.Facts.Open[factInstance]
	if !isNew(t) || t.Facts.Open[factDatabase] != "" || !t.HasBegun(stepDatabase) || !isSealedServer(t, id) {
		return false, nil
	}
	if s.database, err = api.databaseStatus(ctx, id, plan.Database); s.database == "" || err != nil {
		return false, err
	}
	s.instance, s.whitelist = &dbInstance{ID: id, Status: running}, t.Facts.Open[factWhitelist]
	return true, nil
}

// databaseFact returns the fact of a database that was seen ready.
func (s *instanceState) databaseFact() providers.Facts {
	if s.database != running {
		return providers.Facts{}
	}
	return open(factDatabase, databaseSet)
}

// readInside reads whitelist and database of a running instance, unless they are
// known.
func (s *instanceState) readInside(ctx context.Context, api instanceAPI, vpc network.API, t providers.Task, plan instancePlan) (err error) {
	set := cmp.Or(t.Facts.Open[factOperators], t.Facts.Open[factWhitelist])
	if s.operators, err = network.Whitelist(ctx, vpc, plan.Whitelist, set, s.instance.VPC); err != nil {
		return err
	}
	s.whitelist = plan.withUsers(s.operators)
	if isSQL(t) {
		s.database = running // its bindings make it
		return nil
	}
	if s.database == "" && t.Facts.Open[factDatabase] == "" && s.whitelist == t.Facts.Open[factWhitelist] && (!isNew(t) || !t.HasNotBegun(stepDatabase)) {
		s.database, err = api.databaseStatus(ctx, s.instance.ID, plan.Database)
	}
	return err
}
