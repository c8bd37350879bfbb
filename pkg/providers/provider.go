// Package providers defines what a cloud service must know to be brokered: the
// Provider interface, and the types that travel through it. One folder a
// service holds the implementations; providertest is the suite they all pass.
//
// The engine owns the loop (observe, decide, store the step, make one call,
// store what it gave), retries, deadlines and storage. A provider only knows
// its service.
package providers

import (
	"context"
	"encoding/json"
)

// A Provider makes, changes and removes the instances and bindings of one
// service. Its methods may run at the same time for different instances, and
// keep nothing between calls: the record remembers.
type Provider interface {
	// Prepare resolves what a task will need: it draws names and passwords and
	// checks what can be checked without the cloud. The plan is stored, sealed,
	// before any call, and is given back in every later Task. For an update it
	// is called with the plan of before and keeps what was drawn then. It
	// makes no call. A *Failure of kind Invalid is the user's to mend (400).
	Prepare(t Task) (Plan, error)
	// Observe looks at what there is of the task in the cloud. It reads only,
	// and never waits. Not finding things is no error.
	Observe(ctx context.Context, t Task) (Seen, error)
	// Next decides, from the task and what was seen, what is to be done. It is
	// pure: same arguments, same step.
	Next(t Task, seen Seen) Step
	// Do makes the mutating call of a step that Next gave, with exactly the
	// step's request: one call, or, of what the cloud takes in pages, a page of
	// calls of which each may be made again. It may look first, for what the
	// request does not name. What the call returned is merged into the record's
	// facts, also where an error comes with it.
	Do(ctx context.Context, t Task, s Step) (Facts, error)
}

// A Kind says whether a task is about an instance or a binding.
type Kind string

// The kinds of task.
const (
	Instance Kind = "instance"
	Binding  Kind = "binding"
)

// A Goal is what is wanted of an instance or binding.
type Goal string

// The goals.
const (
	Present Goal = "present" // made, and as the settings and parameters say
	Absent  Goal = "absent"  // nothing left in the cloud
)

// A Task is an instance or a binding, and what is wanted of it.
type Task struct {
	Kind Kind
	Goal Goal

	InstanceID string // of the platform; names in the cloud derive from Life, never from it
	BindingID  string
	Life       Life
	Labels     Labels

	// Profile, Region and Owner are fixed with the intent, so that a task finds
	// its resources for as long as they exist.
	Profile string // whose credentials call the cloud; empty: the broker's own
	Region  string // of the broker
	Owner   string // cloud account or cluster of the resources; may be empty in Prepare

	Settings   json.RawMessage // of the plan: the member "settings" in plans.yaml, with the defaults of the create schema
	Parameters json.RawMessage // of the user: an object in normal form, or nil
	Deletion   Deletion        // of the plan

	Plan  Plan       // as Prepare returned it
	Body  BodyReader // large values of the plan; nil in Prepare and Next
	Facts Facts      // all that calls and observations returned so far

	// Was is how the instance was before the update that the task is, nil for
	// other tasks.
	Was *Was
	// Usable says that it was ready once. What was never ready is deleted
	// whatever Deletion says.
	Usable bool
	// Refused names the steps that the cloud definitely refused in this
	// operation; a provider may fall back to another.
	Refused []string
	// Of is the instance that a binding belongs to; nil for instances.
	Of *Task
}

// Was is the state that an update starts from.
type Was struct {
	Settings   json.RawMessage
	Parameters json.RawMessage
}

// Labels say, for people who look at the cloud's console, whose a resource is.
type Labels struct {
	Offering, Plan string // names
	Platform       string // kubernetes, cloudfoundry, ...; may be empty
	Namespace      string // Kubernetes
	Organization   string
	Space          string
}

// A Plan is what Prepare resolved, in a form only the provider reads. It may
// hold secrets.
type Plan json.RawMessage

// Facts are what the cloud told, by name. They are merged name by name.
type Facts struct {
	Open    map[string]string // ids and addresses; operators see them
	Secrets map[string]string // kept sealed
}

// Seen is what Observe found.
type Seen struct {
	// Exists says that something of this incarnation is in the cloud. An
	// absent task is done only when nothing exists.
	Exists bool
	// Facts that the look revealed, such as an id found by its tag.
	Facts Facts
	// State is the provider's own picture, for its Next alone.
	State any
}

// A Deletion is the plan's word on the data of an instance that was in use.
type Deletion string

// The ways to treat data at deletion.
const (
	DeleteData Deletion = "delete" // the resource goes with its data
	Refuse     Deletion = "refuse" // fails while there is data, and says what to do
	Empty      Deletion = "empty"  // the data is removed first
	Retain     Deletion = "retain" // the resource is detached and left to its owner
)
