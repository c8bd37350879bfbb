package effect_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

func TestOnce_StepJustMade_WaitsForOneLook(t *testing.T) {
	task := providers.Task{}
	look := func() providers.Step {
		asked, facts := effect.Asked(task)
		task.Facts = task.Facts.Merge(facts)
		return effect.Once(asked, "create", "text", struct{}{})
	}
	var got []providers.Action
	for range 4 {
		step := look()
		if got = append(got, step.Action); step.Action == providers.Call {
			task.Facts = effect.Made(task.Facts, step.Name)
		}
		if step.Name != "create" || step.Text != "text" {
			t.Errorf("step %s with text %q", step.Name, step.Text)
		}
	}
	if want := [4]providers.Action{providers.Call, providers.Wait, providers.Call, providers.Wait}; [4]providers.Action(got) != want {
		t.Errorf("steps %v, want %v", got, want)
	}
	if asked, _ := effect.Asked(task); effect.Once(asked, "delete", "", struct{}{}).Action != providers.Call {
		t.Error("another step waits too")
	}
}
