package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// readStateFile reads the state file. A missing file is an empty state.
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

// saveDelay is the time that a keeper waits for more changes before it saves.
const saveDelay = 500 * time.Millisecond

// A keeper keeps the state file up to date.
type keeper struct {
	path    string
	save    func(io.Writer) error
	report  func(error)
	changed chan struct{} // holds one when something may have changed
	stop    chan struct{}
	done    chan struct{}
	last    []byte // the content of the file after the first write
}

func newKeeper(path string, save func(io.Writer) error, report func(error)) *keeper {
	k := &keeper{path: path, save: save, report: report, changed: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	if k.report == nil {
		k.report = func(error) {}
	}
	go k.run()
	return k
}

// touch marks the state as possibly changed. A nil keeper ignores it.
func (k *keeper) touch() {
	if k == nil {
		return
	}
	select {
	case k.changed <- struct{}{}:
	default: // it is marked already
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
		wait := time.NewTimer(saveDelay)
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

// write replaces the file in one step, so that a reader finds the old state or
// the new one, also after a crash. Only the owner may read it.
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

// replaceFile writes content, which holds secrets, with mode 0600.
func replaceFile(path string, content []byte) error {
	f, err := renameio.TempFile(filepath.Dir(path), path)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.CloseAtomicallyReplace()
	}
	return errors.Join(err, f.Cleanup())
}
