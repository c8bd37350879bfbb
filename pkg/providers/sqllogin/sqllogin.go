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
	"net"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
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
	Reserved      []string // names that logins must not have
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
