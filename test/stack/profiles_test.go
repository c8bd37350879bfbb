package stack_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// financePlans add plans of two profiles beside those of the default one.
const financePlans = `
offerings:
  alibaba-cloud-oss:
    add:
    - {like: default, id: finance-bucket, name: finance-bucket, description: A bucket of finance, updateable: true, profile: finance}
    - {like: default, id: broken-bucket, name: broken-bucket, description: A bucket elsewhere, profile: broken}
  alibaba-cloud-rds-mysqldb:
    add:
    - {like: rds-mysql-s1-small, id: finance-database, name: finance-database, description: A database of finance, profile: finance}
`

const (
	databases    = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5"
	databasePlan = "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1c"
	financeVPC   = "vpc-cnbeijing0default"
)

// twoAccounts is a broker with an account of its own and one of finance, and a
// profile whose credentials fail.
type twoAccounts struct {
	*stack.Stack

	t       *testing.T
	finance *emulator.Server
}

func newTwoAccounts(t *testing.T) *twoAccounts {
	t.Helper()
	finance := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.AccountID = "2000000000000002" }))
	w := &twoAccounts{t: t, finance: finance}
	w.Stack = stack.New(t, stack.WithSpeed(100), w.profiles(finance, "broken"), stack.WithBroker(func(c *broker.Config) { c.AsyncWait = time.Millisecond }))
	return w
}

// profiles returns the option of the profile finance in an account, and of a profile
// without a key under another name.
func (w *twoAccounts) profiles(account *emulator.Server, broken string) stack.Option {
	w.t.Helper()
	more := descriptor.Profiles{}
	for name, source := range map[string]alicloud.CredentialsSource{
		"finance": environment.AccountKey(account),
		broken:    alicloud.Named(alicloud.Files(w.t.TempDir()), alicloud.Naming{Profile: broken, Source: "profile " + broken}),
	} {
		clients, err := environment.ClientsAt(account.URL(), "cn-beijing", source)
		if err != nil {
			w.t.Fatal(err)
		}
		more[name] = &descriptor.Profile{Clients: clients, Network: descriptor.Network{VpcID: financeVPC}, Elsewhere: true}
	}
	return stack.WithProfiles(financePlans, more)
}

// send sends a request about a path below the instances, and expects its status.
func (w *twoAccounts) send(method, path, service, plan string, want int) []byte {
	w.t.Helper()
	path = "/v2/service_instances/" + path + "?accepts_incomplete=true"
	content := `{"service_id":"` + service + `","plan_id":"` + plan + `","organization_guid":"o","space_guid":"s"}`
	if method == http.MethodDelete {
		path, content = path+"&service_id="+service+"&plan_id="+plan, ""
	}
	status, _, answer := w.Do(method, path, content, nil)
	if status != want && (want != http.StatusAccepted || status/100 != 2) {
		w.t.Fatalf("%s %s answers %d %s, want %d", method, path, status, answer, want)
	}
	return answer
}

// poll returns the last operation.
func (w *twoAccounts) poll(path string) (status int, state, description string) {
	w.t.Helper()
	status, _, answer := w.Do(http.MethodGet, "/v2/service_instances/"+path+"/last_operation", "", nil)
	var operation struct{ State, Description string }
	if err := json.Unmarshal(answer, &operation); err != nil {
		w.t.Fatalf("last_operation of %s answers %d %s", path, status, answer)
	}
	return status, operation.State, operation.Description
}

// done waits until the operation has succeeded, or its record is deleted.
func (w *twoAccounts) done(path string) {
	w.t.Helper()
	for {
		status, state, description := w.poll(path)
		switch {
		case state == "succeeded", status == http.StatusGone:
			return
		case state == "failed", w.t.Context().Err() != nil:
			w.t.Fatalf("%s: %s %s", path, state, description)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// waits returns the user's sentence once the operation of a record waits for the operator,
// and expects these words in its cause.
func (w *twoAccounts) waits(k store.Key, words ...string) string {
	w.t.Helper()
	for {
		r, err := w.Store().Get(w.t.Context(), k)
		if err != nil {
			w.t.Fatal(err)
		}
		if op := r.Operation; op != nil && op.CauseKind == "operator" && !op.State.Finished() {
			for _, word := range words {
				if !strings.Contains(op.Cause, word) {
					w.t.Errorf("%s waits because of %q, which lacks %q", k, op.Cause, word)
				}
			}
			return op.Description
		}
		if r.Operation != nil && r.Operation.State.Finished() {
			w.t.Fatalf("%s has ended as %s", k, r.Operation.State)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// Instances of two accounts live side by side, over a crash, while the credentials of
// a third profile fail.
func TestProfiles_TwoAccounts_LiveSideBySide(t *testing.T) {
	w := newTwoAccounts(t)
	broken := store.Key{InstanceID: "broken"}
	w.send(http.MethodPut, "broken", service, "broken-bucket", http.StatusAccepted)
	type instance struct{ id, service, plan, region, account string }
	home, away := w.Cloud(), w.finance
	instances := []instance{
		{"home-bucket", service, plan, home.Region(), home.AccountID()},
		{"away-bucket", service, "finance-bucket", "cn-beijing", away.AccountID()},
		{"home-database", databases, databasePlan, home.Region(), home.AccountID()},
		{"away-database", databases, "finance-database", "cn-beijing", away.AccountID()},
	}
	for _, i := range instances {
		w.send(http.MethodPut, i.id, i.service, i.plan, http.StatusAccepted)
	}
	w.Crash() // while databases are being made
	w.Restart()
	for _, i := range instances {
		w.done(i.id)
		w.send(http.MethodPut, i.id+"/service_bindings/b-"+i.id, i.service, i.plan, http.StatusAccepted)
	}
	w.waits(broken, "profile broken")
	w.Crash()
	w.Restart()
	for _, i := range instances {
		w.done(i.id + "/service_bindings/b-" + i.id)
		for _, id := range []string{"", "b-" + i.id} {
			r, err := w.Store().Get(t.Context(), store.Key{InstanceID: i.id, BindingID: id})
			if err != nil || r.Region != i.region || r.Account != i.account || (r.Profile == "finance") != strings.HasPrefix(i.id, "away") {
				t.Errorf("%s %s has the profile %q, the account %s and the region %s (%v)", i.id, id, r.Profile, r.Account, r.Region, err)
			}
		}
	}
	for name, account := range map[string]*emulator.Server{"home": home, "away": away} {
		got := account.Dump()
		if len(got.Buckets) != 1 || len(got.Instances) != 1 || len(got.Users) != 1 {
			t.Errorf("%s has %d buckets, %d databases and %d users, want one each", name, len(got.Buckets), len(got.Instances), len(got.Users))
		}
	}
	w.send(http.MethodPatch, "away-bucket", service, plan, http.StatusUnprocessableEntity)
	for _, i := range instances {
		w.send(http.MethodDelete, i.id+"/service_bindings/b-"+i.id, i.service, i.plan, http.StatusAccepted)
		w.send(http.MethodDelete, i.id, i.service, i.plan, http.StatusAccepted)
		w.done(i.id)
	}
	w.send(http.MethodDelete, "broken", service, "broken-bucket", http.StatusAccepted)
	w.done("broken") // nothing was ever made for it
	if !home.Empty() || !away.Empty() {
		t.Errorf("left are %v at home, %v away", home.Leftovers(), away.Leftovers())
	}
}

// Instances of a profile that leaves the file wait until it is back; the others go on,
// and what the store knows is answered.
func TestProfiles_Vanished_WaitsUntilItIsBack(t *testing.T) {
	w := newTwoAccounts(t)
	w.send(http.MethodPut, "away", service, "finance-bucket", http.StatusAccepted)
	w.done("away")
	w.send(http.MethodPut, "away/service_bindings/b", service, "finance-bucket", http.StatusAccepted)
	w.done("away/service_bindings/b")
	w.Crash()
	w.Restart(stack.WithProfiles(financePlans, nil))
	w.send(http.MethodPut, "home", service, plan, http.StatusAccepted)
	w.done("home")
	w.send(http.MethodPut, "more", service, "finance-bucket", http.StatusBadRequest)
	if status, _, answer := w.Do(http.MethodGet, "/v2/service_instances/away/service_bindings/b", "", nil); status != http.StatusOK || !strings.Contains(string(answer), "secret_access_key") {
		t.Errorf("a fetch of the binding answers %d %s", status, answer)
	}
	binding := store.Key{InstanceID: "away", BindingID: "b"}
	w.send(http.MethodDelete, "away/service_bindings/b", service, "finance-bucket", http.StatusAccepted)
	if text := w.waits(binding, "--profile-file", "finance"); !strings.Contains(text, "finance") {
		t.Errorf("the user reads %q, which does not name the profile", text)
	}
	w.send(http.MethodDelete, "away", service, "finance-bucket", http.StatusAccepted)
	if len(w.finance.Dump().Buckets) != 1 {
		t.Error("the bucket is gone")
	}
	w.Crash()
	w.Restart(w.profiles(w.finance, "broken"))
	w.done("away")
	if !w.finance.Empty() {
		t.Errorf("left are %v", w.finance.Leftovers())
	}
}

// A profile whose credentials become another account's touches nothing there.
func TestProfiles_AccountChanged_IsNotActedOn(t *testing.T) {
	w := newTwoAccounts(t)
	w.send(http.MethodPut, "away", service, "finance-bucket", http.StatusAccepted)
	w.done("away")
	w.Crash()
	w.Restart(w.profiles(w.Cloud(), "broken"))
	w.send(http.MethodDelete, "away", service, "finance-bucket", http.StatusAccepted)
	w.waits(store.Key{InstanceID: "away"}, w.Cloud().AccountID(), w.finance.AccountID())
	for _, call := range w.Cloud().Calls("") {
		if !w.Cloud().ReadOnly(call) {
			t.Errorf("%s was called in the other account", call.Action)
		}
	}
	w.Crash()
	w.Restart(w.profiles(w.finance, "broken"))
	w.done("away")
	if !w.finance.Empty() {
		t.Errorf("left are %v", w.finance.Leftovers())
	}
}

// hanging is a source whose service never answers.
type hanging struct{}

func (hanging) Credentials(ctx context.Context) (alicloud.Key, error) {
	<-ctx.Done()
	return alicloud.Key{}, ctx.Err()
}

// A source that hangs takes no worker away from other profiles.
func TestProfiles_HangingSource_HoldsNothingUp(t *testing.T) {
	w := &twoAccounts{t: t}
	clients, err := environment.ClientsAt("http://127.0.0.1:1", "cn-beijing", hanging{})
	if err != nil {
		t.Fatal(err)
	}
	w.Stack = stack.New(t, stack.WithBroker(func(c *broker.Config) { c.AsyncWait = time.Millisecond }),
		stack.WithEngine(func(c *engine.Config) { c.Workers, c.LookTimeout = 1, time.Hour }),
		stack.WithProfiles(financePlans, descriptor.Profiles{"broken": {Clients: clients}}))
	w.send(http.MethodPut, "broken", service, "broken-bucket", http.StatusAccepted)
	w.send(http.MethodPut, "home", service, plan, http.StatusAccepted)
	w.done("home")
	if _, state, _ := w.poll("broken"); state != "in progress" {
		t.Errorf("the instance of the hanging source is %s", state)
	}
}
