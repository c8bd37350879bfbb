// Package engine runs real database servers for emulated RDS instances: MariaDB
// for MySQL and MariaDB, PostgreSQL for PostgreSQL, each if it is installed.
//
// Each instance has a server of its own, owned by an unprivileged user, with a
// few tens of megabytes and no network: it listens on a Unix socket in a
// directory closed to other users. Clients reach it through a TCP proxy in this
// process, which applies the instance's whitelist before it passes on a byte.
// The proxy gives MariaDB the client's true address by the PROXY protocol, and
// the administrator's account is bound to an address that no client can have.
// To PostgreSQL every client is a local one; its administrator has a password
// that is drawn for each process and stays inside it.
//
// Everything ends with the process: the kernel ends the servers when it dies
// (even by kill -9), Close removes the files, and the next process in the same
// directory removes the files of a killed one.
package engine

import (
	"context"
	"errors"
	"net/netip"
)

// An Engine starts database servers.
type Engine interface {
	// Runs reports whether it backs instances of an engine of RDS: "MySQL",
	// "MariaDB", "PostgreSQL", "SQLServer".
	Runs(kind string) bool
	// Start starts an empty server for the instance id, whose engine in RDS is
	// kind (ErrInvalid for a kind that it does not run), and returns when the
	// server accepts connections. ctx bounds the start alone; a failed start
	// removes the server. An id can run once at a time (ErrRunning).
	Start(ctx context.Context, id, kind string) (Server, error)
}

// A Server is one database server, the inside of one emulated instance. Its
// methods are safe for concurrent use and run one at a time. Their contexts
// bound the wait before the change; a change that has begun is completed, so
// that a caller that leaves causes no half of it. After Stop they return
// ErrStopped.
//
// A change of password reaches a session at its next login. In MariaDB, where
// accounts are 'name'@'%', a change of privileges reaches an open session at
// its next USE; in PostgreSQL a grant does at its next login, and Revoke ends
// it.
type Server interface { //nolint:interfacebloat // these are the operations of RDS on the inside of an instance
	// Addr is the address for clients: the advertised host and the proxy's
	// port. It is the same for the server's whole life.
	Addr() netip.AddrPort
	// Allow replaces the whitelist, which is empty at first. It counts for new
	// connections, and the open ones that it refuses are closed on return.
	Allow(prefixes []netip.Prefix)
	// CreateDatabase makes an empty database; charset is utf8, utf8mb4, gbk or
	// latin1 in MariaDB, and "UTF8" or "UTF8,C,en_US.utf8" in PostgreSQL (RDS
	// API, CreateDatabase). It fails if the name is taken.
	CreateDatabase(ctx context.Context, name, charset string) error
	// DropDatabase removes the database and all privileges on it, if it exists.
	DropDatabase(ctx context.Context, name string) error
	// CreateAccount makes an account that may log in and, if it is super, has
	// the privileges of RDS's privileged account everywhere. It fails if the
	// name is taken.
	CreateAccount(ctx context.Context, name, password string, super bool) error
	// SetPassword replaces an account's password: from its return on, only the
	// new one opens a session.
	SetPassword(ctx context.Context, name, password string) error
	// LockAccount closes the account for new sessions, or opens it again.
	LockAccount(ctx context.Context, name string, locked bool) error
	// DropAccount removes the account, if it exists, and ends its sessions
	// before it returns. PostgreSQL returns ErrOwnsObjects, and keeps the account,
	// where objects depend on it.
	DropAccount(ctx context.Context, name string) error
	// Grant gives an account ReadWrite, ReadOnly, DDLOnly or DMLOnly on a
	// database, or in PostgreSQL DBOwner, and replaces its privilege there (RDS
	// API, GrantAccountPrivilege).
	Grant(ctx context.Context, account, database, privilege string) error
	// Revoke removes all privileges of the account on the database, if it has
	// any.
	Revoke(ctx context.Context, account, database string) error
	// ReadOnly makes the server refuse writes, of privileged accounts too, or take them
	// again. Sessions stay open, and it outlasts a Restart.
	ReadOnly(ctx context.Context, on bool) error
	// Encrypt lets clients connect with TLS, as the server that a certificate names; nil
	// ends it. ErrInvalid says that certificate and key are no pair.
	Encrypt(ctx context.Context, e *Encryption) error
	// Restart stops the server in good order and starts it on the same data and
	// address. All sessions end. If it fails, the server is down until another
	// Restart succeeds.
	Restart(ctx context.Context) error
	// Stop ends the server and removes its data. A stopped server stays
	// stopped.
	Stop(ctx context.Context) error
}

// Errors that callers distinguish.
var (
	// ErrNotInstalled: the programs or files of a database server are missing
	// on this machine, or engines cannot run on this operating system.
	ErrNotInstalled = errors.New("engine: not installed")
	// ErrRunning: an instance of this id is running or starting.
	ErrRunning = errors.New("engine: already running")
	// ErrStopped: the server, or the whole engine, was stopped.
	ErrStopped = errors.New("engine: stopped")
	// ErrInvalid: a malformed name, password, character set or privilege; it is
	// returned before the server is asked.
	ErrInvalid = errors.New("engine: invalid argument")
	// ErrOwnsObjects: the account of a DropAccount owns objects or has rights on
	// some.
	ErrOwnsObjects = errors.New("engine: objects depend on the account")
	// ErrNoDatabase: the database of a Grant is missing.
	ErrNoDatabase = errors.New("engine: no such database")
)

// Options set the folder of engines and the address of their servers.
type Options struct {
	// Dir holds the files of running servers, in one folder for each engine of
	// each process. Processes may share it. If the process is root, the users
	// mysql and postgres (or nobody) must be able to enter it. Empty means a
	// folder of this user in the system's temporary directory.
	Dir string
	// ListenHost is the address on which the proxies listen; empty means
	// 127.0.0.1.
	ListenHost string
	// AdvertiseHost is the address or name under which clients reach
	// ListenHost, resolved once; empty means ListenHost, which must then be a
	// specified address.
	AdvertiseHost string
}
