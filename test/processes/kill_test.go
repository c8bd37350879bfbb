package processes_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	service  = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5" // alibaba-cloud-rds-mysqldb
	plan     = "rds-427559f1-bf2a-45d3-8844-32374a3e58aa" // rds-mysql-t1-small
	password = "the-platforms-password"
	instance = "/v2/service_instances/killed"
)

func TestBroker_KilledDuringProvision_FinishesAfterRestart(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  string // of the emulator, before the provision
		when   func(w *environment) bool
	}{
		"RightAfterTheAnswer": {
			reason: "The intent is stored before the platform has its 202.",
			when:   func(*environment) bool { return true },
		},
		"WhileTheCloudCreates": {
			reason: "What was created is found again and not created twice.",
			when:   (*environment).created,
		},
		"AfterALostResponse": {
			reason: "A lost response leaves a resource that nobody has told us of.",
			fault:  `{"action": "CreateDBInstance", "effect": "drop-after", "times": 1}`,
			when:   (*environment).created,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newEnvironment(t)
			// Instances become ready when the test moves the clock.
			cloud := w.start("emulator", cloudEnv(), program("alibabacloud-emulator"), "--engines", "none", "--profile", "realistic")
			cloud.until("the emulator serves", w.cloudReady)
			if tc.fault != "" {
				w.ask(http.MethodPost, "/faults", tc.fault)
			}
			env := w.brokerEnv()
			first := w.start("broker", env, program("alibabacloud-servicebroker"))
			first.until("the broker is ready", w.brokerReady)

			status, body := w.osb(http.MethodPut, instance+"?accepts_incomplete=true",
				`{"service_id": "`+service+`", "plan_id": "`+plan+`", "organization_guid": "o", "space_guid": "s"}`)
			if status != http.StatusAccepted {
				t.Fatalf("provision answers %d %s, want 202", status, body)
			}
			first.until("the time to kill", func() bool { return tc.when(w) })
			first.signal(syscall.SIGKILL)
			first.exit()

			second := w.start("broker", env, program("alibabacloud-servicebroker"))
			second.until("the broker is ready again", w.brokerReady)
			second.until("the operation has succeeded", w.finished)
			if instances := w.instances(); len(instances) != 1 || instances[0].Status != "Running" {
				t.Errorf("the cloud has %+v, want one instance that is Running: %s", instances, tc.reason)
			}

			status, body = w.osb(http.MethodDelete, instance+"?accepts_incomplete=true&service_id="+service+"&plan_id="+plan, "")
			if status != http.StatusAccepted {
				t.Fatalf("deprovision answers %d %s, want 202", status, body)
			}
			second.until("the deletion has succeeded", w.finished)
			if instances := w.instances(); len(instances) != 0 {
				t.Errorf("the cloud still has %+v after the deletion", instances)
			}
		})
	}
}

func program(name string) string { return filepath.Join(os.Getenv("BIN_DIR"), name) }

const (
	keyID     = "LTAIkilltest"
	keySecret = "killtestsecret"
)

func cloudEnv() []string {
	return []string{"EMULATOR_ACCESS_KEY_ID=" + keyID, "EMULATOR_ACCESS_KEY_SECRET=" + keySecret, "REGION=cn-hangzhou"}
}

func (w *environment) brokerEnv() []string {
	w.t.Helper()
	keys := filepath.Join(w.dir, "keys")
	for _, dir := range []string{keys, w.data} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"access_key_id": keyID, "access_key_secret": keySecret} {
		if err := os.WriteFile(filepath.Join(keys, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	var endpoints []string
	for _, product := range []string{"rds", "ram", "vpc", "sts", "oss", "kms", "metadata"} {
		endpoints = append(endpoints, product+"=http://"+w.cloud)
	}
	return []string{
		"BROKER_PASSWORD=" + password, "BROKER_ID=kill-test", "REGION=cn-hangzhou",
		"CREDENTIALS=static", "CREDENTIALS_DIR=" + keys,
		"ENDPOINTS=" + strings.Join(endpoints, ","), "INSECURE_ENDPOINTS=true",
		"SETTLE_TIME=1s", "POLL_INTERVAL=100ms",
	}
}

// osb makes a request to the broker as a platform does.
func (w *environment) osb(method, path, body string) (int, []byte) {
	w.t.Helper()
	status, answer, err := w.send(method, "http://"+w.broker+path, body, password)
	if err != nil {
		w.t.Fatal(err)
	}
	return status, answer
}

// ask makes one request to the emulator's control API.
func (w *environment) ask(method, path, body string) []byte {
	w.t.Helper()
	status, answer, err := w.send(method, "http://"+w.control+path, body, "")
	if err != nil || status >= http.StatusBadRequest {
		w.t.Fatalf("%s %s: %d %s, %v", method, path, status, answer, err)
	}
	return answer
}

type instanceState struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Accounts []struct {
		Name string `json:"name"`
	} `json:"accounts"`
}

func (w *environment) instances() []instanceState {
	w.t.Helper()
	type state struct {
		Instances []instanceState `json:"instances"`
	}
	return decode[state](w.t, w.ask(http.MethodGet, "/state", "")).Instances
}

// created says whether the cloud has made an instance.
func (w *environment) created() bool { return len(w.instances()) > 0 }

// finished polls the instance's operation once, as a platform does, while a
// minute passes in the cloud. It ends the test where the operation has failed.
func (w *environment) finished() bool {
	w.t.Helper()
	w.ask(http.MethodPost, "/advance?d=1m", "")
	type lastOperation struct {
		State       string `json:"state"`
		Description string `json:"description"`
	}
	status, body := w.osb(http.MethodGet, instance+"/last_operation", "")
	if status == http.StatusGone {
		return true
	}
	if status != http.StatusOK {
		w.t.Fatalf("last_operation answers %d %s", status, body)
	}
	operation := decode[lastOperation](w.t, body)
	if operation.State == "failed" {
		w.t.Fatalf("the operation has failed: %s", operation.Description)
	}
	return operation.State == "succeeded"
}
