package engine

import (
	"context"
	"database/sql"
	"os/exec"
	"syscall"
)

// A flavour has the differences between the programs of database servers.
type flavour interface { //nolint:interfacebloat // it is the whole difference, in one place
	// name is for people: "MariaDB".
	name() string
	// kinds are the engines of RDS that it backs.
	kinds() []string
	// bootstrap makes the folder data, with the contents that every new server
	// has.
	bootstrap(ctx context.Context, t *template, data string) error
	// prepare adds the files beside the data to a new server's folder.
	prepare(s *server, password string) error
	// command is the program on the server's data.
	command(s *server) *exec.Cmd
	// socket is the name of its socket in the folder run.
	socket() string
	// signals end the process.
	signals() signals
	// open is the administrator's way in.
	open(s *server, password string) (*sql.DB, error)
	// answers reports whether an error is a definite answer of a running
	// server.
	answers(err error) bool
	// ready runs each time the server has come up.
	ready(ctx context.Context, s *server) error
	// protocol has the parts that the proxy must interpret.
	protocol() protocol
	// server gives s the methods that change accounts and databases.
	server(s *server) Server
}

// signals end a process.
type signals struct {
	end  syscall.Signal // in good order
	kill syscall.Signal // at once, and when this process dies
}
