package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// One replica with its store in a file, on a small disk.
const diskValues = `
replicas: 1
store: {type: bolt, bolt: {persistence: false, emptyDir: {medium: Memory, sizeLimit: 2Mi}}}
registration: {kind: none}
uninstallCheck: {enabled: false}
`

// On a full disk the broker refuses what it could not remember, goes on telling
// what it knows, and works again when there is room.
func TestAFullDiskLosesNothing(t *testing.T) {
	ns := namespace(t, "e2e-disk")
	r := newRelease(t, "alibabacloud-servicebroker-disk", ns, diskValues)
	r.install(t)
	t.Cleanup(func() {
		tell(t, ns)
		if err := r.remove(); err != nil {
			t.Error(err)
		}
	})
	p := r.platform(t)
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		status, answer, err := p.osb(method, path, body)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		return status, answer
	}
	const binding = "service_instances/kept/service_bindings/b"
	if status, answer := ask("PUT", "service_instances/kept?accepts_incomplete=true", ossBody); status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	if status, answer := ask("PUT", binding, ossBody); status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	_, credentials := ask("GET", binding, "")

	// Platforms tell of themselves at length.
	long := strings.Replace(ossBody, `"clusterid": "c"`, `"clusterid": "`+strings.Repeat("c", 60<<10)+`"`, 1)
	var taken []string
	refused := ""
	for i := 0; refused == "" && i < 200; i++ {
		id := fmt.Sprintf("filler-%d", i)
		switch status, answer := ask("PUT", "service_instances/"+id+"?accepts_incomplete=true", long); {
		case status == http.StatusCreated || status == http.StatusAccepted:
			taken = append(taken, id)
		case status >= http.StatusInternalServerError:
			refused = id
			t.Logf("after %d instances the disk is full: %d %s", len(taken), status, answer)
		default:
			t.Fatal(status, answer)
		}
	}
	if refused == "" {
		t.Fatal("the disk does not get full")
	}
	if status, answer := ask("GET", "service_instances/kept/last_operation?"+ossQuery, ""); status != http.StatusOK {
		t.Errorf("last_operation on a full disk: %d %s", status, answer)
	}
	if status, now := ask("GET", binding, ""); status != http.StatusOK || now != credentials {
		t.Errorf("the binding on a full disk: %d", status)
	}
	if status, answer := ask("GET", "service_instances/"+refused+"/last_operation?"+ossQuery, ""); status != http.StatusNotFound {
		t.Errorf("last_operation of what was refused: %d %s", status, answer)
	}

	// Each deletion makes room for the next.
	for _, id := range taken {
		until(t, time.Minute, id+" is deleted", func() (bool, string) {
			status, answer := ask("DELETE", "service_instances/"+id+"?accepts_incomplete=true&"+ossQuery, "")
			return status == http.StatusOK || status == http.StatusGone, fmt.Sprint(status, answer)
		})
	}
	if s := here.cloud.state(t); len(s.Buckets) != 1 {
		t.Errorf("one instance is left, and there are %d buckets", len(s.Buckets))
	}
	if status, answer := ask("PUT", "service_instances/"+refused+"?accepts_incomplete=true", long); status != http.StatusCreated {
		t.Errorf("what was refused is asked for again: %d %s", status, answer)
	}
	if status, now := ask("GET", binding, ""); status != http.StatusOK || now != credentials {
		t.Errorf("the binding after all this: %d", status)
	}
	for _, pod := range r.pods(t) {
		if n := pod.Status.ContainerStatuses[0].RestartCount; n != 0 {
			t.Errorf("the broker was started %d times more", n)
		}
	}
	for path, want := range map[string]int{binding + "?" + ossQuery: 200, "service_instances/" + refused + "?accepts_incomplete=true&" + ossQuery: 200} {
		if status, answer := ask("DELETE", path, ""); status != want {
			t.Errorf("DELETE %s: %d %s", path, status, answer)
		}
	}
	if status, answer := ask("DELETE", "service_instances/kept?accepts_incomplete=true&"+ossQuery, ""); status != http.StatusOK {
		t.Errorf("DELETE of the instance: %d %s", status, answer)
	}
}
