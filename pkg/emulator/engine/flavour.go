package engine

import (
	"context"
	"database/sql"
	"os/exec"
	"syscall"
)

// A flavour is what differs between the programs that are database servers.
type flavour interface { //nolint:interfacebloat // it is the whole difference, in one place
	// name is for people: "MariaDB".
	name() string
	// kinds are the engines of RDS that it backs.
	kinds() []string
	// bootstrap makes the folder data, with what every new server has.
	bootstrap(ctx context.Context, t *template, data string) error
	// prepare puts into a new server's folder what belongs beside the data.
	prepare(s *server, password string) error
	// command is the program on the server's data.
	command(s *server) *exec.Cmd
	// socket is the name of its socket in the folder run.
	socket() string
	// signals end the process.
	signals() signals
	// open is the administrator's way in.
	open(s *server, password string) (*sql.DB, error)
	// answers tells whether an error shows that the server is up and has said
	// no, for good.
	answers(err error) bool
	// ready does what is to be done each time the server has come up.
	ready(ctx context.Context, s *server) error
	// protocol is what the proxy must know.
	protocol() protocol
	// server gives s the methods that change what is inside.
	server(s *server) Server
}

// signals end a process.
type signals struct {
	end  syscall.Signal // in good order
	kill syscall.Signal // at once, and when this process dies
}
