// Package dbaccount is the binding kind "account": a database account made by
// the product's API, with rights on one database. It is a package of its own
// since every database service with such an API binds this way; the service
// states the calls, its server and the credentials.
//
// Steps: account, grant; before them a Super account where the server asks for
// one. The end of a binding locks its account, unless the plan says otherwise: the
// password becomes one that nothing knows, and the rights stay, since servers run
// triggers, views, routines and events with the rights of the account that made
// them. The record of the instance lists the locked accounts. A bind that names
// one gets it again, and the oldest ones make room where a server is full.
package dbaccount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// A Config is the service's part of the kind. Every member is required but
// Explain.
type Config struct {
	// API returns the product's calls for the bindings of an instance.
	API func(instance providers.Task) (API, error)
	// Server describes the server of an instance.
	Server func(instance providers.Task) (Server, error)
	// Find looks for the server in the cloud and checks the marks of its instance;
	// nil says that it is missing. ErrForeign says that the recorded id is another
	// owner's.
	Find func(ctx context.Context, instance providers.Task) (*Address, error)
	// Credentials returns the credentials of an application with a login of an
	// instance. It is pure.
	Credentials func(instance providers.Task, l Login) (map[string]string, error)
	// Explain adds the service's sentences to an error of the cloud. Nil leaves
	// errors as they are.
	Explain func(error) error
}

// A Server is where the accounts of an instance are made.
type Server struct {
	Database  string   // the accounts may read and write it; empty where rights cover the whole server
	NameLimit int      // characters of an account's name
	LowerCase bool     // names have no upper-case letters
	Reserved  []string // names that accounts must not have, compared without case
	// The Super account is made only if the server asks for one before it takes
	// others. It is the broker's own.
	SuperName, SuperDescription string
	SuperPassword               providers.Secret
}

// An Address is where the server of an instance was found. Services may keep it
// among the secret facts of the instance.
type Address struct {
	ID   string `json:"id"`   // of the instance in the cloud
	Host string `json:"host"` // empty until the server has it, as Port
	Port string `json:"port"`
	// The endpoint that is reached from the internet; empty where there is none.
	PublicHost string `json:"publicHost,omitempty"`
	PublicPort string `json:"publicPort,omitempty"`
}

// A Login connects an application to its database.
type Login struct {
	Address

	Database, Username string
	Password           providers.Secret
}

// An API is the product's calls for accounts.
type API interface {
	// Accounts lists the accounts of an instance: of one name, or all if name
	// is empty. found is false if the instance is missing.
	Accounts(ctx context.Context, instanceID, name string) (list []Account, found bool, err error)
	// CreateAccount returns ErrExists where the name is taken.
	CreateAccount(ctx context.Context, r AccountRequest, password providers.Secret) error
	// NeedsSuper reports whether an error of CreateAccount asks for a Super
	// account first.
	NeedsSuper(err error) bool
	// IsFull reports whether an error of CreateAccount means that the instance has
	// as many accounts as it may have.
	IsFull(err error) bool
	Grant(ctx context.Context, r GrantRequest) error
	// SetPassword replaces the password of an account; its rights stay.
	SetPassword(ctx context.Context, r AccountRequest, password providers.Secret) error
	DeleteAccount(ctx context.Context, r AccountRequest) error
}

// An Account has the read members of a database account.
type Account struct {
	Name, Description string
	Type              string            // Super or Normal
	Busy              bool              // being made or removed
	Grants            map[string]string // database → privilege
}

// Words of the APIs of RDS and its relatives.
const (
	Super     = "Super"
	Normal    = "Normal"
	ReadWrite = "ReadWrite"
)

// A Kind makes the bindings of a service. Compose it with the service's part
// for instances.
type Kind struct{ config Config }

var (
	_ providers.Provider = Kind{}
	_ providers.Claimer  = Kind{}
	_ providers.Expirer  = Kind{}
)

// New returns the kind.
func New(c Config) Kind { return Kind{c} }

// CanExpire says that accounts can be locked on every server.
func (k Kind) CanExpire(json.RawMessage) bool { return true }

// Facts of a binding.
const (
	factAccount  = "account_made"    // "true" once the account of its name is known to be its own
	factSuper    = "super_needed"    // "true" once the server asked for a Super account
	factFull     = "accounts_full"   // "true" while the server has as many accounts as it may have
	factRemoved  = "account_removed" // the locked account that was deleted to make room
	factPassword = "password_set"    // "true" once an account that was locked has the binding's password
	factLocked   = "account_locked"  // lockedEarly or lockedSurely, once its login is refused
	// factMark is the description of the account, once it was seen there. It is
	// among the secrets, since a sealed fact is a proof.
	factMark = "account_mark"
)

// Values of factLocked.
const (
	lockedEarly  = "early" // a lost call of the bind may still set the binding's password
	lockedSurely = "true"
)

func open(name, value string) providers.Facts {
	return providers.Facts{Open: map[string]string{name: value}}
}

// errNoInstance is the cause of a failure: the record of the binding's instance is
// missing.
var errNoInstance = errors.New("dbaccount: a binding without an instance")

func (k Kind) server(t providers.Task) (Server, error) {
	if t.Of == nil {
		return Server{}, providers.Unreadable(errNoInstance)
	}
	return k.config.Server(*t.Of)
}

// read reads the plan and the server of a task.
func (k Kind) read(t providers.Task) (p plan, s Server, err error) {
	if err := providers.Decode(t.Plan, "plan of the binding", &p); err != nil {
		return p, s, err
	}
	s, err = k.server(t)
	return p, s, err
}

// Observe looks at the account.
func (k Kind) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	p, _, err := k.read(t)
	if err != nil {
		return providers.Seen{}, err
	}
	at, err := k.config.Find(ctx, *t.Of)
	if err != nil {
		return providers.Seen{}, k.explain(fmt.Errorf("dbaccount: look for the server: %w", err))
	}
	api, err := k.config.API(*t.Of)
	if err != nil {
		return providers.Seen{}, err
	}
	seen, err := observe(ctx, api, t, p, at)
	return seen, k.explain(err)
}

// Next decides on the next step.
func (k Kind) Next(t providers.Task, seen providers.Seen) providers.Step {
	p, s, err := k.read(t)
	found, ok := seen.State.(state)
	if err != nil || !ok {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	if t.Goal == providers.Absent {
		return nextToEnd(t, p, found)
	}
	step := nextToMake(t, p, s, found)
	if step.Action == providers.Done {
		given, err := k.config.Credentials(*t.Of, Login{Address: found.server, Database: s.Database, Username: p.Username, Password: p.Password})
		if err != nil {
			return providers.FailStep(providers.Broken, providers.TextUnreadable)
		}
		return providers.DoneStep(given)
	}
	return step
}

// Do makes the call of one step. The next look gives its effect time to show.
func (k Kind) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	facts, err := k.call(ctx, t, s)
	if err != nil {
		return facts, k.explain(fmt.Errorf("dbaccount: %s: %w", s.Name, err))
	}
	return effect.Made(facts, s.Name), nil
}

func (k Kind) explain(err error) error {
	if err == nil || k.config.Explain == nil {
		return err
	}
	return k.config.Explain(err)
}
