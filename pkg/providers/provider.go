// Package providers defines the contract of a cloud service: the Provider
// interface, its types, and the classes of errors. One folder a service holds the
// implementations; providertest is the suite that they all pass.
//
// The engine owns the loop (observe, decide, store the step, make one call, store
// its result), retries, deadlines and storage. A provider knows its service.
package providers

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// A Provider makes, changes and removes the instances and bindings of one
// service. Its methods may run concurrently for different instances, and are
// stateless: the record holds the state.
type Provider interface {
	// Prepare resolves a task before the first call: it draws names and passwords
	// and checks parameters. The plan is stored, sealed, before any call, and is
	// part of every later Task. For an update, Prepare gets the plan of before and
	// keeps the drawn values. A *Failure of kind Invalid is the user's (400).
	// Prepare is offline.
	Prepare(t Task) (Plan, error)

	// Observe reads the state of the task's resources in the cloud, and returns at
	// once. A missing resource is an answer, and the error is nil.
	Observe(ctx context.Context, t Task) (Seen, error)

	// Next decides on the next step, from the task and from the result of Observe.
	// It is pure: same arguments, same step.
	Next(t Task, seen Seen) Step

	// Do makes the mutating call of a step from Next, with exactly the step's
	// request. That is one call, or, where the cloud works in pages, a run of some
	// seconds of calls that may each be repeated. Do may read first, for details that the
	// request leaves open. The facts are merged into the record, even if an error
	// comes with them.
	Do(ctx context.Context, t Task, s Step) (Facts, error)
}

// A Kind says whether a task is about an instance or a binding.
type Kind string

// The kinds of task.
const (
	Instance Kind = "instance"
	Binding  Kind = "binding"
)

// A Goal is the wanted state of an instance or binding.
type Goal string

// The goals.
const (
	Present Goal = "present" // made, and as the settings and parameters say
	Absent  Goal = "absent"  // removed from the cloud
)

// A Task is an instance or a binding with its wanted state.
type Task struct {
	Kind Kind
	Goal Goal

	InstanceID string // of the platform; names in the cloud derive from Life
	BindingID  string
	Life       Life
	Labels     Labels

	// Profile, Region and Owner are fixed with the intent, so that a task finds
	// its resources for as long as they exist.
	Profile string // name of the credentials that call the cloud; empty: the broker's own
	Region  string // of the broker
	Owner   string // cloud account or cluster of the resources; may be empty in Prepare

	Settings   json.RawMessage // of the plan: the member "settings" in plans.yaml, with the defaults of the create schema
	Parameters json.RawMessage // of the user: an object in normal form, or nil
	Deletion   Deletion        // of the plan
	Unbind     UnbindRule      // of the plan

	Plan  Plan       // as Prepare returned it
	Body  BodyReader // large values of the plan; nil in Prepare and Next
	Facts Facts      // all that calls and observations returned so far

	// Was is the state before an update; nil for other tasks.
	Was *Was
	// Usable says that it was ready once. Deletion only applies to tasks that
	// were: others are deleted with their data.
	Usable bool
	// Refused names the steps that the cloud definitely refused in this
	// operation; a provider may use another step instead.
	Refused []string
	// Begun names the steps whose calls may have been made in this operation, or is
	// nil where that is unknown; see HasBegun.
	Begun []string
	// Made names the steps of this operation where each call so far succeeded, is
	// stored, and follows the one before without any other event. It is nil where
	// something else happened: an error, a lost answer, a long wait, another process.
	Made []string
	// Expire says that the time of a binding is over: with the goal Absent, the task is
	// to refuse its logins and to keep everything else, until the same task comes
	// without Expire. Only an Expirer gets such tasks.
	Expire bool
	// Of is the instance that a binding belongs to; nil for instances.
	Of *Task
	// Locked are the accounts of an instance that have outlived their bindings,
	// the one that was locked first before the others.
	Locked []LockedAccount
	// Unsure says that an earlier call of the record may still take effect.
	Unsure bool
}

// HasBegun reports whether a call of the step may have been made in this operation,
// for any target.
func (t Task) HasBegun(step string) bool { return containsStep(t.Begun, step) }

// HasMade reports whether the call of the step has succeeded in this operation, which
// has seen nothing but successful calls: a look would only repeat the answer.
func (t Task) HasMade(step string) bool { return t.Goal == Present && containsStep(t.Made, step) }

func containsStep(keys []string, step string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		name, _, _ := strings.Cut(key, "/")
		return IsTagStep(name, step)
	})
}

// HasNotBegun reports whether no call of the step was made in this operation.
func (t Task) HasNotBegun(step string) bool { return t.Begun != nil && !t.HasBegun(step) }

// IsToMake reports whether the task is to make something by the step, and has not
// begun.
func (t Task) IsToMake(step string) bool { return t.Goal == Present && t.HasNotBegun(step) }

// IsUntouched reports whether nothing of the task can be in the cloud: its first step
// has not begun, and no look or call of before gave a fact.
func (t Task) IsUntouched(first string) bool {
	return t.IsToMake(first) && t.Was == nil && !t.Usable && t.Facts.IsZero()
}

// Was is the state that an update starts from.
type Was struct {
	Settings   json.RawMessage
	Parameters json.RawMessage
}

// Labels name the owner of a resource, for people at the cloud's console.
type Labels struct {
	Offering, Plan string // names
	Platform       string // kubernetes, cloudfoundry, ...; may be empty
	Namespace      string // Kubernetes
	ClusterID      string // Kubernetes; as the platform names it
	Organization   string
	Space          string
}

// A Plan is the result of Prepare, in a form that only the provider reads. It may
// hold secrets.
type Plan json.RawMessage

// Facts are answers of the cloud, by name. They are merged name by name.
type Facts struct {
	Open    map[string]string // ids and addresses; operators see them
	Secrets map[string]string // kept sealed
}

// Seen is the result of Observe.
type Seen struct {
	// Exists says that a resource of this incarnation is in the cloud. The goal
	// Absent is reached once Exists is false.
	Exists bool
	// Facts that were observed, such as an id found by its tag.
	Facts Facts
	// State is the provider's own picture, for its Next alone.
	State any
}

// A Deletion is the plan's rule for the data of an instance that was in use.
type Deletion string

// The ways to treat data at deletion.
const (
	DeleteData Deletion = "delete" // the resource goes with its data
	Refuse     Deletion = "refuse" // fails while there is data, and says what to do
	Empty      Deletion = "empty"  // the data is removed first
	Retain     Deletion = "retain" // the resource is detached and left to its owner
)
