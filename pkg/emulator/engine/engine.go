// Package engine runs real database servers for emulated RDS instances: MariaDB
// for MySQL and MariaDB, PostgreSQL for PostgreSQL, each if it is installed.
//
// Each instance is one server of its own, owned by an unprivileged user, with a
// few tens of megabytes and no network: it listens on a Unix socket in a
// directory that nobody else may enter. Clients reach it through a TCP proxy in
// this process, which applies the instance's whitelist before any byte goes on.
// It tells MariaDB the client's true address with the PROXY protocol, and there
// the administrator's account counts only from an address that no client can
// have. PostgreSQL takes every client for a local one; its administrator has a
// password that is drawn anew for each process and never leaves it.
//
// Nothing outlives the process: the kernel ends the servers when it dies (even
// by kill -9), Close removes the files, and what a killed process could not
// remove, the next one with the same directory does.
package engine

import (
	"context"
	"errors"
	"net/netip"
)

// An Engine starts database servers.
type Engine interface {
	// Runs tells whether it backs instances of an engine of RDS: "MySQL",
	// "MariaDB", "PostgreSQL", "SQLServer".
	Runs(kind string) bool
	// Start starts an empty server for the instance id, whose engine in RDS is
	// kind (ErrInvalid if it does not run that), and returns when it takes
	// connections. ctx bounds the start, not the server's life; if Start
	// fails, nothing is left of the server. An id can run once at a time
	// (ErrRunning).
	Start(ctx context.Context, id, kind string) (Server, error)
}

// A Server is one database server, the inside of one emulated instance. Its
// methods may be called from several goroutines; they take turns. Their contexts
// bound the wait for the turn: a change that has begun is carried through, so
// that a caller who goes away leaves no half of it. After Stop they return
// ErrStopped.
//
// A change of password reaches a session at its next login. In MariaDB, where
// accounts are 'name'@'%', a change of privileges reaches an open session at its
// next USE; in PostgreSQL a grant does at its next login, and Revoke ends it.
type Server interface { //nolint:interfacebloat // it is what RDS does to the inside of an instance, and one thing
	// Addr is where clients connect: the advertised host and the proxy's port.
	// It is the same for the server's whole life.
	Addr() netip.AddrPort
	// Allow replaces the whitelist, which is empty at first. It counts for new
	// connections, and the open ones that it refuses are closed on return.
	Allow(prefixes []netip.Prefix)
	// CreateDatabase makes an empty database; charset is utf8, utf8mb4, gbk or
	// latin1 in MariaDB, and "UTF8" or "UTF8,C,en_US.utf8" in PostgreSQL (RDS
	// API, CreateDatabase). It fails if the name is taken.
	CreateDatabase(ctx context.Context, name, charset string) error
	// DropDatabase removes the database and all privileges on it. A missing one
	// is no error.
	DropDatabase(ctx context.Context, name string) error
	// CreateAccount makes an account that may log in and, if it is super, has
	// the privileges of RDS's privileged account everywhere. It fails if the
	// name is taken.
	CreateAccount(ctx context.Context, name, password string, super bool) error
	// SetPassword replaces an account's password: from its return on the old
	// one opens no session.
	SetPassword(ctx context.Context, name, password string) error
	// LockAccount closes the account for new sessions, or opens it again.
	LockAccount(ctx context.Context, name string, locked bool) error
	// DropAccount removes the account and ends its sessions; they are gone on
	// return. A missing account is no error.
	DropAccount(ctx context.Context, name string) error
	// Grant gives an account ReadWrite, ReadOnly, DDLOnly or DMLOnly on a
	// database, or in PostgreSQL DBOwner, in place of what it had there (RDS API,
	// GrantAccountPrivilege).
	Grant(ctx context.Context, account, database, privilege string) error
	// Revoke takes away all that the account may do on the database. Nothing to
	// take is no error.
	Revoke(ctx context.Context, account, database string) error
	// Restart stops the server in good order and starts it on the same data and
	// address. All sessions end. If it fails, the server is down until another
	// Restart succeeds.
	Restart(ctx context.Context) error
	// Stop ends the server and removes its data. To stop a stopped server is no
	// error.
	Stop(ctx context.Context) error
}

// Errors that callers may want to tell apart.
var (
	// ErrNotInstalled: the programs or files of a database server are not on this
	// machine, or engines cannot run on this operating system.
	ErrNotInstalled = errors.New("engine: not installed")
	// ErrRunning: an instance of this id is running or starting.
	ErrRunning = errors.New("engine: already running")
	// ErrStopped: the server, or the whole engine, was stopped.
	ErrStopped = errors.New("engine: stopped")
	// ErrInvalid: a name, password, character set or privilege that no server
	// would be asked for; nothing was done.
	ErrInvalid = errors.New("engine: invalid argument")
	// ErrNoDatabase: Grant names a database that does not exist.
	ErrNoDatabase = errors.New("engine: no such database")
)

// Options say where engines keep their files and how they are reached.
type Options struct {
	// Dir holds the files of running servers, in a folder of its own for each
	// engine of each process. Several may share it. As root, the users mysql and
	// postgres (or nobody) must be able to enter it. Empty means a folder of this user in the
	// system's temporary directory.
	Dir string
	// ListenHost is the address on which the proxies listen; empty means
	// 127.0.0.1.
	ListenHost string
	// AdvertiseHost is the address or name under which clients reach
	// ListenHost, resolved once; empty means ListenHost, which must then not be
	// an unspecified address.
	AdvertiseHost string
}
