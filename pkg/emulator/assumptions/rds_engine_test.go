package assumptions_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// A recorder is an engine of database servers that only records its calls.
type recorder struct {
	engine.Engine

	mu    sync.Mutex
	calls []string
}

func (r *recorder) Runs(string) bool { return true }

func (r *recorder) Start(context.Context, string, string) (engine.Server, error) {
	r.note("start")
	return &recorded{recorder: r}, nil
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, what)
}

func (r *recorder) has(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.calls, what)
}

type recorded struct {
	engine.Server

	recorder *recorder
}

func (r *recorded) Addr() netip.AddrPort          { return netip.MustParseAddrPort("127.0.0.1:1") }
func (r *recorded) Allow(prefixes []netip.Prefix) { r.recorder.note(fmt.Sprint("allow ", prefixes)) }
func (r *recorded) Restart(context.Context) error { r.recorder.note("restart"); return nil }
func (r *recorded) Stop(context.Context) error    { r.recorder.note("stop"); return nil }

// withRecorder returns the option of an emulator with such an engine.
func withRecorder(r *recorder) emulatortest.Option {
	return emulatortest.WithConfig(func(c *emulator.Config) { c.Engine = r })
}

func TestA037_ClassChange_KeepsEngineRunning(t *testing.T) {
	r := &recorder{}
	verify(t, never, func(e *environment) {
		id := e.started()
		e.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceClass", "rds.mysql.s1.small").ok()
		e.running(id)
		if r.has("restart") {
			t.Errorf("the engine got the calls %q", r.calls)
		}
	}, withRecorder(r))
}

// started makes an instance with an engine and waits for the engine's start in
// the background.
func (e *environment) started(pairs ...string) string {
	e.Helper()
	id := into[made](e.rds("CreateDBInstance", e.wanted(pairs...)...)).DBInstanceId
	e.removed(id)
	e.untilRunning(id)
	return id
}

// untilRunning waits for the server of an instance of the emulator.
func (e *environment) untilRunning(id string) {
	e.Helper()
	for deadline := time.Now().Add(time.Minute); e.status(id) != "Running"; {
		if time.Now().After(deadline) {
			e.Fatalf("%s does not start", id)
		}
	}
}

func TestA038_Whitelist127001_AdmitsLocalClients(t *testing.T) {
	r := &recorder{}
	verify(t, never, func(e *environment) {
		e.started()
		if !r.has("allow [127.0.0.1/32]") {
			t.Errorf("the engine got the calls %q", r.calls)
		}
	}, withRecorder(r))
}
