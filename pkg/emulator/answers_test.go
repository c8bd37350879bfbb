package emulator_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// Answers collect the members that the answers of an API had: "Vpcs.Vpc.VpcId",
// and "Vpcs.Vpc" for a list that was empty.
type answers struct {
	caller
	api  rpc.API
	seen map[string]map[string]bool // by action
	// models have the types of the members.
	models map[string]model
	// restored is an emulator with the saved state, nil after a change.
	restored *emulator.Server
}

// do sends a call that must succeed, notes the members of its answer and returns
// the answer.
func (a *answers) do(t *testing.T, action string, params ...string) map[string]any {
	t.Helper()
	values := map[string]string{}
	for i := 0; i+1 < len(params); i += 2 {
		values[params[i]] = params[i+1]
	}
	a.refusesNonsense(t, action, values)
	before, shown := savedState(t, a.srv), shownState(t, a.srv)
	body, code := a.call(t, a.api, action, values)
	if !bytes.Equal(before, savedState(t, a.srv)) && bytes.Equal(shown, shownState(t, a.srv)) && !a.changesUnseen(action, values) {
		t.Errorf("%s %v changes the saved state, and not the one that GET /state shows", action, values)
	}
	if code != "" {
		t.Fatalf("%s %v: %s", action, values, code)
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	if a.seen[action] == nil {
		a.seen[action] = map[string]bool{}
	}
	a.note(t, action, "", answer)
	if a.api.Actions[action].ReadOnly {
		a.sameInXML(t, action, values)
		a.sameAfterRestore(t, action, values, answer)
	} else {
		a.restored = nil
	}
	return answer
}

// refusesNonsense sends the call with nonsense in each parameter that the action
// checks, once.
func (a *answers) refusesNonsense(t *testing.T, action string, values map[string]string) {
	t.Helper()
	if a.seen[action] != nil {
		return
	}
	for _, name := range a.api.Actions[action].Contract.Checks {
		bad := maps.Clone(values)
		bad[name] = strings.Repeat("é", 200)
		if _, code := a.call(t, a.api, action, bad); code == "" || strings.HasPrefix(code, "NotImplemented.") {
			t.Errorf("%s takes nonsense in %s: code %q", action, name, code)
		}
	}
}

func (a *answers) note(t *testing.T, action, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s: %s is null", action, path)
	case map[string]any:
		for name, member := range v {
			a.note(t, action, strings.TrimPrefix(path+"."+name, "."), member)
		}
		if len(v) == 0 {
			a.seen[action][path] = true
		}
	case []any:
		for _, element := range v {
			a.note(t, action, path, element)
		}
		if len(v) == 0 {
			a.seen[action][path] = true
		}
	default:
		if s, ok := v.(string); ok && strings.Count(s, "T") == 1 && len(s) > 11 && s[4] == '-' && s[10] == 'T' && !isTime(s) {
			t.Errorf("%s: %s is %s, which is no time of the cloud's form", action, path, s)
		}
		if m := a.models[action]; !m.takes(path, v) {
			t.Errorf("%s: %s is %v, a %s, and the SDKs read a %s", action, path, v, jsonType(v), cmp.Or(m.Types[path], "string"))
		}
		a.seen[action][path] = true
	}
}

// isTime reports whether a text is a time as RPC products write it: UTC, in seconds or
// minutes.
func isTime(s string) bool {
	_, seconds := time.Parse("2006-01-02T15:04:05Z", s)
	_, minutes := time.Parse("2006-01-02T15:04Z", s)
	return seconds == nil && len(s) == 20 || minutes == nil
}

// text returns a member of an answer; path has the names and numbers that lead
// to it.
func text(t *testing.T, answer any, path ...any) string {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := answer.(map[string]any)
			answer = object[step]
		case int:
			list, _ := answer.([]any)
			if step >= len(list) {
				t.Fatalf("%v: the list has %d elements", path, len(list))
			}
			answer = list[step]
		}
	}
	s, ok := answer.(string)
	if !ok {
		t.Fatalf("%v is %v, no text", path, answer)
	}
	return s
}

// answerScenarios call every action of a product in the cases in which the cloud
// sends all of its members.
func answerScenarios() map[string]func(*testing.T, *answers) {
	return map[string]func(*testing.T, *answers){
		"Kms":      answersOfKMS,
		"Location": answersOfLocation,
		"Ram":      answersOfRAM,
		"Rds":      answersOfRDS,
		"Sts":      answersOfSTS,
		"Vpc":      answersOfVPC,
	}
}

// Each response member that the official SDKs know is answered, or listed in the
// table with the reason.
func TestAnswers_EachMemberOfTheModels_IsThere(t *testing.T) {
	t.Parallel()
	for _, api := range rpcAPIs(t) {
		scenario := answerScenarios()[api.Name]
		if scenario == nil {
			continue
		}
		t.Run(api.Name, func(t *testing.T) {
			t.Parallel()
			models := modelsOf(t, api)
			srv := emulatortest.New(t, emulatortest.WithClock(cloud.NewFrozenClock(time.Now()))) // repeated answers have the same times
			a := &answers{caller: newCaller(t, srv), api: api, seen: map[string]map[string]bool{}, models: models}
			scenario(t, a)
			answered, left := 0, 0
			for _, action := range slices.Sorted(maps.Keys(api.Actions)) {
				unanswered, members := api.Actions[action].Contract.Unanswered, models[action].Members
				if a.seen[action] == nil {
					t.Errorf("%s is never called", action)
					continue
				}
				for _, member := range members {
					there, reason := hasPath(a.seen[action], member), reasonOf(unanswered, member)
					switch {
					case there && reason != "":
						t.Errorf("%s answers %s, which its table leaves out", action, member)
					case !there && reason == "":
						t.Errorf("%s lacks %s", action, member)
					case there:
						answered++
					default:
						left++
					}
				}
				for member := range unanswered {
					if !slices.ContainsFunc(members, func(m string) bool { return isWithin(m, member) }) {
						t.Errorf("%s: no SDK knows the member %s that the table leaves out", action, member)
					}
				}
			}
			t.Logf("members: %d answered, %d left out", answered, left)
		})
	}
}

// reasonOf returns the reason for which a member, or an object around it, is left
// out.
func reasonOf(unanswered map[string]string, member string) string {
	for of, reason := range unanswered {
		if isWithin(member, of) {
			return reason
		}
	}
	return ""
}

// A member is left out as another engine's, as another action's that shares the
// structure, as withdrawn, or because the action never succeeds.
func TestAnswers_LeftOut_HaveAnAllowedReason(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^withdrawn|^SQL Server's|^another action's|^[A-Z]\w+'s?( |:|$)|\(shared structure\)$|^never answered: `)
	for _, api := range rpcAPIs(t) {
		for action, a := range api.Actions {
			for member, reason := range a.Contract.Unanswered {
				if !allowed.MatchString(reason) {
					t.Errorf("%s:%s leaves out %s, of which it says: %s", api.Name, action, member, reason)
				}
			}
		}
	}
}

// isWithin reports whether a member is of, or a member of the object of.
func isWithin(member, of string) bool { return member == of || strings.HasPrefix(member, of+".") }

func answersOfLocation(t *testing.T, a *answers) {
	t.Helper()
	a.do(t, "DescribeEndpoints", "Id", "cn-hangzhou", "ServiceCode", "rds", "Type", "openAPI")
}
