// Package providertest is the suite that every provider passes, and so the
// definition of the Provider interface in tests. The real engine runs a provider
// on records in a sealed store, pass by pass on the clock of the cloud; every
// mutating call breaks in every way, processes crash, and the resources left in the
// cloud are counted.
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
	Update   *Spec // of an update; nil: the service has none

	// Resource names the fact that is the id of an instance's resource, as the
	// service's descriptor does.
	Resource string
	// Secret names the credentials that are secret as a whole or in part.
	Secret []string
	// Unmark takes our marks off an instance's resource, or replaces them by those
	// of another incarnation, as people may in the console; restore puts them back.
	// Nil: the service's instances have no marks.
	Unmark func(t *testing.T, resource string) (restore func())

	Capabilities Capabilities
}

// Capabilities exempt a service from parts of the suite. By default, instances and
// bindings both make resources in the cloud.
type Capabilities struct {
	// InstanceMakesNothing: an instance is only a name for its bindings, and
	// Resource is empty.
	InstanceMakesNothing bool
	// BindingMakesNothing: a binding hands out facts of its instance, so that all
	// bindings of an instance may have the same credentials.
	BindingMakesNothing bool
	// NoSecrets: the credentials of a binding hold no secret, and neither do its facts.
	NoSecrets bool
	// SealedIDs: every id in a call comes from a sealed plan, so that ids of
	// another record among the open facts change nothing.
	SealedIDs bool
	// BindingLeavesOne: the end of a binding that was in use leaves one thing, which
	// opens nothing and goes with the instance.
	BindingLeavesOne bool
}

// A Spec is the wish for an instance or a binding.
type Spec struct {
	Settings   json.RawMessage
	Parameters json.RawMessage
	Deletion   providers.Deletion
}

// A Cloud is the provider's cloud in the hands of the suite.
type Cloud interface {
	// Break injects a fault into the next mutating call of one of the actions.
	// Mend removes faults that are still waiting.
	Break(fault Fault, actions []string)
	Mend()
	// Mutations returns the actions of all mutating calls that arrived, in
	// their order.
	Mutations() []string
	// Now is the time in the cloud, which the engine has too. Advance lets time
	// pass.
	Now() time.Time
	Advance(d time.Duration)
	// Owner is the account that owns the resources.
	Owner() string
	// Left lists everything that exists, a line each, for test failures.
	Left() []string
}

// A Fault is the fate of a call.
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
	h := open(t)
	tests := []suiteTest{
		{"WholeLife", wholeLife},
		{"WholeLifeWithEveryCallBroken", wholeLifeBroken},
		{"DoneStaysDone", doneStaysDone},
		{"AbsentOfWhatNeverWas", absentOfNothing},
		{"InstanceAbsentFromEveryStep", instanceAbsentFromEveryStep},
		{"BindingAbsentFromEveryStep", bindingAbsentFromEveryStep},
		{"BindingsAreIndependent", bindingsAreIndependent},
		{"InstancesAreIndependent", instancesAreIndependent},
		{"NewLifeOfTheSameIDs", newLife},
		{"SecretsStaySecret", secretsStaySecret},
		{"NamesComeFromLivesAlone", namesFromLives},
		{"UnreadablePlansAreTheOperators", unreadablePlans},
		{"ForeignResourceUnderOurID", foreignResource},
		{"LostFactsAreFoundAgain", lostFacts},
	}
	if h.Unmark != nil {
		tests = append(tests, suiteTest{"ResourceWithoutOurMarks", unmarkedResource})
	}
	if !h.Capabilities.InstanceMakesNothing {
		tests = append(tests, suiteTest{"InstancesTellTheirResource", resourceIsTold})
	}
	if h.Update != nil {
		tests = append(tests, suiteTest{"UpdateWithEveryCallBroken", updateBroken})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

type suiteTest struct {
	name string
	run  func(t *testing.T, open func(t *testing.T) Harness)
}
