package operator

import "time"

// The states of a record.
const (
	StateReady        = "ready"
	StateInProgress   = "in progress" // an operation of the platform runs
	StateExpired      = "expired"     // the login of the binding is refused, and the rest exists on
	StateCleaning     = "cleaning"    // the operation failed, and its resources are being deleted
	StateFailed       = "failed"      // the create failed, and the cloud is clean
	StateDeleted      = "deleted"
	StateInconsistent = "inconsistent" // the record contradicts itself
	StateUnreadable   = "unreadable"   // damaged, or of a newer broker
	StateMissing      = "missing"      // bindings exist without the record of their instance
)

// A Line is one instance in the list.
type Line struct {
	InstanceID string `json:"instance_id"`
	Bindings   int    `json:"bindings"` // with resources in the cloud, or perhaps
	// Unfinished counts bindings at work; Failed counts bindings with a failed last
	// operation.
	Unfinished  int        `json:"unfinished_bindings,omitempty"`
	Failed      int        `json:"failed_bindings,omitempty"`
	Unreadable  int        `json:"unreadable_bindings,omitempty"` // in addition to Bindings
	Offering    string     `json:"offering,omitempty"`
	Plan        string     `json:"plan,omitempty"`
	Profile     string     `json:"profile,omitempty"` // of the credentials; empty: the default one
	State       string     `json:"state"`
	Quarantined bool       `json:"quarantined,omitempty"` // the instance or one of its bindings
	Created     time.Time  `json:"created,omitzero"`
	Operation   *Operation `json:"operation,omitempty"` // the current or the last one
}

// An Instance is an instance with its bindings.
type Instance struct {
	Record

	Bindings []Record `json:"bindings"`
}

// A Record is the part of an instance's or a binding's record that operators may
// see. Sealed members and members of newer versions are left out.
type Record struct {
	InstanceID  string `json:"instance_id"`
	BindingID   string `json:"binding_id,omitempty"`
	State       string `json:"state"`
	Unreadable  string `json:"unreadable,omitempty"` // why the other members are missing
	Quarantined bool   `json:"quarantined,omitempty"`
	Altered     string `json:"altered,omitempty"` // why the broker refuses the record: it was changed outside of the broker

	Offering     string `json:"offering,omitempty"`
	ServiceID    string `json:"service_id,omitempty"`
	Provider     string `json:"provider,omitempty"`
	Platform     string `json:"platform,omitempty"`
	Namespace    string `json:"namespace,omitempty"`
	Organization string `json:"organization,omitempty"`
	Profile      string `json:"profile,omitempty"` // of the credentials; empty: the default one
	Account      string `json:"account,omitempty"`
	Region       string `json:"region,omitempty"`

	Incarnation string    `json:"incarnation,omitempty"`
	Created     time.Time `json:"created,omitzero"`
	Deleted     time.Time `json:"deleted,omitzero"`
	Predecessor string    `json:"predecessor,omitempty"`
	Expires     time.Time `json:"expires,omitzero"`
	Renew       time.Time `json:"renew,omitzero"`

	Want   *Plan             `json:"want,omitempty"`
	Have   *Plan             `json:"have,omitempty"`
	Goal   string            `json:"goal,omitempty"`
	Usable bool              `json:"usable,omitempty"` // it was ready at least once
	Facts  map[string]string `json:"facts,omitempty"`
	// Locked lists the accounts of an instance that have outlived their bindings,
	// and the last ones that made room for others.
	Locked []LockedAccount `json:"locked,omitempty"`

	Operation    *Operation           `json:"operation,omitempty"`
	Call         *Call                `json:"call,omitempty"` // may be on its way to the cloud
	Begun        []string             `json:"begun_steps,omitempty"`
	Refused      []string             `json:"refused_steps,omitempty"`
	Unsettled    map[string]time.Time `json:"unsettled,omitempty"` // steps of unknown outcome, with the time until which they may take effect
	Repeated     time.Time            `json:"repeated,omitzero"`   // time until which repeated calls that were lost may take effect
	Unseen       time.Time            `json:"unseen,omitzero"`     // time of a successful call whose effect is invisible so far
	MissingSince time.Time            `json:"missing_since,omitzero"`
	Results      []Operation          `json:"results,omitempty"`
	History      []Event              `json:"history,omitempty"`
	Earlier      []Life               `json:"earlier_lives,omitempty"`

	Epoch    uint64 `json:"epoch,omitempty"`
	Schema   int    `json:"schema,omitempty"`
	Revision uint64 `json:"revision,omitempty"`
}

// A LockedAccount is an account that has outlived its binding.
type LockedAccount struct {
	Name      string    `json:"name"`
	BindingID string    `json:"binding_id"` // the last binding that had it, perhaps cut
	Locked    time.Time `json:"locked,omitzero"`
	InUse     bool      `json:"in_use,omitempty"` // that binding has it again
	Removed   time.Time `json:"removed,omitzero"` // it was deleted then, to make room
}

// A Plan names a plan.
type Plan struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// An Operation is one request of the platform with its result.
type Operation struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	State       string    `json:"state"`
	Step        string    `json:"step,omitempty"`
	Attempt     int       `json:"attempt,omitempty"` // failed attempts in a row
	NextTry     time.Time `json:"next_try,omitzero"`
	Started     time.Time `json:"started"`
	Deadline    time.Time `json:"deadline,omitzero"`
	Finished    time.Time `json:"finished,omitzero"`
	Description string    `json:"description,omitempty"` // the answer to the platform
	Cause       string    `json:"cause,omitempty"`       // the last error
	CauseKind   string    `json:"cause_kind,omitempty"`
}

// A Call is a mutating call to the cloud.
type Call struct {
	Step  string    `json:"step"`
	Epoch uint64    `json:"epoch"`
	Until time.Time `json:"until"` // its deadline
}

// An Event is one line of the history.
type Event struct {
	Time    time.Time `json:"time"`
	Op      string    `json:"operation,omitempty"`
	Step    string    `json:"step,omitempty"`
	What    string    `json:"what"`
	Kind    string    `json:"kind,omitempty"` // class of the error
	Attempt int       `json:"attempt,omitempty"`
}

// A Life is an earlier incarnation of the same id.
type Life struct {
	Incarnation string      `json:"incarnation"`
	Deleted     time.Time   `json:"deleted,omitzero"`
	Results     []Operation `json:"results,omitempty"`
}

// A Name identifies an instance, or one of its bindings.
type Name struct {
	InstanceID string `json:"instance_id"`
	BindingID  string `json:"binding_id,omitempty"`
}

// Tried are the records of a retry.
type Tried struct {
	Records []Name `json:"records"`
}

// Altered are the records of an instance that were changed outside of the broker.
type Altered struct {
	Records []AlteredRecord `json:"records"`
}

// An AlteredRecord is a record that the broker refuses until an operator accepts it.
type AlteredRecord struct {
	Record

	// Digest is the SHA-256 in hex of the stored bytes without the box.
	Digest string `json:"digest"`
	// Unopened names the secrets that do not open in this record.
	Unopened []string `json:"unopened,omitempty"`
}

// Purged are the dropped records of a purge.
type Purged struct {
	Records     []Left `json:"records"`
	Description string `json:"description"`
}

// Left is a purged record with the facts of the resources that it may leave in the
// cloud.
type Left struct {
	Name

	Provider    string            `json:"provider,omitempty"`
	Profile     string            `json:"profile,omitempty"`
	Account     string            `json:"account,omitempty"`
	Region      string            `json:"region,omitempty"`
	Incarnation string            `json:"incarnation,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
	Unreadable  bool              `json:"unreadable,omitempty"` // then its facts are unknown
}
