package emulator_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// Every action of every RPC product is called without parameters, and with
// parameters that are no value of anything: an action that changes something refuses
// them, none fails inside, and the state is as before.
func TestRPC_EveryActionWithBadValues_ChangesNothing(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithClock(cloud.NewFrozenClock(time.Now())), emulatortest.AllowUnknown())
	id, secret, err := srv.RAM().AddUser("caller", "AdministratorAccess")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rdsClient(t, srv).CreateDBInstance(createRequest()); err != nil {
		t.Fatal(err)
	}
	key := emulator.AccessKey{ID: id, Secret: secret}
	calls := 0
	for _, api := range rpcAPIs(t) {
		for action, a := range api.Actions {
			if !slices.Contains(emptyCalls(), action) {
				badCall(t, srv, key, form("Version", api.Version, "Action", action), a.ReadOnly)
			}
			for _, value := range []string{"?", "\x00\xff", "-1 ", "{", strings.Repeat("é", 1<<13)} {
				params := url.Values{}
				for _, name := range slices.Concat(a.Contract.Implements, a.Contract.Checks) {
					params.Set(strings.ReplaceAll(name, ".N", ".1"), value)
				}
				params.Del("DryRun")
				if len(params) == 0 {
					continue
				}
				params.Set("Version", api.Version)
				params.Set("Action", action)
				badCall(t, srv, key, params, a.ReadOnly)
				calls++
			}
		}
	}
	t.Logf("%d calls", calls)
}

// emptyCalls are actions that succeed without any parameter: on the caller itself,
// with names of the cloud's choice, or because nothing is there to remove.
func emptyCalls() []string { return []string{"CreateAccessKey", "CreateVpc", "ClearAccountAlias"} }

func badCall(t *testing.T, srv *emulator.Server, key emulator.AccessKey, params url.Values, readOnly bool) {
	t.Helper()
	before := savedState(t, srv)
	status, code := post(t, srv, key, params)
	what := params.Get("Action") + " " + params.Encode()
	if status >= 500 && !strings.HasPrefix(code, "NotImplemented.") || status < 400 && !readOnly {
		t.Errorf("%.200s is answered %d %s", what, status, code)
	}
	if after := savedState(t, srv); string(after) != string(before) {
		t.Errorf("%.200s has changed the state", what)
	}
}
