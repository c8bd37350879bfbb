package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMariaDB_Whitelist_DecidesBeforeAndDuringSession(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Pass-1", false))
	s.Allow(nil)
	if err := login(t, s.Addr(), "app", "Pass-1", ""); err == nil {
		t.Error("an empty whitelist lets someone in")
	}
	s.Allow(loopback())
	conn := connect(t, s, "app", "")
	s.Allow([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	if err := conn.PingContext(ctx); err == nil {
		t.Error("a session outlived the whitelist")
	}
	if err := login(t, s.Addr(), "app", "Pass-1", ""); err == nil {
		t.Error("a refused client logged in")
	}
}

func TestMariaDB_Proxy_ShowsClientAddressBarsAdministrator(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Pass-1", false))
	var user string
	must(t, connect(t, s, "app", "").QueryRowContext(ctx, "SELECT USER()").Scan(&user))
	if user != "app@127.0.0.1" {
		t.Errorf("the server sees %s", user)
	}
	// Even a client with the administrator's password.
	must(t, asAdmin(ctx, s, "ALTER USER `emulator.admin`@`0.0.0.1` IDENTIFIED BY 'Known-1'"))
	wantNumber(t, login(t, s.Addr(), adminName, "Known-1", ""), accessDenied)
	// The next start restores that account after changes by clients.
	must(t, s.Restart(ctx), s.CreateAccount(ctx, "more", "Pass-1", false))
}

// asAdmin runs a statement as administrator.
func asAdmin(ctx context.Context, s *mariadbServer, statement string) error {
	_, err := s.db.ExecContext(ctx, statement)
	return err
}

func TestMariaDB_Server_ReadsNoFileOfTheMachine(t *testing.T) {
	s := newServer(t)
	open := filepath.Join(testDir(t), "open")
	must(t, os.Mkdir(open, 0o777), os.Chmod(open, 0o777))
	// Even its administrator may not.
	if err := asAdmin(t.Context(), s, "SELECT 1 INTO OUTFILE '"+open+"/file'"); err == nil {
		t.Error("it writes files")
	}
	var text *string
	must(t, s.db.QueryRowContext(t.Context(), "SELECT LOAD_FILE('/etc/passwd')").Scan(&text))
	if text != nil {
		t.Error("it reads /etc/passwd")
	}
}

func TestMariaDB_Server_ListensOnNoNetwork(t *testing.T) {
	s := newServer(t)
	var listening string
	must(t, s.db.QueryRowContext(t.Context(), "SELECT @@skip_networking").Scan(&listening))
	if listening != "1" {
		t.Error("MariaDB has a network of its own")
	}
	info, err := os.Stat(s.path("run"))
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder has mode %v", info.Mode())
	}
}

func TestMariaDB_TwoInstances_AreIsolated(t *testing.T) {
	m := newMariaDB(t, Options{})
	const several = 4
	servers := make([]Server, several)
	errs := make([]error, several)
	var starts sync.WaitGroup
	for i := range several {
		starts.Go(func() { servers[i], errs[i] = m.Start(t.Context(), fmt.Sprint("rm-", i), "MySQL") })
	}
	starts.Wait()
	must(t, errs...)
	ports := make(map[uint16]bool)
	for i, s := range servers {
		s.Allow(loopback())
		ports[s.Addr().Port()] = true
		must(t, s.CreateAccount(t.Context(), "app", fmt.Sprint("Pass-", i), false))
	}
	if len(ports) != several {
		t.Errorf("%d servers listen on %d ports", several, len(ports))
	}
	for i, s := range servers {
		must(t, login(t, s.Addr(), "app", fmt.Sprint("Pass-", i), ""))
		wantNumber(t, login(t, s.Addr(), "app", fmt.Sprint("Pass-", i+1), ""), accessDenied)
	}
	must(t, servers[0].Stop(t.Context()))
	must(t, login(t, servers[1].Addr(), "app", "Pass-1", ""))
}

func TestMariaDB_Restart_KeepsAllButSessions(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "utf8"), s.CreateAccount(ctx, "app", "Pass-1", false), s.Grant(ctx, "app", "shop", "ReadWrite"))
	before, addr, pid := connect(t, s, "app", "shop"), s.Addr(), s.process.cmd.Process.Pid
	execute(t, before, "CREATE TABLE items (n INT) ENGINE=InnoDB", "INSERT INTO items VALUES (1)")
	must(t, s.Restart(ctx))
	if s.process.cmd.Process.Pid == pid {
		t.Error("the process is the same")
	}
	if s.Addr() != addr {
		t.Errorf("the address changed from %s to %s", addr, s.Addr())
	}
	if err := before.PingContext(ctx); err == nil {
		t.Error("a session outlived the restart")
	}
	if n := count(t, connect(t, s, "app", "shop"), "SELECT COUNT(*) FROM items"); n != 1 {
		t.Errorf("%d rows after the restart, want 1", n)
	}
}

func TestMariaDB_RestartAfterCrash_ServesAgain(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Pass-1", false))
	s.process.kill()
	if err := login(t, s.Addr(), "app", "Pass-1", ""); err == nil {
		t.Fatal("a dead server answers")
	}
	must(t, s.Restart(ctx))
	must(t, login(t, s.Addr(), "app", "Pass-1", ""))
}

func TestMariaDB_Stop_RemovesProcessFilesAndAddress(t *testing.T) {
	dir := testDir(t)
	m := newMariaDB(t, Options{Dir: dir})
	s := startOpen(t, m, "rm-test")
	if len(serversOf(t, dir)) != 1 {
		t.Fatal("no server runs, or the test cannot find it")
	}
	if _, err := m.Start(t.Context(), "rm-test", "MySQL"); !errors.Is(err, ErrRunning) {
		t.Errorf("second start of the same id: %v, want ErrRunning", err)
	}
	must(t, s.Stop(t.Context()))
	if left := serversOf(t, dir); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	if _, err := os.Stat(s.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("files left: %v", err)
	}
	if conn, err := net.Dial("tcp", s.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the proxy still listens")
	}
	must(t, s.Stop(t.Context())) // again: accepted
	for name, err := range map[string]error{
		"CreateAccount": s.CreateAccount(t.Context(), "app", "Pass-1", false),
		"Restart":       s.Restart(t.Context()),
	} {
		if !errors.Is(err, ErrStopped) {
			t.Errorf("%s after Stop: %v, want ErrStopped", name, err)
		}
	}
	startOpen(t, m, "rm-test") // the id is free again
}

// A binding of before the restart has the right port.
func TestMariaDB_NewServer_KeepsItsPort(t *testing.T) {
	id := "rm-comes-back-" + filepath.Base(t.TempDir())
	var ports []uint16
	for range 2 {
		m := newMariaDB(t, Options{})
		s := startOpen(t, m, id)
		ports = append(ports, s.Addr().Port())
		must(t, m.Close())
	}
	if ports[0] != ports[1] {
		t.Errorf("ports %v, want the same at both starts", ports)
	}
}

func TestMariaDB_PortInUse_TakesAnother(t *testing.T) {
	m := newMariaDB(t, Options{})
	taken, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portOf("taken"))))
	must(t, err)
	defer taken.Close()
	if s := startOpen(t, m, "taken"); s.Addr().Port() == portOf("taken") {
		t.Error("it listens where another does")
	}
}

func TestMariaDB_Stop_CancelsWorkInProgress(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	working, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.administer(ctx, "wait", func(ctx context.Context, _ *sql.Conn) error {
			close(working)
			<-ctx.Done()
			return context.Cause(ctx)
		})
	}()
	<-working
	must(t, s.Stop(ctx))
	if err := <-ended; !errors.Is(err, ErrStopped) {
		t.Errorf("the work ended with %v, want ErrStopped", err)
	}
}

func TestMariaDB_CancelledChange_WholeOrNotBegun(t *testing.T) {
	s := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.administer(ctx, "go away", func(inside context.Context, conn *sql.Conn) error {
		cancel() // the caller has left
		return run(inside, conn, "CREATE DATABASE late")
	})
	must(t, err)
	if err := s.CreateAccount(ctx, "app", "Pass-1", false); !errors.Is(err, context.Canceled) {
		t.Errorf("a change for a caller that has left: %v, want Canceled", err)
	}
	must(t, s.CreateAccount(t.Context(), "app", "Pass-1", false)) // it was not begun
}

func TestMariaDB_Close_LeavesNoProcessOrFile(t *testing.T) {
	dir := testDir(t)
	m := newMariaDB(t, Options{Dir: dir})
	startOpen(t, m, "rm-1")
	startOpen(t, m, "rm-2")
	if n := len(serversOf(t, dir)); n != 2 {
		t.Fatalf("%d servers run, want 2", n)
	}
	must(t, m.Close(), m.Close())
	wantEmpty(t, dir)
	if _, err := m.Start(t.Context(), "rm-3", "MySQL"); !errors.Is(err, ErrStopped) {
		t.Errorf("start after Close: %v, want ErrStopped", err)
	}
}

func TestMariaDB_Close_EndsStartsInProgress(t *testing.T) {
	dir := testDir(t)
	m := newMariaDB(t, Options{Dir: dir})
	var starts sync.WaitGroup
	for i := range 3 {
		starts.Go(func() {
			if _, err := m.Start(t.Context(), fmt.Sprint("rm-", i), "MySQL"); err != nil && !errors.Is(err, ErrStopped) {
				t.Errorf("start: %v, want ErrStopped or none", err)
			}
		})
	}
	eventually(t, "a server starts", func() bool { return len(serversOf(t, dir)) > 0 })
	must(t, m.Close())
	starts.Wait()
	wantEmpty(t, dir)
}

func TestMariaDB_CancelledStart_LeavesNothing(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			dir := testDir(t)
			m := newMariaDB(t, Options{Dir: dir})
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			s, err := m.Start(ctx, "rm-test", "MySQL")
			if err == nil { // a fast start: it ignores its context from now on
				<-ctx.Done()
				must(t, s.CreateAccount(t.Context(), "app", "Pass-1", false), s.Stop(t.Context()))
			} else if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want DeadlineExceeded", err)
			}
			if left := serversOf(t, dir); len(left) > 0 {
				t.Errorf("processes left: %v", left)
			}
			folders, err := filepath.Glob(filepath.Join(m.files.path, "[0-9]*"))
			must(t, err)
			if len(folders) > 0 {
				t.Errorf("folders left: %v", folders)
			}
			startOpen(t, m, "rm-test") // and the next start works
		})
	}
}

func TestMariaDB_DeepDirectory_Starts(t *testing.T) {
	// A Unix socket's path has 107 bytes at most.
	dir := filepath.Join(testDir(t), strings.Repeat("deep/", 30))
	must(t, os.MkdirAll(dir, 0o755))
	m := newMariaDB(t, Options{Dir: dir})
	s := startOpen(t, m, "rm-test")
	must(t, s.CreateAccount(t.Context(), "app", "Pass-1", false))
	must(t, login(t, s.Addr(), "app", "Pass-1", ""))
}

func TestMariaDB_AdvertiseHost_IsInTheAddress(t *testing.T) {
	m := newMariaDB(t, Options{ListenHost: "0.0.0.0", AdvertiseHost: "127.0.0.1"})
	s := startOpen(t, m, "rm-test")
	if s.Addr().Addr() != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("the address is %s", s.Addr())
	}
	must(t, s.CreateAccount(t.Context(), "app", "Pass-1", false))
	must(t, login(t, s.Addr(), "app", "Pass-1", ""))
	if _, _, err := addresses(Options{ListenHost: "0.0.0.0"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an unspecified address to advertise: %v, want ErrInvalid", err)
	}
}

// Each mariadbd removes what looks like a temporary table from its folder of
// temporary files when it starts, and so would take another's away.
func TestMariaDB_Start_LeavesTemporaryTablesOfOthers(t *testing.T) {
	m := newMariaDB(t, Options{})
	others := filepath.Join(os.TempDir(), fmt.Sprintf("#sql-temptable-%d-1-1.MAI", os.Getpid()))
	must(t, os.WriteFile(others, nil, 0o600), m.owner.own(others))
	t.Cleanup(func() { _ = os.Remove(others) })
	startOpen(t, m, "rm-test")
	if _, err := os.Stat(others); err != nil {
		t.Errorf("another server's temporary table: %v", err)
	}
}
