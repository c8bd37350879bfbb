package rds

import (
	"bytes"
	"context"
	_ "embed" // the schemas of options
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// optionDefinitions are the schemas of options, for the documents of plans
// (catalog.EmbeddedWith).
//
//go:embed option_definitions.yaml
var optionDefinitions []byte

// An option is a property of an instance that its plan may ask for, under the name of
// the parameter. The broker looks at an option that was asked for once the instance is
// running with its database, compares it, and sets it where it differs, so that a crash
// in between and a repetition do no harm. An option that nothing asks for costs no call
// and stays as people set it.
//
// The table has the form of that of package oss. Both look the same and share no code:
// here calls take tokens, an option is of an engine, and a server is at work after a
// call.
type option struct {
	name string // of the parameter
	// step sets the option; empty: it is set with the instance, or is part of another
	// step.
	step string
	text string // for the user, while the step is under way
	// reads is the call that Observe makes for the option; empty: DescribeDBInstanceAttribute
	// tells it, which every look makes.
	reads string
	// refused is the sentence for a value that RDS definitely refuses.
	refused string

	// normal checks a value beyond the schema and returns the form that the plan keeps.
	// before is the value in the plan of before an update; nil: none.
	normal func(c optionContext, value, before json.RawMessage) (json.RawMessage, *providers.Failure)
	// remove returns the value of an option that an update takes away; nil: the option
	// stays as it is, and the broker no longer looks at it.
	remove func(c optionContext, before json.RawMessage) (json.RawMessage, *providers.Failure)
	// look makes the call of reads; nil where there is none.
	look func(ctx context.Context, l optionLook) (seen any, facts providers.Facts, err error)
	// isReached compares the value of the plan with the state; nil: there is nothing to
	// compare.
	isReached func(want json.RawMessage, s instanceState) bool
	// next is the step where the option differs; nil: the one that stepWith returns for
	// the value of the plan.
	next func(o option, t providers.Task, plan instancePlan, s instanceState) providers.Step
	// put makes the call of the step.
	put func(ctx context.Context, c client, r optionRequest, token string) error
}

// An optionContext is what the value of an option has to fit.
type optionContext struct {
	plan     instancePlan
	settings optionSettings
	isUpdate bool
	// takenBack says that the user gave a value before, and takes it back.
	takenBack bool
}

// optionSettings are the settings of a plan that say which values users may choose.
type optionSettings struct {
	// Public allows a public endpoint.
	Public bool `json:"public"`
	// WhitelistWithin are the blocks of addresses that users may open the server to.
	// Empty: those of private networks, and with Public any block that is no larger
	// than publicBits.
	WhitelistWithin []string `json:"whitelistWithin"`
}

// An optionLook is what a look at one option takes.
type optionLook struct {
	client

	instance *dbInstance
	want     json.RawMessage
	task     providers.Task
	plan     instancePlan
}

// An optionRequest is the frozen request of a step that sets an option.
type optionRequest struct {
	InstanceID string
	Value      json.RawMessage
	// Host is the endpoint that the call is about, where it is about one.
	Host string `json:",omitempty"`
	// Engine is that of the server, for calls that depend on it.
	Engine string `json:",omitempty"`
}

// options lists the options in the order in which they are set.
func options() []option {
	return []option{
		timeZoneOption(),
		encryptionOption(),
		whitelistOption(),
		databasesOption(),
		securityGroupsOption(),
		parametersOption(),
		forceRestartOption(),
		sslOption(),
		publicEndpointOption(),
		backupOption(),
		maintainTimeOption(),
		resourceGroupOption(),
		tagsOption(),
		protectionOption(),
	}
}

// A wantedOptions are the options that a plan asks for, by parameter.
type wantedOptions map[string]json.RawMessage

// removed is the value of an option that an update took away.
const removed = "null"

func isRemoved(value json.RawMessage) bool { return bytes.Equal(value, []byte(removed)) }

// resolveOptions puts the options into a plan: the user's values, else the settings of
// the plan in the catalog. The plan has the options of before an update.
func (p *instancePlan) resolveOptions(t providers.Task) error {
	given, err := parametersOf[wantedOptions](t.Parameters)
	if err != nil {
		return err
	}
	stated := wantedOptions{}
	if err := providers.Decode(t.Settings, "settings of the plan", &stated); err != nil {
		return err
	}
	c := optionContext{plan: *p, isUpdate: t.Was != nil}
	if err := providers.Decode(t.Settings, "settings of the plan", &c.settings); err != nil {
		return err
	}
	wanted := wantedOptions{}
	for _, o := range options() {
		if isRemoved(given[o.name]) {
			delete(given, o.name)
		}
		value, before := given[o.name], p.Options[o.name]
		if value == nil {
			value = stated[catalog.SettingOf(o.name)]
		}
		if isRemoved(before) {
			before = nil
		}
		c.takenBack = takesBack(t, o.name)
		var failure *providers.Failure
		switch {
		case value != nil:
			value, failure = o.normal(c, value, before)
		case before != nil:
			value, failure = o.remove(c, before)
		}
		switch {
		case failure == nil:
		case !errors.Is(failure, providers.ErrFixed) && given[o.name] == nil && stated[catalog.SettingOf(o.name)] != nil:
			return providers.Unreadable(fmt.Errorf("rds: settings of the plan: %s", failure.Text))
		default:
			return failure
		}
		if value != nil {
			wanted[o.name] = value
		}
	}
	if p.Options = wanted; len(wanted) == 0 {
		p.Options = nil
	}
	p.nameDatabases(t)
	return nil
}

// hasOptionsToSee reports whether a look at a running instance is to read options.
func (p *instancePlan) hasOptionsToSee() bool {
	return slices.ContainsFunc(options(), func(o option) bool { return o.isReached != nil && p.Options[o.name] != nil })
}

// readOptions makes the calls of the options that the plan asks for.
func (s *instanceState) readOptions(ctx context.Context, l optionLook) (facts providers.Facts, err error) {
	s.options = map[string]any{}
	for _, o := range options() {
		l.want = l.plan.Options[o.name]
		if o.look == nil || l.want == nil {
			continue
		}
		seen, more, err := o.look(ctx, l)
		if err != nil {
			return facts, fmt.Errorf("%s: %w", o.reads, err)
		}
		s.options[o.name], facts = seen, facts.Merge(more)
	}
	return facts, nil
}

// nextForOptions returns the step of the first option that differs; ok is false once
// all are as the plan asks.
func nextForOptions(t providers.Task, plan instancePlan, s instanceState) (step providers.Step, ok bool) {
	if s.options == nil && plan.hasOptionsToSee() { // the next look reads them
		return providers.WaitStep("options", providers.Quick, "The database server is being set up."), true
	}
	for _, o := range options() {
		want := plan.Options[o.name]
		switch {
		case want == nil || o.isReached == nil || o.isReached(want, s):
			continue
		case slices.Contains(t.Refused, o.step):
			return providers.FailStep(providers.Invalid, o.refused), true
		case o.next != nil:
			return o.next(o, t, plan, s), true
		}
		return o.stepWith(s, optionRequest{InstanceID: s.instance.ID, Value: want}), true
	}
	return providers.Step{}, false
}

// stepWith returns the step of an option. A server that is at work after the call is
// seen so by the next look, which waits.
func (o option) stepWith(s instanceState, r optionRequest) providers.Step {
	return effect.Once(s.asked, o.step, o.text, r)
}

// setOption makes the call of an option's step. isOption is false for other steps.
func setOption(ctx context.Context, c client, s providers.Step) (isOption bool, err error) {
	for _, o := range options() {
		if o.step != s.Name || o.step == "" {
			continue
		}
		r, err := requestOf[optionRequest](s)
		if err != nil {
			return true, err
		}
		err = o.put(ctx, c, r, s.Token)
		if errors.Is(err, providers.ErrTagRefused) {
			err = &providers.Failure{Kind: providers.Invalid, Text: o.refused, Cause: err}
		}
		return true, err
	}
	return false, nil
}

func invalid(format string, args ...any) *providers.Failure {
	return providers.Failf(providers.Invalid, format, args...)
}

// asGiven is the normal form of a value that the schema checks alone.
func asGiven(_ optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
	return value, nil
}

// changesFixed returns the failure of a new value of an option that is set with the
// instance alone; nil: the value is the one of before.
func (c optionContext) changesFixed(name string, value, before json.RawMessage) *providers.Failure {
	if c.isUpdate && !bytes.Equal(value, before) {
		return providers.Fixedf("%s is fixed when the instance is made. Make another instance instead.", name)
	}
	return nil
}

// keptAs keeps an option that is set with the instance alone; the user cannot take it
// back.
func keptAs(name string) func(optionContext, json.RawMessage) (json.RawMessage, *providers.Failure) {
	return func(c optionContext, before json.RawMessage) (json.RawMessage, *providers.Failure) {
		if c.takenBack {
			return nil, c.changesFixed(name, nil, before)
		}
		return before, nil
	}
}

// left leaves an option as it is once an update takes it away.
func left(optionContext, json.RawMessage) (json.RawMessage, *providers.Failure) { return nil, nil }

// removedTo sets an option to a value once an update takes it away.
func removedTo(value string) func(optionContext, json.RawMessage) (json.RawMessage, *providers.Failure) {
	return func(optionContext, json.RawMessage) (json.RawMessage, *providers.Failure) {
		return json.RawMessage(value), nil
	}
}

// valueOf reads a value of the plan, which normal has checked; zero for anything else.
func valueOf[T any](raw json.RawMessage) (value T) {
	if json.Unmarshal(raw, &value) != nil {
		var zero T
		return zero
	}
	return value
}

// parameters returns the values of options as users write them. An option that an
// update took away has none.
func (w wantedOptions) parameters() map[string]any {
	values := map[string]any{}
	for name, raw := range w {
		value := valueOf[any](raw)
		if members, ok := value.(map[string]any); ok {
			maps.DeleteFunc(members, func(_ string, member any) bool { return member == nil })
		}
		if value != nil {
			values[name] = value
		}
	}
	return values
}
