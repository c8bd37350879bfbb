// Package providertest is the suite that every provider passes. It is the
// Provider interface's definition in tests: it drives a provider as the engine
// does, with frozen requests and tokens, breaks every mutating call in every
// way, and counts what is left in the cloud.
package providertest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A Harness is a provider with a cloud of its own.
type Harness struct {
	Provider providers.Provider
	Cloud    Cloud

	Instance Spec
	Binding  Spec  // its Settings are the instance's
	Update   *Spec // what an instance can be updated to; nil: nothing

	// Secret names the credentials that are secret as a whole or in part.
	Secret []string
}

// A Spec is what is wanted of an instance or a binding.
type Spec struct {
	Settings   json.RawMessage
	Parameters json.RawMessage
	Deletion   providers.Deletion
}

// A Cloud is the provider's cloud in the hands of the suite.
type Cloud interface {
	// Break lets the next mutating call of one of the actions meet the fault;
	// Mend takes back what was not met.
	Break(fault Fault, actions []string)
	Mend()
	// Mutations returns the actions of all mutating calls that arrived, in
	// their order.
	Mutations() []string
	// Advance lets time pass in the cloud.
	Advance(d time.Duration)
	// Left lists everything that exists, in words for test failures.
	Left() []string
}

// A Fault is what becomes of a call.
type Fault string

// The faults.
const (
	None      Fault = ""
	Refused   Fault = "refused"         // throttled, without effect
	Dropped   Fault = "dropped before"  // no answer, without effect
	Lost      Fault = "answer lost"     // no answer, with effect
	LateError Fault = "error afterward" // a 5xx, with effect
)

func allFaults() []Fault { return []Fault{Refused, Dropped, Lost, LateError} }

// Run runs the suite. open makes a harness with a fresh cloud.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	tests := []struct {
		name string
		test func(t *testing.T, open func(t *testing.T) Harness)
	}{
		{"WholeLife", wholeLife},
		{"WholeLifeWithEveryCallBroken", wholeLifeBroken},
		{"InstancesTellTheirResource", resourceIsTold},
		{"DoneStaysDone", doneStaysDone},
		{"AbsentOfWhatNeverWas", absentOfNothing},
		{"InstanceAbsentFromEveryStep", instanceAbsentFromEveryStep},
		{"BindingAbsentFromEveryStep", bindingAbsentFromEveryStep},
		{"BindingsAreIndependent", bindingsAreIndependent},
		{"InstancesAreIndependent", instancesAreIndependent},
		{"NewLifeOfTheSameIDs", newLife},
		{"UpdateWithEveryCallBroken", updateBroken},
		{"SecretsStaySecret", secretsStaySecret},
		{"NamesComeFromLivesAlone", namesFromLives},
		{"PlansThatCannotBeReadAreBroken", unreadablePlans},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.test(t, open) })
	}
}
