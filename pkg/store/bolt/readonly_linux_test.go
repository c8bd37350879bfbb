package bolt_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
)

func TestOpen_ReadOnlyFile_FailsAndLeavesIt(t *testing.T) {
	for name, there := range map[string]bool{"a store": true, "no store": false} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "osb-readonly-") //nolint:usetesting // others may not pass through t.TempDir
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = os.Chmod(dir, 0o700)
				_ = os.RemoveAll(dir)
			})
			path := filepath.Join(dir, "broker.db")
			var before []byte
			if there {
				if before, err = os.ReadFile(filled(t)); err == nil {
					err = os.WriteFile(path, before, 0o444)
				}
			}
			if err := errors.Join(err, os.Chmod(dir, 0o555)); err != nil {
				t.Fatal(err)
			}
			err = asNobody(t, func() error {
				s, err := bolt.Open(path, nil)
				if err == nil {
					return s.Close()
				}
				return err
			})
			if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open = %v, want what is not permitted, and where", err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || (len(entries) != 0) != there {
				t.Errorf("the folder has %v, %v", entries, err)
			}
			if after, err := os.ReadFile(path); there && (err != nil || !bytes.Equal(after, before)) {
				t.Errorf("the file has changed, %v", err)
			}
		})
	}
}

// asNobody calls do as the user nobody, without the powers of root.
func asNobody(t *testing.T, do func() error) error {
	t.Helper()
	const nobody = 65534
	done := make(chan error)
	go func() {
		if os.Getuid() == 0 {
			runtime.LockOSThread() // stays locked: the thread ends with the goroutine
			if err := syscall.Setfsuid(nobody); err != nil {
				done <- err
				return
			}
		}
		done <- do()
	}()
	return <-done
}
