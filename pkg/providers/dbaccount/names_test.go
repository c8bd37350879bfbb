package dbaccount

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestDescription_OfTwoBindings_TellsThemApart(t *testing.T) {
	task := providers.Task{Life: life(), BindingID: "one"}
	other, later := task, task
	other.BindingID, later.Life.Incarnation = "two", "f123456789abcdef0123456789abcdef"
	if d := description(task); len(d) > 256 || !isDescription(d) || d == description(other) || d == description(later) {
		t.Errorf("description %q", d)
	}
}

func TestPlan_DescriptionOfBefore_IsRecognised(t *testing.T) {
	old := "osb-" + life().Hash(26, "account") // without a hash of the binding's id
	mine := plan{Username: "app", Chosen: true, Description: old}
	if !mine.owns(Account{Name: "app", Description: old}, providers.Task{}) {
		t.Error("an account that the record's own description marks is not ours")
	}
	another := plan{Username: "app", Chosen: true, Description: description(providers.Task{Life: life(), BindingID: "b"})}
	if another.owns(Account{Name: "app", Description: old}, providers.Task{Facts: open(factAccount, "true")}) {
		t.Error("an account of another binding is ours")
	}
}
