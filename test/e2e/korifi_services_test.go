package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestKorifi_Register_FillsTheMarketplace(t *testing.T) {
	k := theKorifi(t)
	k.tellKorifi(t)
	if out := mustCF(t, "service-brokers"); !strings.Contains(out, k.url) {
		t.Errorf("cf service-brokers:\n%s", out)
	}
	k.enable(t)
	access := mustCF(t, "service-access", "-b", korifiBroker)
	for plan, want := range map[string]string{"rds-mysql-t1-small": "all", "default": "limited", "oss-self-define": "none"} {
		if !slices.ContainsFunc(strings.Split(access, "\n"), func(line string) bool {
			words := strings.Fields(line)
			return len(words) > 2 && words[1] == plan && words[2] == want
		}) {
			t.Errorf("access to %s is not %s:\n%s", plan, want, access)
		}
	}
	listed := mustCF(t, "marketplace")
	plans := mustCF(t, "marketplace", "-e", "alibaba-cloud-rds-mysqldb")
	for _, name := range []string{"rds-mysql-t1-small", "rds-mysql-s1-small", "rds-mysql-s2-large", "rds-self-define"} {
		if !strings.Contains(listed, name) || !strings.Contains(plans, name) {
			t.Errorf("the marketplace lacks %s:\n%s\n%s", name, listed, plans)
		}
	}
	// Korifi has no brokers of a space: Cloud Controller has.
	const scoped = "e2e-scoped"
	switch out, err := cf("create-service-broker", scoped, "broker", k.password, k.url, "--space-scoped"); {
	case err == nil:
		mustCF(t, "delete-service-broker", "-f", scoped)
		t.Errorf("Korifi takes a broker of a space by now: docs/cloudfoundry.md says otherwise")
	case !strings.Contains(out+err.Error(), "relationships"):
		t.Errorf("a broker of a space is refused with %v %s", err, out)
	}
}

// enable gives access to all plans of RDS, and to one plan of OSS for one
// organization.
func (k *korifiRelease) enable(t *testing.T) {
	t.Helper()
	mustCF(t, "enable-service-access", "alibaba-cloud-rds-mysqldb", "-b", korifiBroker)
	mustCF(t, "enable-service-access", "alibaba-cloud-oss", "-b", korifiBroker, "-p", "default", "-o", "org")
}

// vcap returns the credentials in VCAP_SERVICES of the application, by the name of
// the instance.
func vcap(t *testing.T) map[string]map[string]string {
	t.Helper()
	var app struct {
		System struct {
			Services map[string][]struct {
				Name        string            `json:"name"`
				Credentials map[string]string `json:"credentials"`
			} `json:"VCAP_SERVICES"`
		} `json:"system_env_json"`
	}
	curlCF(t, "/v3/apps/"+mustCF(t, "app", korifiApp, "--guid")+"/env", &app)
	found := map[string]map[string]string{}
	for _, services := range app.System.Services {
		for _, s := range services {
			found[s.Name] = s.Credentials
		}
	}
	return found
}

// holds puts credentials into a Secret for the client's pods.
func (k *korifiRelease) holds(t *testing.T, name string, credentials map[string]string) {
	t.Helper()
	data, err := json.Marshal(credentials)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {name: %s, namespace: %s}, stringData: %s}", name, k.namespace, data))
}

// The guide's way: create, bind, key, and each thing's end.
func TestKorifi_Services_LiveAndEnd(t *testing.T) {
	k := theKorifi(t)
	k.tellKorifi(t)
	k.enable(t)
	mustCF(t, "create-service", "alibaba-cloud-rds-mysqldb", "rds-mysql-t1-small", "e2e-db", "--wait")
	mustCF(t, "create-service", "alibaba-cloud-oss", "default", "e2e-files")
	mustCF(t, "create-app", korifiApp)
	succeeds(t, "the bucket", func() korifiObject { return korifiInstance(t, "e2e-files") })
	mustCF(t, "bind-service", korifiApp, "e2e-files")
	mustCF(t, "bind-service", korifiApp, "e2e-db", "--wait")
	var env map[string]map[string]string
	until(t, 30*time.Second, "the application has both", func() (bool, string) {
		env = vcap(t)
		return len(env) == 2, fmt.Sprint(len(env))
	})
	if env["e2e-db"]["uri"] == "" || env["e2e-files"]["bucket"] == "" {
		t.Fatalf("VCAP_SERVICES has the services %d, and lacks their credentials", len(env))
	}
	k.holds(t, "vcap", env["e2e-db"])
	if code, report := use(t, k.namespace, "vcap", "write"); code != clientOK {
		t.Errorf("the login of VCAP_SERVICES: %d, %+v", code, report)
	}
	k.holds(t, "vcap-files", env["e2e-files"])
	if code, report := use(t, k.namespace, "vcap-files", "login"); code != clientOK {
		t.Errorf("the key of VCAP_SERVICES: %d, %+v", code, report)
	}

	here.cloud.freeze(t)
	mustCF(t, "create-service-key", "e2e-db", "laptop")
	until(t, 45*time.Second, "the broker answers the slow bind with 202", func() (bool, string) {
		lines := k.logOf(t, "binding=\""+korifiKey(t, "laptop").GUID, "method=PUT", "status=202")
		return len(lines) > 0, mustCF(t, "service-keys", "e2e-db")
	})
	here.cloud.thaw(t)
	succeeds(t, "the slow bind", func() korifiObject { return korifiKey(t, "laptop") })
	if n := len(k.logOf(t, "operation accepted", korifiKey(t, "laptop").GUID)); n != 1 {
		t.Errorf("the slow bind made %d operations", n)
	}
	if out := mustCF(t, "service-key", "e2e-db", "laptop"); !strings.Contains(out, `"jdbcUrl"`) {
		t.Error("the service key lacks its credentials")
	}

	mustCF(t, "unbind-service", korifiApp, "e2e-db", "--wait")
	if code, report := use(t, k.namespace, "vcap", "login"); code != clientDenied {
		t.Errorf("the login after its unbind: %d, %+v", code, report)
	}
	mustCF(t, "unbind-service", korifiApp, "e2e-files")
	mustCF(t, "delete-service-key", "-f", "e2e-db", "laptop")
	mustCF(t, "delete-service", "-f", "e2e-files")
	mustCF(t, "delete-service", "-f", "e2e-db", "--wait")
	gone(t, "e2e-files")
	here.cloud.empty(t)
	if left := k.unfinished(t); left != "" {
		t.Errorf("records that are not settled: %s", left)
	}
}

// The user hears the reason of a failure within two reconciles, and the cloud makes
// the resource once.
func TestKorifi_FailedProvision_TellsItsReason(t *testing.T) {
	k := theKorifi(t)
	k.tellKorifi(t)
	k.enable(t)
	for name, c := range map[string]struct {
		fault   string
		create  []string
		reason  string // a word of the sentence that the user sees
		creates int    // calls of CreateDBInstance
	}{
		"UnknownNetwork": {create: []string{"rds-self-define", "e2e-bad", "-c", `{"VpcID": "vpc-nope"}`}, reason: "VpcID"},
		"HalfWay": {
			fault:  `{"action": "CreateDatabase", "effect": "fail-before", "code": "InvalidDBName.Format", "status": 400, "times": 1}`,
			create: []string{"rds-mysql-t1-small", "e2e-bad"}, reason: " ", creates: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			here.cloud.ask(t, http.MethodDelete, "/calls", "", nil)
			if c.fault != "" {
				here.cloud.fault(t, c.fault)
			}
			mustCF(t, append([]string{"create-service", "alibaba-cloud-rds-mysqldb"}, c.create...)...)
			bad := fails(t, "the provision", func() korifiObject { return korifiInstance(t, "e2e-bad") })
			if !strings.Contains(bad.LastOperation.Description, c.reason) {
				t.Errorf("the user reads %q", bad.LastOperation.Description)
			}
			if puts := k.putsAfter(t, bad.GUID); puts > 2 {
				t.Errorf("Korifi sent the provision %d times after its failure", puts)
			}
			if n := len(k.logOf(t, "operation accepted", bad.GUID)); n != 1 {
				t.Errorf("the provision made %d operations", n)
			}
			here.cloud.empty(t) // the broker cleans up without a DELETE
			var calls []struct {
				Action string `json:"action"`
			}
			here.cloud.ask(t, http.MethodGet, "/calls", "", &calls)
			creates := 0
			for _, call := range calls {
				if call.Action == "CreateDBInstance" {
					creates++
				}
			}
			if creates != c.creates {
				t.Errorf("CreateDBInstance was called %d times, want %d", creates, c.creates)
			}
			mustCF(t, "delete-service", "-f", "e2e-bad")
			gone(t, "e2e-bad")
		})
	}
}

// Korifi keeps a failed bind's sentence in its object alone; the same bind again
// must not begin another.
func TestKorifi_FailedBind_StaysFailed(t *testing.T) {
	k := theKorifi(t)
	k.tellKorifi(t)
	k.enable(t)
	mustCF(t, "create-service", "alibaba-cloud-rds-mysqldb", "rds-mysql-t1-small", "e2e-db")
	succeeds(t, "the database", func() korifiObject { return korifiInstance(t, "e2e-db") })
	here.cloud.fault(t, `{"action": "CreateAccount", "effect": "fail-before", "code": "InvalidAccountName.Format", "status": 400, "times": 1}`)
	mustCF(t, "create-service-key", "e2e-db", "broken")
	broken := fails(t, "the bind", func() korifiObject { return korifiKey(t, "broken") })
	if puts := k.putsAfter(t, broken.GUID); puts > 2 {
		t.Errorf("Korifi sent the bind %d times after its failure", puts)
	}
	if n := len(k.logOf(t, "operation accepted", broken.GUID)); n != 1 {
		t.Errorf("the bind made %d operations", n)
	}
	reason := kubectl(t, "get", "cfservicebindings", "-A", "-o", `jsonpath={.items[?(@.metadata.name=="`+broken.GUID+`")].status.conditions[?(@.type=="BindingFailed")].message}`)
	if !strings.Contains(reason, "Username") {
		t.Errorf("the object says %q", reason)
	}
	mustCF(t, "delete-service-key", "-f", "e2e-db", "broken", "--wait")
	mustCF(t, "create-service-key", "e2e-db", "broken")
	succeeds(t, "the bind after that", func() korifiObject { return korifiKey(t, "broken") })
	mustCF(t, "delete-service-key", "-f", "e2e-db", "broken")
	mustCF(t, "delete-service", "-f", "e2e-db")
	gone(t, "e2e-db")
	here.cloud.empty(t)
}

// A purge leaves the resources in the cloud, with their records in the broker: the
// API that the guide shows removes both.
func TestKorifi_Purge_LeavesRecordsAndResources(t *testing.T) {
	k := theKorifi(t)
	k.tellKorifi(t)
	k.enable(t)
	mustCF(t, "create-service", "alibaba-cloud-oss", "default", "e2e-files", "--wait")
	guid := korifiInstance(t, "e2e-files").GUID
	mustCF(t, "create-service-key", "e2e-files", "key")
	succeeds(t, "the key", func() korifiObject { return korifiKey(t, "key") })
	mustCF(t, "purge-service-instance", "-f", "e2e-files")
	gone(t, "e2e-files")
	if s := here.cloud.state(t); len(s.Buckets) != 1 || len(s.Users) != 1 {
		t.Errorf("after the purge the cloud has %+v", s)
	}
	listed := kubectl(t, "-n", k.namespace, "exec", "deploy/"+k.name, "--", "/alibabacloud-servicebroker", "instances", "list",
		"--token-file", "/etc/alibabacloud-servicebroker/operator/tokens")
	if !strings.Contains(listed, guid) {
		t.Errorf("the broker forgot the instance:\n%s", listed)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete,
		k.url+"/v2/service_instances/"+guid+"?accepts_incomplete=true&service_id=oss-997b8372-8dac-40ac-ae65-758b4a502222&plan_id=oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("broker", k.password)
	request.Header.Set("X-Broker-API-Version", "2.17")
	answer, err := k.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusAccepted {
		t.Errorf("the DELETE answers %s", answer.Status)
	}
	here.cloud.empty(t)
}
