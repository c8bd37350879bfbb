package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// MariaDB's error numbers that tests expect.
const (
	accessDenied         = 1045 // at login
	databaseAccessDenied = 1044
	commandDenied        = 1142 // on a table
)

// eventTimeout bounds events that happen soon; a good run stays far below it.
const eventTimeout = 30 * time.Second

// loopback is a whitelist for all that this machine's tests connect from.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		runUntilKilled(dir, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// testDir is a folder that the servers' user can reach; t.TempDir's are closed.
func testDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "engine-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// newMariaDB fails if MariaDB is missing, unless ENGINES=none declares that
// there are no engines here.
func newMariaDB(t *testing.T, options Options) *MariaDB {
	t.Helper()
	if options.Dir == "" {
		options.Dir = testDir(t)
	}
	m, err := NewMariaDB(options)
	wanted(t, err, func() error { return m.Close() })
	return m
}

// wanted decides about a test whose engine may be missing.
func wanted(t *testing.T, err error, end func() error) {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) && os.Getenv("ENGINES") == "none" {
		t.Skipf("ENGINES=none: %v", err)
	}
	if err != nil {
		t.Fatalf("%v (install mariadb-server-core and postgresql, or set ENGINES=none to go without engines)", err)
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
}

// startOpen starts a server that admits loopback.
func startOpen(t *testing.T, m *MariaDB, id string) *mariadbServer {
	t.Helper()
	started, err := m.Start(t.Context(), id, "MySQL")
	if err != nil {
		t.Fatal(err)
	}
	s, ok := started.(*mariadbServer)
	if !ok {
		t.Fatalf("a server is a %T", started)
	}
	s.Allow(loopback())
	return s
}

// newServer is a server of a MariaDB of its own.
func newServer(t *testing.T) *mariadbServer {
	t.Helper()
	return startOpen(t, newMariaDB(t, Options{}), "rm-test")
}

// must fails the test at the first error.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// client is a client's connections to a server.
func client(t *testing.T, addr netip.AddrPort, account, password, database string) *sql.DB {
	t.Helper()
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = account, password, database
	config.Net, config.Addr = "tcp", addr.String()
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// login tries one new connection.
func login(t *testing.T, addr netip.AddrPort, account, password, database string) error {
	t.Helper()
	return client(t, addr, account, password, database).PingContext(t.Context())
}

// connect opens one lasting connection of an account with the password Pass-1.
func connect(t *testing.T, s *mariadbServer, account, database string) *sql.Conn {
	t.Helper()
	conn, err := client(t, s.Addr(), account, "Pass-1", database).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// wantNumber requires an error of MariaDB with that number.
func wantNumber(t *testing.T, err error, number uint16) {
	t.Helper()
	var answer *mysql.MySQLError
	if !errors.As(err, &answer) || answer.Number != number {
		t.Errorf("got error %v, want MariaDB's error %d", err, number)
	}
}

// execute runs statements in a session.
func execute(t *testing.T, conn *sql.Conn, statements ...string) {
	t.Helper()
	must(t, run(t.Context(), conn, statements...))
}

// serversOf lists the processes of this machine that are servers on a data
// folder in dir, without zombies.
func serversOf(t *testing.T, dir string) []string {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, folder := range folders {
		line, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil { // it has ended
			continue
		}
		work, _ := os.Readlink(filepath.Join(folder, "cwd")) // PostgreSQL's processes all work in the data
		if strings.Contains(string(line), "--datadir="+dir+"/") || strings.HasPrefix(work, dir+"/") {
			found = append(found, filepath.Base(folder))
		}
	}
	return found
}

// wantEmpty requires that no process runs in dir and that it has no file but
// the lock.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	if left := serversOf(t, dir); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != lockName {
			t.Errorf("left in %s: %s", dir, entry.Name())
		}
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), eventTimeout)
	defer cancel()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("it never came to pass that %s", what)
		case <-poll.C:
		}
	}
}

// count reads one number.
func count(t *testing.T, conn *sql.Conn, query string) int {
	t.Helper()
	var n int
	if err := conn.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return n
}
