package store

import (
	"encoding/json"
	"time"
)

// SchemaVersion is the form of the records that this version writes.
const SchemaVersion = 1

// A Record is all that the broker knows of one instance or binding. It is
// stored before the first call to the cloud, so that nothing is ever lost or
// made twice.
type Record struct {
	Key
	Schema   int    `json:"schema"`
	Revision uint64 `json:"-"` // of the store; 0: not stored yet

	// Incarnation is 128 random bits in hex, drawn with the intent. Names,
	// tokens and tags in the cloud derive from it: "ours" means this
	// incarnation. Deleting and making the same id again is a new one.
	Incarnation string    `json:"incarnation"`
	Created     time.Time `json:"created"`
	Sequence    uint64    `json:"sequence"` // of operations in this incarnation
	// Retries is how many times operators have asked, in this incarnation, for
	// what is unfinished to be tried again at once.
	Retries uint64 `json:"retries,omitzero"`

	Provider  string `json:"provider"` // name in the list of providers
	ServiceID string `json:"service_id"`
	Offering  string `json:"offering"` // its name, for people

	Organization string          `json:"organization,omitempty"` // organization_guid
	Space        string          `json:"space,omitempty"`        // space_guid
	Context      json.RawMessage `json:"context,omitzero"`       // as the platform sent it

	// Predecessor is the binding that this one was made to replace (ROT-02).
	Predecessor string `json:"predecessor,omitempty"`
	// Expires and Renew are when a binding should no longer be used, and when
	// it should be replaced; zero: never.
	Expires time.Time `json:"expires,omitzero"`
	Renew   time.Time `json:"renew,omitzero"`

	// Account and Region are the cloud's, fixed with the intent, or, where the
	// account was not known then, before the first call.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Profile is the credential profile that the record's calls use, fixed with
	// the intent; empty: the default one.
	Profile string `json:"profile,omitempty"`

	// Of is the incarnation of the instance that a binding was asked for; "" in
	// the records of earlier versions.
	Parent string `json:"of,omitempty"`

	// PriorPlanID is the plan before the last update: a platform that lost the
	// answer to it may still name it.
	PriorPlanID string `json:"prior_plan_id,omitempty"`

	Want *Spec `json:"want,omitzero"` // what the platform asked for last
	Have *Spec `json:"have,omitzero"` // what was last reached; nil before the first success

	Goal    Goal `json:"goal"`
	Settled bool `json:"settled"` // the goal is reached: the engine has nothing to do
	// Usable says that the instance or binding has once been ready: what was
	// never ready may always be deleted with its data.
	Usable  bool      `json:"usable,omitzero"`
	Deleted time.Time `json:"deleted,omitzero"` // set: a tombstone

	Facts       map[string]string `json:"facts,omitempty"`      // what calls returned, open
	Secrets     Sealed            `json:"secrets,omitzero"`     // the same, secret: a JSON object of strings
	Credentials Sealed            `json:"credentials,omitzero"` // a binding's, once ready: a JSON object of strings

	Epoch uint64 `json:"epoch,omitzero"` // of the last engine that wrote a call here
	// Call is the mutating call that may be on its way to the cloud.
	Call *Call `json:"call,omitzero"`
	// Frozen holds the resolved request of each step that was begun: retries
	// repeat it byte for byte.
	Frozen map[string]Sealed `json:"frozen,omitempty"`
	// Bodies are the bodies that the record needs, by digest, each with the key
	// that opens it. Frozen requests carry the digests.
	Bodies map[string]Sealed `json:"bodies,omitempty"`
	// Refused lists the steps of this operation that the cloud has definitely
	// refused, so that the provider can fall back to others.
	Refused []string `json:"refused,omitempty"`
	// Unsettled holds, for each step whose outcome is unknown, the time after
	// which it can have no further effect.
	Unsettled map[string]time.Time `json:"unsettled,omitempty"`
	// Repeated is the latest of the times of Unsettled whose step was begun
	// anew: the calls that were lost may still come after those that were good.
	Repeated time.Time `json:"repeated,omitzero"`
	// Unseen is when a call made something that no look has shown since: until
	// then what is missing may only not be visible yet.
	Unseen time.Time `json:"unseen,omitzero"`
	// MissingSince is when a delete first found nothing left.
	MissingSince time.Time `json:"missing_since,omitzero"`

	Operation *Operation  `json:"operation,omitzero"` // the one now, or the last
	Results   []Operation `json:"results,omitempty"`  // the last few finished, newest last
	History   History     `json:"history,omitzero"`   // bounded, newest last
	Earlier   []Life      `json:"earlier,omitempty"`  // earlier incarnations of the same id

	// Unknown keeps the members that this version does not know, so that they
	// survive a rewrite by an older version of the broker.
	Unknown map[string]json.RawMessage `json:",embed"`
}

// A Spec is what an instance or binding is to be.
type Spec struct {
	PlanID     string          `json:"plan_id"`
	PlanName   string          `json:"plan_name"`
	Plan       json.RawMessage `json:"plan,omitzero"`       // the catalog's plan, resolved: it may leave the catalog
	Parameters Sealed          `json:"parameters,omitzero"` // exact JSON as sent; null and {} are absent
	AppGUID    string          `json:"app_guid,omitempty"`  // of a binding
	// Prepared is the provider's frozen plan: names, passwords and requests
	// resolved before the first call.
	Prepared Sealed `json:"prepared,omitzero"`

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// A Goal is what the engine works towards.
type Goal string

// The goals.
const (
	Present Goal = "present"
	Absent  Goal = "absent"
)

// A Kind is what an operation does.
type Kind string

// The kinds of operation.
const (
	Provision   Kind = "provision"
	Update      Kind = "update"
	Deprovision Kind = "deprovision"
	Bind        Kind = "bind"
	Unbind      Kind = "unbind"
)

// Deletes says whether operations of the kind end in nothing left.
func (k Kind) Deletes() bool { return k == Deprovision || k == Unbind }

// A State is how far an operation is.
type State string

// The states, in their order.
const (
	Pending   State = "pending"   // stored; nothing sent to the cloud yet
	Running   State = "running"   // a request may have reached the cloud
	Succeeded State = "succeeded" // done
	Failed    State = "failed"    // ended; Description says why
)

// Finished says whether the state is final.
func (s State) Finished() bool { return s == Succeeded || s == Failed }

// An Operation is one request of the platform and what became of it.
type Operation struct {
	ID      string    `json:"id"` // opaque to platforms: incarnation and sequence
	Kind    Kind      `json:"kind"`
	State   State     `json:"state"`
	Step    string    `json:"step,omitempty"`   // the provider's step now
	Attempt int       `json:"attempt,omitzero"` // failed tries in a row
	NextTry time.Time `json:"next_try,omitzero"`
	Started time.Time `json:"started"`
	// Deadline: later than this it fails, unless it deletes.
	Deadline time.Time `json:"deadline,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	// Description is for the user: the same state gives the same words, with
	// no ids, times or counts, since Service Catalog acts anew on each change.
	Description string `json:"description,omitempty"`
	Cause       string `json:"cause,omitempty"`      // for the operator: the last error
	CauseKind   string `json:"cause_kind,omitempty"` // its kind, or one of those below

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// Kinds of cause beside those of the cloud's errors.
const (
	CauseDeadline    = "deadline"  // it was not done in time
	CauseQuarantined = "set aside" // the broker cannot go on with the record
)

// A Call is a mutating call to the cloud, stored before it is made.
type Call struct {
	Step    string    `json:"step"`
	Epoch   uint64    `json:"epoch"`
	Until   time.Time `json:"until"` // it is given up then
	Seen    time.Time `json:"seen,omitzero"`
	SeenBy  uint64    `json:"seen_by,omitzero"` // the later epoch that found it open, at Seen
	Timeout int64     `json:"timeout_ms"`       // milliseconds

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// A Life is an earlier incarnation of an id, and how it ended.
type Life struct {
	Incarnation string      `json:"incarnation"`
	Deleted     time.Time   `json:"deleted,omitzero"`
	Results     []Operation `json:"results,omitempty"` // its last, for late polls

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// EachSealed calls f with every secret of r and the name of its field, which is
// part of what the secret is sealed for.
func (r *Record) EachSealed(f func(field string, s *Sealed) error) error {
	type field struct {
		name string
		s    *Sealed
	}
	fields := [6]field{{"secrets", &r.Secrets}, {"credentials", &r.Credentials}}
	n := 2
	for _, spec := range [...]*Spec{r.Want, r.Have} {
		// Both have the same names: a reached Want becomes Have as it is.
		if spec != nil {
			fields[n], fields[n+1] = field{"parameters", &spec.Parameters}, field{"prepared", &spec.Prepared}
			n += 2
		}
	}
	for _, field := range fields[:n] {
		if err := f(field.name, field.s); err != nil {
			return err
		}
	}
	for step, s := range r.Frozen {
		if err := f("frozen."+step, &s); err != nil {
			return err
		}
		r.Frozen[step] = s
	}
	for digest, s := range r.Bodies {
		if err := f("bodies."+digest, &s); err != nil {
			return err
		}
		r.Bodies[digest] = s
	}
	return nil
}
