// Package operator has the types that the operator API and its client exchange.
// Package server serves the API on the broker's second port, package client
// calls it and prints the answers.
package operator

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// Root is the prefix of every path of the operator API.
const Root = "/operator/v1/"

// A Failure is the body of every answer that is no success, and the last line of
// one that could not go on.
type Failure struct {
	Code        string `json:"error"`
	Description string `json:"description"`
}

// Counts are how many records there are of what exists, or may exist, in the
// cloud.
type Counts struct {
	Instances  int `json:"instances"`
	Bindings   int `json:"bindings"`
	Unreadable int `json:"unreadable"` // damaged, or of a newer broker
	// Gone are records of what does not exist any more: they answer late polls.
	Gone int `json:"gone"`
	// First are the ids of some of the instances.
	First []string `json:"first,omitempty"`
}

// The states of a record.
const (
	StateReady      = "ready"
	StateInProgress = "in progress" // an operation of the platform runs
	StateCleaning   = "cleaning"    // the operation failed; what it left is being removed
	StateFailed     = "failed"      // the create failed, and nothing is left in the cloud
	StateDeleted    = "deleted"
	StateBroken     = "broken"     // the record makes no sense
	StateUnreadable = "unreadable" // damaged, or of a newer broker
	StateMissing    = "missing"    // there are bindings of it alone
)

// A Line is what the list says of an instance.
type Line struct {
	InstanceID string `json:"instance_id"`
	Bindings   int    `json:"bindings"` // that exist, or may
	// Unfinished and Failed are among them: those at work, and those whose last
	// operation failed.
	Unfinished  int        `json:"unfinished_bindings,omitempty"`
	Failed      int        `json:"failed_bindings,omitempty"`
	Unreadable  int        `json:"unreadable_bindings,omitempty"` // beside them
	Offering    string     `json:"offering,omitempty"`
	Plan        string     `json:"plan,omitempty"`
	State       string     `json:"state"`
	Quarantined bool       `json:"quarantined,omitempty"` // the instance or one of its bindings
	Created     time.Time  `json:"created,omitzero"`
	Operation   *Operation `json:"operation,omitempty"` // the one now, or the last
}

// An Instance is all that may be told of an instance.
type Instance struct {
	Record

	Bindings []Record `json:"bindings"`
}

// A Record is all that may be told of an instance or a binding: nothing that is
// sealed, and no members that this version does not know.
type Record struct {
	InstanceID  string `json:"instance_id"`
	BindingID   string `json:"binding_id,omitempty"`
	State       string `json:"state"`
	Unreadable  string `json:"unreadable,omitempty"` // why nothing more is known
	Quarantined bool   `json:"quarantined,omitempty"`

	Offering     string `json:"offering,omitempty"`
	ServiceID    string `json:"service_id,omitempty"`
	Provider     string `json:"provider,omitempty"`
	Platform     string `json:"platform,omitempty"`
	Namespace    string `json:"namespace,omitempty"`
	Organization string `json:"organization,omitempty"`
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
	Usable bool              `json:"usable,omitempty"` // it has once been ready
	Facts  map[string]string `json:"facts,omitempty"`

	Operation    *Operation           `json:"operation,omitempty"`
	Call         *Call                `json:"call,omitempty"` // that may be on its way to the cloud
	Begun        []string             `json:"begun_steps,omitempty"`
	Refused      []string             `json:"refused_steps,omitempty"`
	Unsettled    map[string]time.Time `json:"unsettled,omitempty"` // steps of unknown outcome, and until when they can have an effect
	Repeated     time.Time            `json:"repeated,omitzero"`   // until when calls that were lost, and made again, can have an effect
	Unseen       time.Time            `json:"unseen,omitzero"`     // when something was made that no look has shown since
	MissingSince time.Time            `json:"missing_since,omitzero"`
	Results      []Operation          `json:"results,omitempty"`
	History      []Event              `json:"history,omitempty"`
	Earlier      []Life               `json:"earlier_lives,omitempty"`

	Epoch    uint64 `json:"epoch,omitempty"`
	Schema   int    `json:"schema,omitempty"`
	Revision uint64 `json:"revision,omitempty"`
}

// A Plan names a plan.
type Plan struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// An Operation is one request of the platform and what became of it.
type Operation struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	State       string    `json:"state"`
	Step        string    `json:"step,omitempty"`
	Attempt     int       `json:"attempt,omitempty"` // failed tries in a row
	NextTry     time.Time `json:"next_try,omitzero"`
	Started     time.Time `json:"started"`
	Deadline    time.Time `json:"deadline,omitzero"`
	Finished    time.Time `json:"finished,omitzero"`
	Description string    `json:"description,omitempty"` // what the platform is told
	Cause       string    `json:"cause,omitempty"`       // the last error
	CauseKind   string    `json:"cause_kind,omitempty"`
}

// A Call is a mutating call to the cloud.
type Call struct {
	Step  string    `json:"step"`
	Epoch uint64    `json:"epoch"`
	Until time.Time `json:"until"` // it is given up then
}

// An Event is a line of the history.
type Event struct {
	Time    time.Time `json:"time"`
	Op      string    `json:"operation,omitempty"`
	Step    string    `json:"step,omitempty"`
	What    string    `json:"what"`
	Kind    string    `json:"kind,omitempty"` // of the error
	Attempt int       `json:"attempt,omitempty"`
}

// A Life is an earlier incarnation of the same id.
type Life struct {
	Incarnation string      `json:"incarnation"`
	Deleted     time.Time   `json:"deleted,omitzero"`
	Results     []Operation `json:"results,omitempty"`
}

// A Name is of an instance, or of a binding of it.
type Name struct {
	InstanceID string `json:"instance_id"`
	BindingID  string `json:"binding_id,omitempty"`
}

// Tried are the records that are tried again.
type Tried struct {
	Records []Name `json:"records"`
}

// Purged are the records that were let go of, as they were.
type Purged struct {
	Records     []Left `json:"records"`
	Description string `json:"description"`
}

// Left is what may be left in the cloud of a record that was purged.
type Left struct {
	Name

	Provider    string            `json:"provider,omitempty"`
	Account     string            `json:"account,omitempty"`
	Region      string            `json:"region,omitempty"`
	Incarnation string            `json:"incarnation,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
	Unreadable  bool              `json:"unreadable,omitempty"` // so that nobody knows what it names
}

// KeyList are the keys that seal, oldest first, and what needs them.
type KeyList struct {
	Keys []KeyUse `json:"keys"`
	// Records were looked at, and of so many it is not known what sealed them.
	Records int `json:"records"`
	Unknown int `json:"unknown,omitempty"`
	// Problem is why the keyset cannot be read now: the keys are those in use.
	Problem string `json:"problem,omitempty"`
}

// A KeyUse is a key and how many records need it.
type KeyUse struct {
	sealed.Key

	Records int `json:"records"`
}

// Progress is how far sealing anew is; the last one is Done.
type Progress struct {
	sealed.Resealed

	Done bool         `json:"done,omitempty"`
	Left []Unresealed `json:"left,omitempty"` // the first of those that failed
}

// An Unresealed is a record that was left as it was.
type Unresealed struct {
	Name

	Why string `json:"why"`
}
