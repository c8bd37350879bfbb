package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

// MariaDB is the Engine that runs MariaDB's server, mariadbd, for RDS's MySQL
// and MariaDB.
type MariaDB struct{ *host }

var _ Engine = (*MariaDB)(nil)

// NewMariaDB finds MariaDB on this machine (ErrNotInstalled if it is missing),
// prepares a folder, and removes the folders of killed processes. Close it at
// the end.
func NewMariaDB(options Options) (*MariaDB, error) {
	found, err := findMariaDB()
	if err != nil {
		return nil, err
	}
	h, err := newHost(options, mariadb{found}, "mysql", "nobody")
	if err != nil {
		return nil, err
	}
	return &MariaDB{h}, nil
}

// mariadb is the flavour of MariaDB. A server's folder has besides:
//
//	void      empty; plugins and files  ours
//	init.sql  makes the administrator at each start
type mariadb struct{ program mariadbProgram }

func (mariadb) name() string    { return "MariaDB" }
func (mariadb) kinds() []string { return []string{"MySQL", "MariaDB"} }

func (mariadb) signals() signals { return signals{end: syscall.SIGTERM, kill: syscall.SIGKILL} }

func (mariadb) server(s *server) Server { return &mariadbServer{s} }

// A mariadbServer is a server of MariaDB.
type mariadbServer struct{ *server }

// bootstrap runs mariadbd once to make the system tables.
func (m mariadb) bootstrap(ctx context.Context, t *template, data string) error {
	void, temporary := filepath.Join(t.path, "void"), filepath.Join(t.path, "tmp")
	if err := errors.Join(
		os.Mkdir(temporary, 0o700), t.h.owner.own(temporary),
		os.Mkdir(data, 0o700), t.h.owner.own(data),
		os.Mkdir(void, 0o700), t.h.owner.grantSearch(void),
	); err != nil {
		return err
	}
	script, err := m.script(t)
	if err != nil {
		return err
	}
	defer script.Close()
	return t.run(ctx, m.program.command(t.h.owner, data, void, temporary, "--skip-ssl", "--bootstrap"), script)
}

// script is the input of mariadbd --bootstrap, one statement a line. It omits
// the accounts, help and test data of mariadb-install-db.
func (m mariadb) script(t *template) (*os.File, error) {
	tables, err := os.Open(m.program.tables)
	if err != nil {
		return nil, err
	}
	defer tables.Close()
	script, err := os.OpenFile(filepath.Join(t.path, "bootstrap.sql"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(script, io.MultiReader(
		strings.NewReader("CREATE DATABASE mysql;\nUSE mysql;\n"),
		tables,
	))
	if err == nil {
		_, err = script.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = script.Close()
		return nil, err
	}
	return script, nil
}

func (mariadb) prepare(s *server, password string) error {
	return errors.Join(
		os.Mkdir(s.path("void"), 0o700), s.h.owner.grantSearch(s.path("void")),
		os.WriteFile(s.path("init.sql"), []byte(administrator(password)), 0o400), s.h.owner.own(s.path("init.sql")),
	)
}

func (m mariadb) command(s *server) *exec.Cmd {
	encryption := []string{"--skip-ssl"}
	if s.encrypts() {
		encryption = []string{"--ssl-cert=" + s.path("certificate.pem"), "--ssl-key=" + s.path("key.pem"), "--tls-version=TLSv1.2,TLSv1.3"}
	}
	return m.program.command(s.h.owner, s.path("data"), s.path("void"), s.path("run"), append(encryption,
		// Relative to the data: a socket's path must be short.
		"--socket=../run/"+m.socket(),
		"--pid-file="+s.path("run/pid"),
		"--init-file="+s.path("init.sql"),
		"--read-only="+onOff(s.readOnly),
		"--proxy-protocol-networks=localhost",
	)...)
}

func (mariadb) socket() string { return "s" }

func (mariadb) open(s *server, password string) (*sql.DB, error) {
	return openAdministration(password, s.dial)
}

// answers: every error of MariaDB's own is an answer.
func (mariadb) answers(err error) bool {
	var refusal *mysql.MySQLError
	return errors.As(err, &refusal)
}

// ready is empty: init.sql has done the work.
func (mariadb) ready(context.Context, *server) error { return nil }

func (mariadb) protocol() protocol { return protocol{header: header, first: firstPacket} }

func errNotFound(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotInstalled, fmt.Sprintf(format, args...))
}
