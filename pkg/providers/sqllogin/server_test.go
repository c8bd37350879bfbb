package sqllogin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// admin is the broker's own account on the servers of tests.
const admin, adminPassword = "sadmin", "Admin-Pass1"

// shared is the server of all tests, started by the first one. Each test has lives and
// databases of its own.
var shared struct { //nolint:gochecknoglobals // a server takes seconds to start
	once   sync.Once
	server engine.Server
	err    error
	end    func()
}

func TestMain(m *testing.M) {
	shared.end = func() {}
	code := m.Run()
	shared.end()
	os.Exit(code)
}

func start() (engine.Server, func(), error) {
	dir, err := os.MkdirTemp("", "sqllogin-test-")
	if err != nil {
		return nil, nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, nil, err
	}
	postgres, err := engine.NewPostgreSQL(engine.Options{Dir: dir})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	end := func() { _ = errors.Join(postgres.Close(), os.RemoveAll(dir)) }
	server, err := postgres.Start(context.Background(), "pgm-test", "PostgreSQL")
	if err == nil {
		server.Allow([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
		err = server.CreateAccount(context.Background(), admin, adminPassword, true)
	}
	return server, end, err
}

// fixture is the kind on a real server, for one instance.
type fixture struct {
	Kind

	t      *testing.T
	server engine.Server
	life   providers.Life
	config *Server
	dial   func(context.Context, string, string) (net.Conn, error)
}

// newFixture returns an instance with two databases. It skips the test where ENGINES=none
// declares that there are no engines here.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	shared.once.Do(func() {
		var end func()
		if shared.server, end, shared.err = start(); end != nil {
			shared.end = end
		}
	})
	if errors.Is(shared.err, engine.ErrNotInstalled) && os.Getenv("ENGINES") == "none" {
		t.Skipf("ENGINES=none: %v", shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	f := &fixture{t: t, server: shared.server, life: providers.Life{BrokerID: "test", Incarnation: t.Name()}}
	n := f.life.Hash(6, "databases")
	f.config = &Server{
		Databases: []Database{{Name: "app_" + n, Encoding: "UTF8"}, {Name: "log-" + n}},
		AdminName: admin, AdminPassword: adminPassword, AdminDatabase: "postgres",
	}
	addr := f.server.Addr()
	f.Kind = New(Config{
		Server: func(providers.Task) (Server, error) { return *f.config, nil },
		Find: func(context.Context, providers.Task) (*dbaccount.Address, error) {
			return &dbaccount.Address{ID: "pgm-test", Host: addr.Addr().String(), Port: fmt.Sprint(addr.Port())}, nil
		},
		Credentials: func(_ providers.Task, l dbaccount.Login) (map[string]string, error) {
			return map[string]string{"username": l.Username, "password": l.Password.Reveal(), "database": l.Database}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if f.dial != nil {
				return f.dial(ctx, network, address)
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	})
	return f
}

// binding prepares a binding that is wanted.
func (f *fixture) binding(id, parameters string) *providers.Task {
	f.t.Helper()
	task := &providers.Task{
		Kind: providers.Binding, Goal: providers.Present, BindingID: id, Life: providers.Life{BrokerID: "test", Incarnation: f.t.Name() + id},
		Parameters: json.RawMessage(parameters), Of: &providers.Task{Kind: providers.Instance, Life: f.life},
	}
	plan, err := f.Prepare(*task)
	if err != nil {
		f.t.Fatal(err)
	}
	task.Plan = plan
	return task
}

// drive runs a task to its end, and returns the last step and the names of the others.
func (f *fixture) drive(task *providers.Task) (last providers.Step, steps []string) {
	f.t.Helper()
	for range 1000 {
		seen, err := f.Observe(f.t.Context(), *task)
		if err != nil {
			f.t.Fatal(err)
		}
		task.Facts = task.Facts.Merge(seen.Facts)
		step := f.Next(*task, seen)
		switch step.Action {
		case providers.Call:
			steps = append(steps, step.Name)
			facts, err := f.Do(f.t.Context(), *task, step)
			if err != nil {
				f.t.Fatalf("%s: %v", step.Name, err)
			}
			task.Facts = task.Facts.Merge(facts)
		case providers.Wait: // the next look takes its time
		default:
			return step, steps
		}
	}
	f.t.Fatalf("no end after the steps %v", steps)
	return last, steps
}

func (f *fixture) done(task *providers.Task) map[string]string {
	f.t.Helper()
	step, steps := f.drive(task)
	if step.Action != providers.Done {
		f.t.Fatalf("%s %s %q after %v", step.Action, step.Kind, step.Text, steps)
	}
	return step.Credentials
}

// unbind ends a binding.
func (f *fixture) unbind(task *providers.Task) {
	f.t.Helper()
	task.Goal, task.Usable = providers.Absent, true
	f.done(task)
}

// session opens a session with credentials; database overrides theirs.
func (f *fixture) session(credentials map[string]string, database string) (*sql.Conn, error) {
	f.t.Helper()
	if database == "" {
		database = credentials["database"]
	}
	addr := f.server.Addr()
	connector, err := pq.NewConnectorConfig(pq.Config{
		Host: addr.Addr().String(), Port: addr.Port(), Database: database, User: credentials["username"], Password: credentials["password"],
		SSLMode: pq.SSLModeDisable, ConnectTimeout: 20 * time.Second,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	f.t.Cleanup(func() { _ = db.Close() })
	return db.Conn(f.t.Context())
}

// enter opens a session that must work.
func (f *fixture) enter(credentials map[string]string, database string) *sql.Conn {
	f.t.Helper()
	conn, err := f.session(credentials, database)
	if err != nil {
		f.t.Fatal(err)
	}
	return conn
}

// asAdmin runs statements as the broker's account, as people do by hand.
func (f *fixture) asAdmin(database string, statements ...string) {
	f.t.Helper()
	f.run(f.enter(map[string]string{"username": admin, "password": adminPassword}, database), statements...)
}

func (f *fixture) run(conn *sql.Conn, statements ...string) {
	f.t.Helper()
	for _, s := range statements {
		if _, err := conn.ExecContext(f.t.Context(), s); err != nil {
			f.t.Fatalf("%s: %v", s, err)
		}
	}
}

// count returns the number that a query tells.
func (f *fixture) count(conn *sql.Conn, query string) (n int) {
	f.t.Helper()
	if err := conn.QueryRowContext(f.t.Context(), query).Scan(&n); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// isRefused requires an SQLSTATE.
func isRefused(t *testing.T, err error, code string) {
	t.Helper()
	var answer *pq.Error
	if !errors.As(err, &answer) || string(answer.Code) != code {
		t.Errorf("error = %v, want SQLSTATE %s", err, code)
	}
}
