package emulator_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// Each parameter that an official SDK can send is implemented, checked, harmless
// or refused.
func TestParameters_EachOfTheModels_IsInTheTable(t *testing.T) {
	t.Parallel()
	var implements, checks, defaults, refuses int
	for _, api := range rpcAPIs(t) {
		models := modelsOf(t, api)
		for action, a := range api.Actions {
			c := a.Contract
			known := slices.Concat(c.Implements, c.Checks, c.Refuses, rpc.CommonParameters())
			for name := range c.Defaults {
				known = append(known, name)
			}
			m, ok := models[action]
			if !ok {
				t.Errorf("%s:%s: no SDK has the action: run make api-models", api.Name, action)
			}
			for _, name := range m.Parameters {
				if !slices.Contains(known, name) {
					t.Errorf("%s:%s: the table lacks the parameter %s", api.Name, action, name)
				}
			}
			implements, checks, defaults, refuses = implements+len(c.Implements), checks+len(c.Checks), defaults+len(c.Defaults), refuses+len(c.Refuses)
		}
	}
	t.Logf("parameters: %d implemented, %d checked, %d by their default, %d refused", implements, checks, defaults, refuses)
}

// A parameter that is refused, or that no SDK knows, is refused by name and
// changes nothing.
func TestParameters_Lacking_AreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	srv := emulatortest.New(t, emulatortest.AllowUnknown())
	c := newCaller(t, srv)
	before := savedState(t, srv)
	for _, api := range rpcAPIs(t) {
		for action, a := range api.Actions {
			lacking := map[string]string{"NoSuchParameter": "1", "DBInstanceId.X": "1", "Tag.1.NoSuch": "1"}
			for _, name := range a.Contract.Refuses {
				lacking[strings.ReplaceAll(name, ".N", ".1")] = "x"
			}
			for name := range a.Contract.Defaults {
				lacking[strings.ReplaceAll(name, ".N", ".1")] = "another value"
			}
			for name, value := range lacking {
				if _, code := c.call(t, api, action, map[string]string{name: value}); code != "NotImplemented."+action+"."+name {
					t.Errorf("%s:%s with %s=%s: code %q", api.Name, action, name, value, code)
				}
			}
		}
	}
	if after := savedState(t, srv); !bytes.Equal(before, after) {
		t.Errorf("the state changed from %s to %s", before, after)
	}
}

// The default of a parameter passes: the call is refused, if at all, for another
// reason.
func TestParameters_Default_Passes(t *testing.T) {
	t.Parallel()
	srv := emulatortest.New(t, emulatortest.AllowUnknown())
	c := newCaller(t, srv)
	for _, api := range rpcAPIs(t) {
		for action, a := range api.Actions {
			for name, value := range a.Contract.Defaults {
				name = strings.ReplaceAll(name, ".N", ".1")
				for _, spelling := range []string{value, strings.ToUpper(value)} {
					if _, code := c.call(t, api, action, map[string]string{name: spelling}); strings.HasPrefix(code, "NotImplemented.") {
						t.Errorf("%s:%s with %s=%s: code %q", api.Name, action, name, spelling, code)
					}
				}
			}
		}
	}
}

func savedState(t *testing.T, srv *emulator.Server) []byte {
	t.Helper()
	var state bytes.Buffer
	if err := srv.Save(&state); err != nil {
		t.Fatal(err)
	}
	return state.Bytes()
}
