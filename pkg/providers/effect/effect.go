// Package effect gives a call time to show its effect. It is a package of its
// own since several services answer reads with data older than a write: a step
// that was just made would be made again, although its effect is only late.
package effect

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"

// factAsked is the step that was made last. The next look clears the fact, so that
// an ineffective step is made again after one more look.
const factAsked = "asked"

// Made adds to the facts of a successful call that the step was made.
func Made(facts providers.Facts, step string) providers.Facts {
	return facts.Merge(asked(step))
}

// Asked returns the step that was made just before this look, and the facts
// that clear it.
func Asked(t providers.Task) (step string, forget providers.Facts) {
	step = t.Facts.Open[factAsked]
	if step == "" {
		return "", providers.Facts{}
	}
	return step, asked("")
}

// Slowly returns the step of Once for a call that takes minutes to have its effect.
func Slowly(asked, name, text string, request any) providers.Step {
	step := Once(asked, name, text, request)
	if step.Action == providers.Call {
		step.Pace = providers.Slow
	}
	return step
}

// Once returns the step that makes the named call, or the wait for its effect
// if it was asked for just before the look. text is for the user.
func Once(asked, name, text string, request any) providers.Step {
	if asked == name {
		return providers.WaitStep(name, providers.Quick, text)
	}
	step := providers.CallStep(name, request)
	step.Text = text
	return step
}

func asked(step string) providers.Facts {
	return providers.Facts{Open: map[string]string{factAsked: step}}
}
