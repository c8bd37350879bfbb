package rds_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

const postgres = `{"engine":"PostgreSQL","engineVersion":"15.0","class":"pg.n2.2c.2m","storage":20,"storageType":"cloud_essd","database":"app","charset":"UTF8,C,en_US.utf8","bindingKind":"sql"}`

// newPostgres returns a running engine, with servers for instances of PostgreSQL. It
// skips the test where ENGINES=none declares that there are no engines here.
func newPostgres(t *testing.T) *startedEngine {
	t.Helper()
	dir, err := os.MkdirTemp("", "rds-sql-test-") //nolint:usetesting // the server's user must enter it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p, err := engine.NewPostgreSQL(engine.Options{Dir: dir})
	if errors.Is(err, engine.ErrNotInstalled) && os.Getenv("ENGINES") == "none" {
		t.Skipf("ENGINES=none: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return &startedEngine{Engine: p}
}

// startedEngine is an engine that tells when none of its servers is starting.
type startedEngine struct {
	engine.Engine

	starting sync.WaitGroup
}

// Start counts the servers that are starting.
func (e *startedEngine) Start(ctx context.Context, id, kind string) (engine.Server, error) {
	e.starting.Add(1)
	defer e.starting.Done()
	return e.Engine.Start(ctx, id, kind)
}

// A patientCloud lets time pass once no server is starting: servers start in the time
// of the machine.
type patientCloud struct {
	providertest.Cloud

	engine *startedEngine
}

// Advance implements providertest.Cloud.
func (c patientCloud) Advance(d time.Duration) {
	c.Cloud.Advance(d)
	c.engine.starting.Wait()
}

// brokerHere is the network of a broker on the machine of the emulated servers.
func brokerHere() descriptor.Network {
	return descriptor.Network{VpcID: vpcID, Whitelist: []string{"10.0.0.0/8"}, BrokerAddresses: []string{"127.0.0.1"}}
}

// newSQLFixture is a provider with a cloud whose servers of PostgreSQL are real.
func newSQLFixture(t *testing.T) *fixture {
	t.Helper()
	e := newPostgres(t)
	p := newFixture(t, brokerHere(), emulatortest.WithEngine(e))
	p.Cloud = patientCloud{p.Cloud, e}
	return p
}

// postgres prepares an instance of PostgreSQL that is wanted, and makes it.
func (p *fixture) postgres(n byte) *providers.Task {
	p.t.Helper()
	task := p.instanceOf(n, postgres)
	p.done(task)
	return task
}

// session opens a session with credentials.
func (p *fixture) session(given map[string]string) (*sql.Conn, error) {
	p.t.Helper()
	port, err := strconv.ParseUint(given["port"], 10, 16)
	if err != nil {
		p.t.Fatal(err)
	}
	connector, err := pq.NewConnectorConfig(pq.Config{
		Host: given["host"], Port: uint16(port), Database: given["database"], User: given["username"], Password: given["password"],
		SSLMode: pq.SSLModeDisable, ConnectTimeout: 20 * time.Second,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	p.t.Cleanup(func() { _ = db.Close() })
	return db.Conn(p.t.Context())
}

// run opens a session and runs statements that must work.
func (p *fixture) run(given map[string]string, statements ...string) {
	p.t.Helper()
	conn, err := p.session(given)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	for _, s := range statements {
		if _, err := conn.ExecContext(p.t.Context(), s); err != nil {
			p.t.Fatalf("%s: %v", s, err)
		}
	}
}

// A network of a test can be cut.
type cuttable struct{ err error }

func (c *cuttable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.err != nil {
		return nil, c.err
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// observesUntilError runs a task until a look fails.
func (p *fixture) observesUntilError(task *providers.Task) error {
	p.t.Helper()
	for range 30 {
		seen, err := p.Provider.Observe(p.t.Context(), *task)
		if err != nil {
			return err
		}
		task.Facts = task.Facts.Merge(seen.Facts)
		step := p.Provider.Next(*task, seen)
		if step.Action == providers.Done || step.Action == providers.Fail {
			p.t.Fatalf("%s %s", step.Action, step.Text)
		}
		if step.Action == providers.Call {
			facts, err := p.Provider.Do(p.t.Context(), *task, step)
			if err != nil {
				return err
			}
			task.Facts = task.Facts.Merge(facts)
		}
		p.Cloud.Advance(time.Second)
	}
	p.t.Fatal("no error")
	return nil
}

func epoch() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
