package bolt_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
)

// victimEnv makes the test program the victim of TestStore_KilledProcess_LosesNoSavedRecord: it
// writes to the store of that path until it is killed.
const victimEnv = "BOLT_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		fmt.Fprintln(os.Stderr, victim(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// victim increments several records at once and prints each acknowledged
// update.
func victim(path string) error {
	s, err := bolt.Open(path, nil)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for {
				k := store.Key{InstanceID: fmt.Sprint(w)}
				r, err := s.Update(context.Background(), k, func(r *store.Record) error { r.Sequence++; return nil })
				if err != nil {
					failed <- err
					return
				}
				fmt.Fprintf(os.Stdout, "%d %d\n", w, r.Sequence) // one write to a pipe is whole
			}
		}()
	}
	return <-failed
}

func TestStore_KilledProcess_LosesNoSavedRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	acknowledged := map[int]uint64{}
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), victimEnv+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var w int
			var sequence uint64
			if _, err := fmt.Sscan(lines.Text(), &w, &sequence); err == nil {
				acknowledged[w] = max(acknowledged[w], sequence)
			}
			if n == 20+7*round {
				if err := cmd.Process.Kill(); err != nil { // its remaining output counts
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()

		s := open(t, path)
		for w, want := range acknowledged {
			r, err := s.Get(t.Context(), store.Key{InstanceID: fmt.Sprint(w)})
			if err != nil || r.Sequence < want {
				t.Errorf("round %d: record %d has sequence %d, %v; %d was acknowledged", round, w, r.Sequence, err, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) == 0 {
		t.Error("the victim acknowledged nothing")
	}
}
