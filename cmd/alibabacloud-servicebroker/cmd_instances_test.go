package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestInstancesNone_SomethingExists_ExitsWith3(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	if out, code := w.run("instances", "none"); code != 0 {
		t.Errorf("of an empty store: %d %s", code, out)
	}
	w.put(store.Key{InstanceID: "i"})
	if out, code := w.run("instances", "none"); code != 3 {
		t.Errorf("with an instance: %d %s", code, out)
	}
	out, code := w.run("instances", "none", "--json")
	var counts operator.Counts
	if err := json.Unmarshal([]byte(out), &counts); err != nil || code != 3 || counts.Instances != 1 {
		t.Errorf("with an instance, as JSON: %d %s", code, out)
	}
	w.server.Close()
	if out, code := w.run("instances", "none"); code != 1 {
		t.Errorf("without a broker: %d %s", code, out)
	}
}

func TestInstancesNone_Failure_PrintsTheHint(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	hinted := func() (string, int) {
		getenv := func(name string) string {
			return map[string]string{"OPS_URL": w.server.URL, "OPS_TOKEN_FILE": w.token}[name]
		}
		err := execute(t.Context(), []string{"instances", "none", "--hint", "Do this."}, getenv, io.Discard)
		return fmt.Sprint(err), exitCode(err)
	}
	if said, code := hinted(); code != 0 || strings.Contains(said, "Do this.") {
		t.Errorf("of an empty store: %d %s", code, said)
	}
	w.put(store.Key{InstanceID: "i"})
	if said, code := hinted(); code != 3 || !strings.Contains(said, "Do this.") {
		t.Errorf("with an instance: %d %s", code, said)
	}
	w.server.Close()
	if said, code := hinted(); code != 1 || !strings.Contains(said, "Do this.") {
		t.Errorf("without a broker: %d %s", code, said)
	}
}

func TestInstancesPurge_WithoutConfirmation_IsRefused(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	for _, args := range [][]string{{"i"}, {"i", "--confirm", "j"}, {"i", "--force"}, {"i", "--binding", "b", "--confirm", "i"}} {
		if out, code := w.run(append([]string{"instances", "purge"}, args...)...); code != 2 || w.purged.InstanceID != "" {
			t.Errorf("%q: exit code %d, purged %v\n%s", args, code, w.purged, out)
		}
	}
	if out, code := w.run("instances", "purge", "--binding", "b", "--confirm", "b", "--force", "--", "-i"); code != 0 || w.purged != (store.Key{InstanceID: "-i", BindingID: "b"}) || !w.force {
		t.Errorf("exit code %d, purged %v\n%s", code, w.purged, out)
	}
}
