// Package sqllogin is the binding kind "sql": a login role of a PostgreSQL server,
// made over SQL. It is a package of its own since every service that has such a
// server binds this way, whether the cloud or a cluster runs it; the service states
// the server, the broker's own account there, and the credentials.
//
// Each database belongs to an owner role, and a reader role may read it; neither has a
// login. A binding's login is a member of the owner role, and works as it, so that the
// objects of one binding belong to all; or it is a member of the reader role. A
// comment on each role marks it as ours.
//
// Steps: owner, database, schema, login, readable. The end of a binding closes the
// login, ends its sessions, hands what it owns to the owner role, and drops it; the
// word "unbind" of a plan changes nothing here.
package sqllogin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// Name is the name of the kind, in settings of plans and in plans of bindings.
const Name = "sql"

// A Config is the service's part of the kind. Every member is required but Explain
// and Dial.
type Config struct {
	// Server describes the server of an instance. It is pure.
	Server func(instance providers.Task) (Server, error)
	// Find looks for the server and checks the marks of its instance; nil says that it
	// is missing. ErrForeign says that the recorded id is another owner's.
	Find func(ctx context.Context, instance providers.Task) (*dbaccount.Address, error)
	// Credentials returns the credentials of an application with a login of an
	// instance. It is pure.
	Credentials func(instance providers.Task, l dbaccount.Login) (map[string]string, error)
	// Explain adds the service's sentences to an error of Find. Nil leaves errors as
	// they are.
	Explain func(error) error
	// Dial opens the broker's connections; nil: the network of the broker's machine.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Server is where the logins of an instance are made.
type Server struct {
	// Databases are made where they are missing. Credentials name the first.
	Databases []Database
	// The broker's own account, which may make databases and roles. It is handed out to
	// nothing.
	AdminName     string
	AdminPassword providers.Secret
	// AdminDatabase is the database that the account enters for work on roles.
	AdminDatabase string
	Reserved      []string // names that logins must not have, in lower case
	TLS           TLS
}

// TLS is how the broker's connections are encrypted.
type TLS struct {
	Mode string // sslmode of PostgreSQL's clients; empty: disable
	CA   string // certificates in PEM, for verify-ca and verify-full
}

// A Database is one of the databases of a server. Empty members of its character set
// are the server's defaults.
type Database struct{ Name, Encoding, Collate, Ctype string }

// A Kind makes the bindings of a service. Compose it with the service's part for
// instances.
type Kind struct{ config Config }

var (
	_ providers.Provider = Kind{}
	_ providers.Claimer  = Kind{}
	_ providers.Expirer  = Kind{}
)

// New returns the kind.
func New(c Config) Kind { return Kind{c} }

// CanExpire implements providers.Expirer: a login without the right to log in keeps
// everything else.
func (Kind) CanExpire(json.RawMessage) bool { return true }

// errNoInstance is the cause of a failure: the record of the binding's instance is
// missing.
var errNoInstance = errors.New("sqllogin: a binding without an instance")

// read reads the plan and the server of a task.
func (k Kind) read(t providers.Task) (p plan, s Server, err error) {
	if err := providers.Decode(t.Plan, "plan of the binding", &p); err != nil {
		return p, s, err
	}
	s, err = k.server(t)
	return p, s, err
}

func (k Kind) server(t providers.Task) (Server, error) {
	if t.Of == nil {
		return Server{}, providers.Unreadable(errNoInstance)
	}
	s, err := k.config.Server(*t.Of)
	if err == nil && len(s.Databases) == 0 {
		err = providers.Unreadable(errors.New("sqllogin: an instance without a database"))
	}
	return s, err
}

// find returns the address of the server; nil: it is missing.
func (k Kind) find(ctx context.Context, t providers.Task) (*dbaccount.Address, error) {
	at, err := k.config.Find(ctx, *t.Of)
	if err != nil && k.config.Explain != nil {
		err = k.config.Explain(err)
	}
	return at, err
}

// Observe looks at the roles and databases of the binding.
func (k Kind) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	p, s, err := k.read(t)
	if err != nil {
		return providers.Seen{}, err
	}
	at, err := k.find(ctx, t)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("sqllogin: look for the server: %w", err)
	}
	seen, err := k.observe(ctx, t, p, s, at)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("sqllogin: look at the roles: %w", err)
	}
	return seen, nil
}

// Next decides on the next step.
func (k Kind) Next(t providers.Task, seen providers.Seen) providers.Step {
	p, s, err := k.read(t)
	found, ok := seen.State.(state)
	if err != nil || !ok {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	if t.Goal == providers.Absent {
		return nextToEnd(t, p, s, found)
	}
	step := nextToMake(t, p, s, found)
	if step.Action == providers.Done {
		given, err := k.config.Credentials(*t.Of, dbaccount.Login{
			Address: found.server, Database: p.databases(s)[0].Name, Username: p.Username, Password: p.Password,
		})
		if err != nil {
			return providers.FailStep(providers.Broken, providers.TextUnreadable)
		}
		return providers.DoneStep(given)
	}
	return step
}

// Do runs the transaction of one step. The next look gives its effect time to show.
func (k Kind) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	p, server, err := k.read(t)
	if err != nil {
		return providers.Facts{}, err
	}
	at, err := k.find(ctx, t)
	if err == nil && at == nil {
		err = providers.ErrNotFound
	}
	if err != nil {
		return providers.Facts{}, fmt.Errorf("sqllogin: look for the server: %w", err)
	}
	facts, err := k.call(ctx, access{config: k.config, server: server, at: *at}, p, s)
	if err != nil {
		return facts, fmt.Errorf("sqllogin: %s: %w", s.Name, err)
	}
	return effect.Made(facts, s.Name), nil
}

func open(name, value string) providers.Facts {
	return providers.Facts{Open: map[string]string{name: value}}
}
