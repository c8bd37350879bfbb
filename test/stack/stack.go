// Package stack is a whole broker in one process, for tests of the platform's
// view: HTTP, business logic, engine, every provider, a sealed store in a file,
// and the emulated cloud, wired as the program wires them. It can crash as a
// process under kill -9, and start again on the same store at the same address.
package stack

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// The first user of a stack.
const (
	User     = "platform"
	Password = "the platform's password"
)

// A Stack is a broker on an emulated cloud of its own. It is safe for
// concurrent use, but for Crash and Restart, which are one goroutine's.
type Stack struct {
	t       testing.TB
	options options
	dir     string
	cloud   *emulator.Server
	server  *httptest.Server
	client  *http.Client
	clock   clock
	log     journal

	mu      sync.RWMutex
	current *process // nil between Crash and Restart
	last    *process
	started []*process
}

// New starts a broker. It ends with the test.
func New(t testing.TB, opts ...Option) *Stack {
	t.Helper()
	s := &Stack{t: t, dir: environment.Folder(t), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	s.options = defaults()
	for _, opt := range opts {
		opt(&s.options)
	}
	s.clock = newClock(s.options.speed)
	s.cloud = emulatortest.New(t, s.options.cloud...)
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.end)
	s.Restart()
	return s
}

// URL is where the broker is reached: "http://127.0.0.1:PORT", the same after
// a restart.
func (s *Stack) URL() string { return s.server.URL }

// Cloud is the cloud that the broker works on.
func (s *Stack) Cloud() *emulator.Server { return s.cloud }

// Store is the store of the process that runs, or ran last.
func (s *Stack) Store() store.Store { return s.process().store }

// Faulty makes the store of that process fail.
func (s *Stack) Faulty() *storetest.Faulty { return s.process().store.Faulty }

func (s *Stack) process() *process {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.last
}

// Crash ends the process as kill -9 does. Connections are cut, the store takes
// no more writes, and calls under way reach the cloud while their answers are
// lost. Until Restart every connection is cut.
func (s *Stack) Crash() {
	s.mu.Lock()
	p := s.current
	s.current = nil
	s.mu.Unlock()
	if p == nil {
		return
	}
	p.crashed = true
	p.store.Faulty.FailWrite(1, false)
	s.server.CloseClientConnections()
	s.client.CloseIdleConnections()
	p.stop()
	if err := p.store.Close(); err != nil {
		s.t.Errorf("closing the store: %v", err)
	}
}

// Restart starts the process after Crash, as it was or with other options.
func (s *Stack) Restart(opts ...Option) {
	s.t.Helper()
	for _, opt := range opts {
		opt(&s.options)
	}
	p, err := s.start()
	if err != nil {
		s.t.Fatalf("starting the broker: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.last = p, p
	s.started = append(s.started, p)
}

// serve hands a request to the process that runs.
func (s *Stack) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	p := s.current
	s.mu.RUnlock()
	if p == nil {
		panic(http.ErrAbortHandler)
	}
	p.handler.ServeHTTP(w, r)
}

// end stops all parts, in order.
func (s *Stack) end() {
	s.cloud.Faults().Clear() // or a call that hangs would keep an engine
	s.server.CloseClientConnections()
	s.client.CloseIdleConnections()
	s.server.Close()
	for _, p := range s.started {
		p.stop()
		if err := <-p.ended; err != nil && !p.crashed {
			s.t.Errorf("the engine ended with %v", err)
		}
		if err := p.store.Close(); err != nil {
			s.t.Errorf("closing the store: %v", err)
		}
	}
	if s.t.Failed() {
		s.t.Logf("the last requests:\n%s", s.log.text())
	}
}

// A journal keeps the last lines of the log of requests.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(_ bool, line string) {
	const kept = 300
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
	j.lines = j.lines[max(0, len(j.lines)-kept):]
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// user is the first user, with whom the clients of a stack come.
func user() api.User { return api.User{Name: User, Password: Password} }
