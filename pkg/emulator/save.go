package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// stateVersion is the version of the form in which the state is saved. A form
// that older programs cannot read gets the next one.
const stateVersion = 1

// A savedState is all that a restarted emulator knows again. It holds secrets:
// access keys and passwords of database accounts.
type savedState struct {
	Version   int             `json:"version"`
	AccountID string          `json:"accountId"`
	AccessKey AccessKey       `json:"accessKey,omitzero"` // the account's, if it was made and not given
	Clock     savedClock      `json:"clock"`
	RDS       json.RawMessage `json:"rds"`
	RAM       json.RawMessage `json:"ram"`
	STS       json.RawMessage `json:"sts"`
	OSS       json.RawMessage `json:"oss"`
	VPC       json.RawMessage `json:"vpc"`
}

// A savedClock is a clock that stands at a time, or is ahead of real time.
type savedClock struct {
	Frozen bool      `json:"frozen,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Ahead  string    `json:"ahead,omitempty"` // a duration
}

// Save writes the state of the cloud: what exists, its secrets included, how far
// the clock was moved, and the account's access key unless the Config gave it. Behaviour, faults, limits, OIDC providers and the
// journal are not in it. What is saved of two products may be a moment apart.
func (s *Server) Save(w io.Writer) error {
	state := savedState{Version: stateVersion, AccountID: s.config.AccountID, Clock: saveClock(s.config.Clock)}
	if s.madeKey {
		state.AccessKey = s.config.AccessKey
	}
	for _, product := range []struct {
		snapshot func() (json.RawMessage, error)
		to       *json.RawMessage
	}{{s.rds.Snapshot, &state.RDS}, {s.ram.Snapshot, &state.RAM}, {s.sts.Snapshot, &state.STS}, {s.oss.Snapshot, &state.OSS}, {s.network.Snapshot, &state.VPC}} {
		var err error
		if *product.to, err = product.snapshot(); err != nil {
			return fmt.Errorf("emulator: save the state: %w", err)
		}
	}
	if err := json.NewEncoder(w).Encode(state); err != nil {
		return fmt.Errorf("emulator: save the state: %w", err)
	}
	return nil
}

func saveClock(c *cloud.Clock) savedClock {
	if c.Frozen() {
		return savedClock{Frozen: true, At: c.Now()}
	}
	if ahead := time.Until(c.Now()).Round(time.Second); ahead != 0 {
		return savedClock{Ahead: ahead.String()}
	}
	return savedClock{}
}

// Load takes in the state that Save has written. It is for a Server on which
// nothing exists yet, of the same account; it keeps its own access key. With
// engines, instances get new servers, without the data of the old ones. After a
// failure the Server may have a part of it, and is to be closed.
func (s *Server) Load(r io.Reader) error {
	state, err := readState(r)
	if err != nil {
		return err
	}
	return s.restore(state)
}

func readState(r io.Reader) (savedState, error) {
	var state savedState
	if err := json.NewDecoder(r).Decode(&state); err != nil {
		return state, fmt.Errorf("emulator: load the state: %w", err)
	}
	if state.Version != stateVersion {
		return state, fmt.Errorf("emulator: load the state: its version is %d, and this emulator reads %d", state.Version, stateVersion)
	}
	return state, nil
}

func (s *Server) restore(state savedState) error {
	if state.AccountID != s.config.AccountID {
		return fmt.Errorf("emulator: load the state: it is of the account %s, not of %s", state.AccountID, s.config.AccountID)
	}
	if !s.Empty() {
		return errors.New("emulator: load the state: something exists already")
	}
	if err := s.restoreClock(state.Clock); err != nil {
		return err
	}
	for _, product := range []struct {
		restore func(json.RawMessage) error
		from    json.RawMessage
	}{{s.network.Restore, state.VPC}, {s.ram.Restore, state.RAM}, {s.sts.Restore, state.STS}, {s.oss.Restore, state.OSS}, {s.rds.Restore, state.RDS}} {
		if err := product.restore(product.from); err != nil {
			return fmt.Errorf("emulator: load the state: %w", err)
		}
	}
	return nil
}

// restoreClock moves the clock to where it was. A clock that its owner has
// stopped stays where it is, unless it was stopped before too.
func (s *Server) restoreClock(saved savedClock) error {
	clock := s.config.Clock
	switch {
	case saved.Frozen:
		clock.Freeze()
		clock.Set(saved.At)
	case saved.Ahead != "" && !clock.Frozen():
		ahead, err := time.ParseDuration(saved.Ahead)
		if err != nil {
			return fmt.Errorf("emulator: load the state: %w", err)
		}
		clock.Set(time.Now().Add(ahead))
	}
	return nil
}

// readStateFile reads the state file; there is none is no error.
func readStateFile(path string) (state savedState, there bool, err error) {
	if path == "" {
		return state, false, nil
	}
	f, err := os.Open(path) //nolint:gosec // the operator's choice
	if errors.Is(err, fs.ErrNotExist) {
		return state, false, nil
	}
	if err != nil {
		return state, false, fmt.Errorf("emulator: load the state: %w", err)
	}
	defer f.Close()
	if state, err = readState(f); err != nil {
		return state, false, fmt.Errorf("%s: %w", path, err)
	}
	return state, true, nil
}

// settleDown is how long a keeper waits for more changes before it saves.
const settleDown = 500 * time.Millisecond

// A keeper keeps the state file up to date.
type keeper struct {
	path    string
	save    func(io.Writer) error
	report  func(error)
	changed chan struct{} // holds one when something may have changed
	stop    chan struct{}
	done    chan struct{}
	last    []byte // what the file holds, once it was written
}

func newKeeper(path string, save func(io.Writer) error, report func(error)) *keeper {
	k := &keeper{path: path, save: save, report: report, changed: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	if k.report == nil {
		k.report = func(error) {}
	}
	go k.run()
	return k
}

// touch says that something may have changed. A nil keeper does not mind.
func (k *keeper) touch() {
	if k == nil {
		return
	}
	select {
	case k.changed <- struct{}{}:
	default: // it knows already
	}
}

func (k *keeper) run() {
	defer close(k.done)
	for {
		select {
		case <-k.stop:
			return
		case <-k.changed:
		}
		wait := time.NewTimer(settleDown)
		select {
		case <-k.stop:
			wait.Stop()
			return
		case <-wait.C:
		}
		if err := k.write(); err != nil {
			k.report(err)
		}
	}
}

// close writes the file a last time.
func (k *keeper) close() error {
	if k == nil {
		return nil
	}
	close(k.stop)
	<-k.done
	return k.write()
}

// write saves the state in one step: who reads the file finds the old state or
// the new one, also after a crash. It is the owner's alone to read.
func (k *keeper) write() error {
	var state bytes.Buffer
	if err := k.save(&state); err != nil {
		return err
	}
	if bytes.Equal(state.Bytes(), k.last) {
		return nil
	}
	if err := replaceFile(k.path, state.Bytes()); err != nil {
		return fmt.Errorf("emulator: save the state: %w", err)
	}
	k.last = state.Bytes()
	return nil
}

func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// mayChange tells whether a request can have changed the state. Where it is
// not plain, it can.
func mayChange(r *http.Request) bool {
	action := r.Header.Get("x-acs-action")
	if action == "" {
		action = r.URL.Query().Get("Action")
	}
	if action == "" {
		return r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/latest/")
	}
	for _, verb := range []string{"Describe", "Get", "List", "Check"} {
		if strings.HasPrefix(action, verb) {
			return false
		}
	}
	return true
}
