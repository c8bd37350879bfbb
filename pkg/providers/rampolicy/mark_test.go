package rampolicy

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bindingTask is a bind before Prepare.
func bindingTask() providers.Task {
	instance := providers.Task{
		Kind: providers.Instance, InstanceID: "i",
		Life: providers.Life{BrokerID: "broker-1", Incarnation: "00112233445566778899aabbccddeeff"},
	}
	return providers.Task{
		Kind: providers.Binding, Goal: providers.Present, InstanceID: "i", BindingID: "b", Region: "cn-hangzhou",
		Life: providers.Life{BrokerID: "broker-1", Incarnation: "b0112233445566778899aabbccddeeff"}, Of: &instance,
	}
}

func TestMark_OfABinding_NamesBindingAndInstance(t *testing.T) {
	task := bindingTask()
	task.Life.BrokerID, task.BindingID = strings.Repeat("ä", 200), strings.Repeat("ü", 63)
	m := Mark(task)
	if len(m) > 128 || !isMarked("seen by bob; "+m, task.Life) {
		t.Errorf("mark %q of %d characters", m, len(m))
	}
	for _, part := range []string{task.Life.Incarnation, task.Of.Life.Incarnation, task.BindingHash()} {
		if !strings.Contains(m, part) {
			t.Errorf("mark %q has no %s", m, part)
		}
	}
	other := task
	other.Life.Incarnation = "ff112233445566778899aabbccddeeff"
	if isMarked(m, other.Life) || isMarked(m, task.Of.Life) {
		t.Errorf("mark %q is another life's too", m)
	}
	if other.BindingID = "another"; other.BindingHash() == task.BindingHash() {
		t.Error("two ids of bindings have one hash")
	}
}

func TestMark_OfBefore_IsRecognised(t *testing.T) {
	life := bindingTask().Life
	if !isMarked("osb-incarnation="+life.Incarnation+" osb-broker=broker-1", life) {
		t.Error("the mark that held incarnation and broker is forgotten")
	}
}
