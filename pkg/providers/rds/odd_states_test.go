package rds

import (
	"context"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Each state of a server leads to one step: for an update, a deletion and a binding.
func TestOddStates_EachState_HasItsStep(t *testing.T) {
	type want struct {
		action providers.Action
		name   string // of a Call or Wait
		kind   providers.FailureKind
		text   string // "": any
	}
	calls := func(name string) want { return want{action: providers.Call, name: name} }
	waits := func(name, text string) want { return want{action: providers.Wait, name: name, text: text} }
	fails := func(kind providers.FailureKind, text string) want {
		return want{action: providers.Fail, kind: kind, text: text}
	}
	i := dbInstance{ID: "rm-1", Class: "c", Storage: 20}
	for name, c := range map[string]struct {
		status, lock          string
		update, bind, removal want
	}{
		"Stopped":   {stopped, unlocked, calls(stepStart), calls(stepStart), calls(stepStart)},
		"Starting":  {starting, unlocked, waits("server", textStarting), waits("server", textStarting), waits("server", textStarting)},
		"Changing":  {changingClass, unlocked, waits("server", ""), waits("server", ""), waits("server", "")},
		"Upgrading": {upgradingVersion, unlocked, waits("server", ""), waits("server", ""), waits("server", "")},
		"Full":      {running, lockedFull, fails(providers.Invalid, textFull), fails(providers.Invalid, textFull), calls(stepDelete)},
		"Overdue":   {running, lockedOverdue, waits("locked", textOverdue), waits("server", textOverdue), calls(stepDelete)},
		"Manual":    {running, "ManualLock", waits("locked", textLocked), waits("server", textLocked), calls(stepDelete)},
	} {
		t.Run(name, func(t *testing.T) {
			is := i
			is.Status, is.LockMode = c.status, c.lock
			state := instanceState{instance: &is, whitelist: "10.0.0.0/8"}
			change := providers.Task{Goal: providers.Present, Usable: true, Was: &providers.Was{}}
			removal := providers.Task{Goal: providers.Absent, Usable: true, Deletion: providers.DeleteData}
			bind := awake{}.Next(providers.Task{Goal: providers.Present}, providers.Seen{State: oddServer{instance: is}})
			for at, pair := range map[string]struct {
				got  providers.Step
				want want
			}{
				"Update":  {nextForInstance(change, instancePlan{Class: "c", Storage: 20}, state), c.update},
				"Binding": {bind, c.bind},
				"Removal": {nextForInstance(removal, instancePlan{}, state), c.removal},
			} {
				got, w := pair.got, pair.want
				if got.Action != w.action || got.Name != w.name || got.Kind != w.kind || w.text != "" && got.Text != w.text || got.Text == "" {
					t.Errorf("%s: %s %q %s: %q, want %+v", at, got.Action, got.Name, got.Kind, got.Text, w)
				}
			}
		})
	}
}

func TestFullDisk_UpdateToMoreStorage_GoesThrough(t *testing.T) {
	full := dbInstance{ID: "rm-1", Status: running, LockMode: lockedFull, Class: "c", Storage: 20}
	task := providers.Task{Goal: providers.Present, Usable: true, Was: &providers.Was{}}
	step := nextForInstance(task, instancePlan{Class: "c", Storage: 40}, instanceState{instance: &full, whitelist: "10.0.0.0/8"})
	if step.Action != providers.Call || step.Name != stepSpec {
		t.Errorf("%s %s: %s", step.Action, step.Name, step.Text)
	}
	unbind := awake{}.Next(providers.Task{Goal: providers.Absent}, providers.Seen{State: oddServer{instance: full}})
	if unbind.Action != providers.Wait || unbind.Text != textFull {
		t.Errorf("an unbind: %s %q", unbind.Action, unbind.Text)
	}
}

func TestOverdue_Instance_IsTheOperatorsMatter(t *testing.T) {
	err := dbInstance{ID: "rm-1", LockMode: lockedOverdue}.overdue()
	if providers.ClassOf(err) != providers.Operator || providers.Sentence(err) != textOverdue {
		t.Errorf("class %s: %q", providers.ClassOf(err), providers.Sentence(err))
	}
	if err := (dbInstance{LockMode: lockedFull}).overdue(); err != nil {
		t.Error(err)
	}
}

// A busyKind is a binding kind with a server that takes no work.
type busyKind struct{ providers.Provider }

func (busyKind) Do(context.Context, providers.Task, providers.Step) (providers.Facts, error) {
	return providers.Facts{}, &alicloud.Error{Code: "IncorrectDBInstanceState", Reasons: []error{providers.ErrWrongState}}
}

func TestAwake_RefusedForState_RemembersToLook(t *testing.T) {
	facts, err := awake{Provider: busyKind{}}.Do(t.Context(), providers.Task{}, providers.Step{Name: "account"})
	if !errors.Is(err, providers.ErrWrongState) || facts.Open[factRefused] != refusedByState {
		t.Errorf("facts %v, error %v", facts.Open, err)
	}
	if _, ok := providers.As[providers.Claimer](providers.Compose(instances{}, awake{Provider: instances{}.bindings()}), providers.Binding); !ok {
		t.Error("the abilities of the kind inside are lost")
	}
}

func TestProtection_ParameterBeforePlan_Decides(t *testing.T) {
	for plan, protected := range map[string]bool{
		`{}`:                 false,
		`{"protected":true}`: true,
		`{"protected":true,"options":{"DeletionProtection":false}}`: false,
		`{"options":{"DeletionProtection":true}}`:                   true,
		`{"options":{"DeletionProtection":null}}`:                   false,
		`unreadable`: false,
	} {
		got := instances{}.Protection(providers.Task{Plan: providers.Plan(plan)})
		if (got != nil) != protected {
			t.Errorf("plan %s: %v", plan, got)
		}
	}
}

// Codes of orders that mean something else to accounts, and those of locks.
func TestCodes_ByAction_HaveTheirReason(t *testing.T) {
	p := product()
	for _, c := range []struct {
		action, code string
		want         error
	}{
		{"CreateDBInstance", "OperationDenied.OutofUsage", providers.ErrSoldOut},
		{"ModifyDBInstanceSpec", "OperationDenied.OutofUsage", providers.ErrSoldOut},
		{"CreateAccount", "OperationDenied.OutofUsage", providers.ErrWrongState},
		{"CreateDBInstance", "OperationDenied.DBInstanceStatus", providers.ErrWrongState},
		{"CreateDBInstance", "InvalidSaleComponentFault", providers.ErrInvalid},
		{"CreateDBInstance", "InvalidVSwitchId", providers.ErrInvalid},
		{"CreateAccount", "IncorrectDBInstanceLockMode.ValueNotSupported", providers.ErrWrongState},
		{"CreateDBInstance", "ServiceLinkedRole.NotExist", providers.ErrDenied},
		{"CreateDBInstance", "Never.HeardOf", nil},
	} {
		if got := p.ReasonOf(c.action, c.code); !errors.Is(got, c.want) {
			t.Errorf("%s %s: %v, want %v", c.action, c.code, got, c.want)
		}
	}
}

func TestSettings_Backups_AreOfferedForMySQLAlone(t *testing.T) {
	for settings, refused := range map[string]bool{
		`{"engine":"MySQL","backups":"all"}`:       false,
		`{"engine":"MySQL"}`:                       false,
		`{"engine":"PostgreSQL","backups":"none"}`: false,
		`{"engine":"PostgreSQL","backups":"last"}`: true,
		`{"engine":"MariaDB","backups":"all"}`:     true,
		`{"engine":"MySQL","backups":"some"}`:      true,
	} {
		if err := Descriptor().CheckSettings([]byte(settings)); (err != nil) != refused {
			t.Errorf("%s: %v", settings, err)
		}
	}
}
