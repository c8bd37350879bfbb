package processes_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The broker refuses to start without the keyset that sealed its store: the
// error names the missing file, and store and keyset stay as they are.
func TestBroker_WithoutKeysOfStore_DoesNotStart(t *testing.T) {
	w := newEnvironment(t)
	cloud := w.start("emulator", cloudEnv(), program("alibabacloud-emulator"), "--engines", "none")
	cloud.until("the emulator serves", w.cloudReady)
	env := append(w.brokerEnv(), "DRAIN_DELAY=1ms")
	first := w.start("broker", env, program("alibabacloud-servicebroker"))
	first.until("the broker is ready", w.brokerReady)
	if status, body := w.osb(http.MethodPut, instance+"?accepts_incomplete=true", provisionBody(service, plan)); status != http.StatusAccepted {
		t.Fatalf("provision answers %d %s", status, body)
	}
	first.signal(syscall.SIGTERM)
	first.exit()
	records, keyset := filepath.Join(w.data, "broker.db"), filepath.Join(w.data, "keyset.json")
	right := read(t, keyset)
	before := read(t, records)

	other := newEnvironment(t)
	otherCloud := other.start("emulator", cloudEnv(), program("alibabacloud-emulator"), "--engines", "none")
	otherCloud.until("the emulator serves", other.cloudReady)
	otherBroker := other.start("broker", other.brokerEnv(), program("alibabacloud-servicebroker"))
	otherBroker.until("the broker is ready", other.brokerReady)
	wrong := read(t, filepath.Join(other.data, "keyset.json"))

	for name, keys := range map[string]string{"missing": "", "another": wrong} {
		t.Run(name, func(t *testing.T) {
			if err := os.Remove(keyset); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if keys != "" {
				if err := os.WriteFile(keyset, []byte(keys), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := w.start("broker-"+name, env, program("alibabacloud-servicebroker"))
			if code := p.exit(); code <= 0 {
				t.Errorf("the broker exits with %d", code)
			}
			if said := read(t, p.log); !strings.Contains(said, keyset) {
				t.Errorf("it does not name the keyset %s: %s", keyset, said)
			}
			if read(t, records) != before {
				t.Error("the store has changed")
			}
			if read(t, keyset) != keys {
				t.Error("the keyset has changed")
			}
		})
	}

	if err := os.WriteFile(keyset, []byte(right), 0o600); err != nil {
		t.Fatal(err)
	}
	again := w.start("broker", env, program("alibabacloud-servicebroker"))
	again.until("the broker is ready with the right keys", w.brokerReady)
}
