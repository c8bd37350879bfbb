package processes_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// On a full disk the broker refuses new work as temporary and answers for the
// work it knows; with free space again everything goes on. (The kernel keeps
// the process from enlarging files, which has the effect of a full disk.)
func TestBroker_FullDisk_RefusesWorkAndLosesNothing(t *testing.T) {
	w := newEnvironment(t)
	cloud := w.start("emulator", cloudEnv(), program("alibabacloud-emulator"), "--engines", "none")
	cloud.until("the emulator serves", w.cloudReady)
	broker := w.start("broker", w.brokerEnv(), program("alibabacloud-servicebroker"))
	broker.until("the broker is ready", w.brokerReady)
	limit := func(bytes uint64) {
		t.Helper()
		size := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
		if err := unix.Prlimit(broker.cmd.Process.Pid, unix.RLIMIT_FSIZE, &size, nil); err != nil {
			t.Fatal(err)
		}
	}
	var file syscall.Stat_t
	if err := syscall.Stat(filepath.Join(w.data, "broker.db"), &file); err != nil {
		t.Fatal(err)
	}
	limit(uint64(file.Size) + 64<<10)

	path := func(n int) string { return fmt.Sprintf("/v2/service_instances/db-%d", n) }
	provision := func(n int) int {
		status, body := w.osb(http.MethodPut, path(n)+"?accepts_incomplete=true", provisionBody(service, plan))
		if status != http.StatusAccepted && status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Fatalf("provision answers %d %s", status, body)
		}
		return status
	}
	full := 0
	broker.until("the disk is full", func() bool {
		if provision(full) == http.StatusServiceUnavailable {
			return true
		}
		full++
		return false
	})
	if full == 0 {
		t.Fatal("there was never room")
	}
	for n := range full {
		if status, body := w.osb(http.MethodGet, path(n)+"/last_operation", ""); status != http.StatusOK {
			t.Errorf("on a full disk last_operation answers %d %s", status, body)
		}
	}
	if status, body := w.osb(http.MethodGet, path(full)+"/last_operation", ""); status != http.StatusNotFound {
		t.Errorf("last_operation of what was refused answers %d %s, want 404", status, body)
	}

	limit(unix.RLIM_INFINITY)
	broker.until("there is room", func() bool { return provision(full) != http.StatusServiceUnavailable })
	for n := range full + 1 {
		broker.until(path(n)+" has succeeded", func() bool {
			_, body := w.osb(http.MethodGet, path(n)+"/last_operation", "")
			return state(body) == "succeeded"
		})
	}
	if made := len(w.instances()); made != full+1 {
		t.Errorf("the cloud has %d databases, want %d", made, full+1)
	}
}
