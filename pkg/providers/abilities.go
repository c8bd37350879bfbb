package providers

import (
	"context"
	"encoding/json"
)

// Optional abilities are interfaces beside Provider. A caller gets one by As.

// As returns the ability A of a provider for tasks of a kind. A composed provider
// has the ability if its part for the kind has it.
//
//	lister, ok := providers.As[providers.Lister](provider, providers.Instance)
func As[A any](p Provider, kind Kind) (A, bool) {
	for {
		if c, ok := p.(composed); ok {
			p = c[kind]
		}
		if ability, ok := p.(A); ok {
			return ability, true
		}
		w, ok := p.(Wrapper)
		if !ok {
			var none A
			return none, false
		}
		p = w.Unwrap()
	}
}

// A Wrapper is a provider around another one. It has the abilities of both.
type Wrapper interface{ Unwrap() Provider }

// An Undoer has calls that make another thing each time, however often the same
// request is sent.
type Undoer interface {
	// Undo removes the thing that a successful Do of such a step made, as its
	// facts tell: its result came when another process ran the operations, and
	// is lost to the record. A missing thing is a success. Things that can be
	// found again by name or token stay.
	Undo(ctx context.Context, t Task, s Step, made Facts) error
}

// A Lister finds the resources that carry our marks, with or without a record.
type Lister interface {
	// List returns a page of them. It only reads. An empty cursor begins the
	// list, and the cursor of a page continues it.
	List(ctx context.Context, scope Scope, cursor string) (Page, error)
}

// A Scope is where a Lister searches: as one profile, in one region, for the
// resources of one broker.
type Scope struct {
	Profile  string // as in Task
	Region   string
	BrokerID string
}

// A Page is a part of a list.
type Page struct {
	Found  []Found
	Cursor string // of the next page; empty at the end
}

// A Found is a resource that carries our marks, with everything that its marks
// say. Other members are empty.
type Found struct {
	Kind     Kind
	Resource string // id in the cloud
	// Incarnation is of the instance or binding; Instance is, for a binding, the
	// incarnation of its instance.
	Incarnation, Instance string
	// InstanceID is the platform's id, where the mark holds it plainly.
	// IDHash is the hash that a mark holds in its place (of a binding:
	// Task.BindingHash).
	InstanceID, IDHash string
	Labels             Labels
}

// A ParameterReader tells which parameters a prepared plan stands for, so that a
// request that states a value in force is recognised as no change.
type ParameterReader interface {
	// ParametersOf returns the values of Task.Plan by the name of the parameter,
	// in normal form: the user's, the defaults of the catalog's plan, and the
	// broker's own, such as its region; and what Task.Facts add, such as the zone
	// that the cloud chose. A parameter without a value is absent.
	// Secrets are among them. It is pure.
	ParametersOf(t Task) (map[string]any, error)
}

// An Adopter takes over a resource that exists, such as one that people made.
type Adopter interface {
	// Adopt returns the plan and the facts with which the task stands for the
	// resource. It only reads. A *Failure of kind Invalid says why the resource
	// is unfit.
	Adopt(ctx context.Context, t Task, resource string) (Plan, Facts, error)
}

// A Claimer has bindings with a name that the bindings of an instance must not
// share, such as the name of a database account.
type Claimer interface {
	// Claim returns the name that the plan of a binding's task takes. It is
	// offline.
	Claim(t Task) (Claim, error)
}

// A Claim is the name that a binding takes among the bindings of its instance.
type Claim struct {
	Name string // equal names are equal texts
	// Parameter is the user's parameter that chose the name; empty: the name was
	// drawn.
	Parameter string
}

// An Expirer has bindings that it can close without dropping anything: it knows
// Task.Expire.
type Expirer interface {
	// CanExpire reports whether it can close the bindings of instances with the
	// settings of a plan. It is pure.
	CanExpire(settings json.RawMessage) bool
}

// A Locator makes resources in other regions than the broker's.
type Locator interface {
	// RegionOf returns the region of the resource that the task's plan describes.
	// It is pure. The answer is empty for an unreadable plan.
	RegionOf(t Task) string
}

// A Protector has instances that are protected from deletion by the request or plan
// that made or changed them.
type Protector interface {
	// Protection returns why the instance must not be deleted for now; nil: it may be.
	// It is pure. An unreadable plan protects nothing.
	Protection(t Task) *Failure
}

// A Dashboarder has resources with a page in a web console.
type Dashboarder interface {
	// DashboardURL returns the address of the page of the task's resource, or of the
	// page that lists it while its id is unknown; empty: there is none. It is pure:
	// the same plan and facts give the same address, which holds no secret.
	DashboardURL(t Task) string
}

// A Differ compares the wish of a task with the result of Observe.
type Differ interface {
	// Differences returns the fields that differ, in a fixed order. It is pure.
	Differences(t Task, seen Seen) []Difference
}

// A Difference is one field of a resource that differs from the task.
type Difference struct {
	Field         string // as users know it: the name of the parameter, or of the setting
	Wanted, Found string // in the service's words; secrets are left out
}
