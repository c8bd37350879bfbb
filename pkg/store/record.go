package store

import (
	"encoding/json"
	"time"
)

// SchemaVersion is the schema of the records that this version writes. Since
// schema 2 a box authenticates the record: a broker of schema 1 would drop it, so
// it reads such records only.
const SchemaVersion = 2

// A Record holds everything that the broker knows of one instance or binding.
// It is stored before the first call to the cloud, so that a crash neither
// loses nor doubles a resource.
type Record struct {
	Key
	Schema   int    `json:"schema"`
	Revision uint64 `json:"-"` // set by the store; 0: never stored
	// Authentication is the box over the stored bytes; Authenticate checks it.
	Authentication Authentication `json:"-"`

	// Incarnation is 128 random bits in hex, drawn with the intent. Names,
	// tokens and tags in the cloud derive from it: "ours" means this
	// incarnation. An id that is deleted and created again gets a new one.
	Incarnation string    `json:"incarnation"`
	Created     time.Time `json:"created"`
	Sequence    uint64    `json:"sequence"` // of operations in this incarnation
	// Retries counts the requests of operators, in this incarnation, to try
	// unfinished work again at once.
	Retries uint64 `json:"retries,omitzero"`

	Provider  string `json:"provider"` // name in the list of providers
	ServiceID string `json:"service_id"`
	Offering  string `json:"offering"` // its name, for people

	Organization string          `json:"organization,omitempty"` // organization_guid
	Space        string          `json:"space,omitempty"`        // space_guid
	Context      json.RawMessage `json:"context,omitzero"`       // as the platform sent it

	// Predecessor is the binding that this one replaces (ROT-02).
	Predecessor string `json:"predecessor,omitempty"`
	// Expires and Renew are the times at which a binding ends and at which it
	// should be replaced; zero: never.
	Expires time.Time `json:"expires,omitzero"`
	Renew   time.Time `json:"renew,omitzero"`
	// Ends says that the engine ends the login of a binding once Expires has come.
	Ends bool `json:"ends,omitzero"`

	// Account and Region belong to the cloud. They are fixed with the intent,
	// or before the first call if the account was unknown at the intent.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Profile is the credential profile that the record's calls use, fixed with
	// the intent; empty: the default one.
	Profile string `json:"profile,omitempty"`

	// Parent is the incarnation of the binding's instance; "" in records of
	// earlier versions.
	Parent string `json:"of,omitempty"`

	// PriorPlanID is the plan before the last update. A platform that lost the
	// answer to the update may still send it.
	PriorPlanID string `json:"prior_plan_id,omitempty"`

	Want *Spec `json:"want,omitzero"` // last request of the platform
	Have *Spec `json:"have,omitzero"` // last reached state; nil before the first success

	Goal    Goal `json:"goal"`
	Settled bool `json:"settled"` // the goal is reached: the engine leaves the record alone
	// Usable is set once the instance or binding has been ready. Before that it
	// may always be deleted with its data.
	Usable  bool      `json:"usable,omitzero"`
	Deleted time.Time `json:"deleted,omitzero"` // set: a tombstone

	Facts       map[string]string `json:"facts,omitempty"`      // results of calls, open
	Secrets     Sealed            `json:"secrets,omitzero"`     // results of calls, secret: a JSON object of strings
	Credentials Sealed            `json:"credentials,omitzero"` // a binding's, once ready: a JSON object of strings

	// Locked lists the accounts of an instance that have outlived their bindings,
	// the one that was locked first before the others.
	Locked []LockedAccount `json:"locked,omitempty"`

	Epoch uint64 `json:"epoch,omitzero"` // of the last engine that stored a call here
	// Call is the mutating call that may be under way.
	Call *Call `json:"call,omitzero"`
	// Frozen holds the resolved request of each step in progress: retries
	// repeat it byte for byte.
	Frozen map[string]Sealed `json:"frozen,omitempty"`
	// Bodies are the bodies that the record needs, by digest, each with the key
	// that opens it: the ones that Want and Have name.
	Bodies map[string]Sealed `json:"bodies,omitempty"`
	// Refused lists the steps of this operation that the cloud refused for
	// good. The provider can fall back to others.
	Refused []string `json:"refused,omitempty"`
	// Unsettled maps each step with an unknown outcome to the time after which
	// it has no further effect.
	Unsettled map[string]time.Time `json:"unsettled,omitempty"`
	// Repeated is the latest time of Unsettled of a step that was started
	// again: the lost calls may still arrive after the successful ones.
	Repeated time.Time `json:"repeated,omitzero"`
	// Unseen is the time of a call whose new resource no observation has shown
	// yet. A missing resource may still become visible.
	Unseen time.Time `json:"unseen,omitzero"`
	// MissingSince is the time at which a delete first found everything gone.
	MissingSince time.Time `json:"missing_since,omitzero"`

	Operation *Operation  `json:"operation,omitzero"` // current one, or the last
	Results   []Operation `json:"results,omitempty"`  // the last few finished ones, newest last
	History   History     `json:"history,omitzero"`   // bounded, newest last
	Earlier   []Life      `json:"earlier,omitempty"`  // earlier incarnations of the same id

	// Unknown keeps the members of newer versions, so that they survive a
	// rewrite by an older version of the broker.
	Unknown map[string]json.RawMessage `json:",embed"`
}

// A Spec is a state of an instance or binding: requested or reached.
type Spec struct {
	PlanID     string          `json:"plan_id"`
	PlanName   string          `json:"plan_name"`
	Plan       json.RawMessage `json:"plan,omitzero"`       // resolved plan of the catalog, which may drop it later
	Parameters Sealed          `json:"parameters,omitzero"` // in normal form; an older record holds them as they were sent
	AppGUID    string          `json:"app_guid,omitempty"`  // of a binding
	// Prepared is the provider's frozen plan: names, passwords and requests
	// resolved before the first call.
	Prepared Sealed `json:"prepared,omitzero"`

	// Bodies holds the digests of the plan's large values, by the provider's name.
	Bodies map[string]string `json:"bodies,omitempty"`

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// A Goal is the state that the engine works towards.
type Goal string

// The goals.
const (
	Present Goal = "present"
	Absent  Goal = "absent"
	Expired Goal = "expired" // of a binding: its login is refused, and the rest exists on
)

// A Kind is the type of an operation.
type Kind string

// The kinds of operation.
const (
	Provision   Kind = "provision"
	Update      Kind = "update"
	Deprovision Kind = "deprovision"
	Bind        Kind = "bind"
	Unbind      Kind = "unbind"
	Expire      Kind = "expire" // of the engine's own: the end of a binding's lifetime
)

// Deletes reports whether operations of the kind remove everything.
func (k Kind) Deletes() bool { return k == Deprovision || k == Unbind }

// A State is the progress of an operation.
type State string

// The states, in their order.
const (
	Pending   State = "pending"   // stored; the cloud has seen no request yet
	Running   State = "running"   // a request may have reached the cloud
	Succeeded State = "succeeded" // done
	Failed    State = "failed"    // ended; Description says why
)

// Finished reports whether the state is final.
func (s State) Finished() bool { return s == Succeeded || s == Failed }

// An Operation is one request of the platform and its result.
type Operation struct {
	ID      string    `json:"id"` // incarnation and sequence, opaque to platforms
	Kind    Kind      `json:"kind"`
	State   State     `json:"state"`
	Step    string    `json:"step,omitempty"`   // current step of the provider
	Attempt int       `json:"attempt,omitzero"` // failed attempts in a row
	NextTry time.Time `json:"next_try,omitzero"`
	Started time.Time `json:"started"`
	// Deadline is the time at which the operation fails, unless it deletes.
	Deadline time.Time `json:"deadline,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	// Description is for the user. The same state has the same words, free of
	// ids, times and counts, because Service Catalog reconciles again on each
	// change.
	Description string `json:"description,omitempty"`
	Cause       string `json:"cause,omitempty"`      // for the operator: the last error
	CauseKind   string `json:"cause_kind,omitempty"` // its class, or a Cause below
	// Unexplained maps each step that the cloud refuses with an unknown code to the
	// time of the first such refusal. A call of the step that succeeds removes it.
	Unexplained map[string]time.Time `json:"unexplained,omitempty"`

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// Causes beside the classes of the cloud's errors.
const (
	CauseDeadline    = "deadline"  // the deadline passed
	CauseQuarantined = "set aside" // the record is quarantined; the stored word is the old one
)

// A Call is a mutating call to the cloud, stored before it is made.
type Call struct {
	Step    string    `json:"step"`
	Epoch   uint64    `json:"epoch"`
	Until   time.Time `json:"until"` // its deadline
	Seen    time.Time `json:"seen,omitzero"`
	SeenBy  uint64    `json:"seen_by,omitzero"` // later epoch that found the call open, at Seen
	Timeout int64     `json:"timeout_ms"`       // milliseconds

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// A Life is an earlier incarnation of an id, and its end.
type Life struct {
	Incarnation string      `json:"incarnation"`
	Deleted     time.Time   `json:"deleted,omitzero"`
	Results     []Operation `json:"results,omitempty"` // last operations, for late polls

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// EachSealed calls f with every secret of r and the name of its field. The name
// is part of the secret's associated data.
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
