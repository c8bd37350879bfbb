package oss

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An option is a property of a bucket that its plan may ask for, under the name of
// the parameter. The broker looks at an option that was asked for, compares it, and
// sets it where it differs, so that a crash in between and a repetition do no harm.
// An option that nothing asks for costs no call and stays as people set it.
type option struct {
	name string // of the parameter
	step string // that sets it
	// reads is the call that Observe makes for the option; empty: GetBucketInfo or
	// GetBucketTags tells it, which every look makes.
	reads string
	// refused is the sentence for a value that OSS definitely refuses.
	refused string
	// deniedByValue says that a denied call is a matter of the value: it names another
	// resource, which the operator has not opened.
	deniedByValue bool
	// oneWay says that the sentence of a wrong value tells of a change that OSS cannot
	// make.
	oneWay bool

	// normal checks a value beyond the schema and returns the form that the plan
	// keeps. before is the value in the plan of before an update; nil: none. The
	// sentence says what is wrong.
	normal func(value, before json.RawMessage) (normal json.RawMessage, wrong string)
	// remove returns the value of an option that an update takes away, or a sentence
	// if OSS cannot go back.
	remove func(before json.RawMessage) (value json.RawMessage, wrong string)
	// look makes the call of reads; nil where there is none. want is the plan's value.
	look func(ctx context.Context, calls optionLooks, bucket string, want json.RawMessage, told toldOptions) (any, error)
	// isReached compares the value of the plan with the state.
	isReached func(want json.RawMessage, s bucketState) bool
	// put makes the call that sets the option.
	put func(ctx context.Context, calls bucketCalls, bucket string, want json.RawMessage) error
}

// options lists the options in the order in which they are set: the ones that OSS
// may refuse for their content come first.
func options() []option {
	return []option{
		told(option{
			name: "Encryption", step: "encryption",
			refused: "OSS refuses this Encryption. Check that the KMS key exists in the bucket's region, is enabled and may be used by OSS, or leave KMSMasterKeyID out.",
		}, func(t toldOptions) encryption { return t.Encryption }, bucketCalls.PutEncryption),
		told(option{
			name: "Logging", step: "logging", deniedByValue: true,
			refused: "OSS refuses this Logging. TargetBucket must be a bucket of the same account and region that the operator of the broker has opened for logs.",
		}, func(t toldOptions) logging { return t.Logging }, bucketCalls.PutLogging),
		redundancyOption(),
		resourceGroupOption(),
		told(option{name: "Versioning", step: "versioning", refused: refusedText("Versioning")},
			func(t toldOptions) versioning { return t.Versioning }, bucketCalls.PutVersioning),
		looked(option{name: "Lifecycle", step: "lifecycle", reads: "GetBucketLifecycle", refused: refusedText("Lifecycle")},
			optionLooks.Lifecycle, bucketCalls.PutLifecycle),
		looked(option{name: "Cors", step: "cors", reads: "GetBucketCors", refused: refusedText("Cors")},
			optionLooks.CORS, bucketCalls.PutCORS),
		looked(option{name: "Referer", step: "referer", reads: "GetBucketReferer", refused: refusedText("Referer")},
			optionLooks.Referer, bucketCalls.PutReferer),
		told(option{
			name: "TransferAcceleration", step: "acceleration",
			refused: "OSS refuses TransferAcceleration for this bucket; leave it out.",
		}, func(t toldOptions) acceleration { return t.Acceleration }, bucketCalls.PutAcceleration),
		tagsOption(),
	}
}

func refusedText(name string) string { return "OSS refuses this " + name + "; correct it." }

// removed is the value of an option that an update took away.
const removed = "null"

// toldOptions are the options that GetBucketInfo tells.
type toldOptions struct {
	Redundancy    string
	ResourceGroup string
	Versioning    versioning
	Encryption    encryption
	Logging       logging
	Acceleration  acceleration
}

// A checked value has a normal form, in which values of the user and values that OSS
// tells are compared. The sentence says what is wrong with a user's value.
type checked[T any] interface {
	normal() (normal T, wrong string)
}

// told completes an option that GetBucketInfo tells.
func told[T checked[T]](o option, seen func(toldOptions) T, put func(bucketCalls, context.Context, string, T) error) option {
	return typed(o, func(s bucketState) T { return seen(s.Told) }, put)
}

// looked completes an option with a call of its own.
func looked[T checked[T]](o option, look func(optionLooks, context.Context, string) (T, error), put func(bucketCalls, context.Context, string, T) error) option {
	o.look = func(ctx context.Context, calls optionLooks, bucket string, _ json.RawMessage, _ toldOptions) (any, error) {
		return look(calls, ctx, bucket)
	}
	return typed(o, func(s bucketState) T {
		seen, _ := s.Looked[o.name].(T)
		return seen
	}, put)
}

func typed[T checked[T]](o option, seen func(bucketState) T, put func(bucketCalls, context.Context, string, T) error) option {
	o.normal = func(value, _ json.RawMessage) (json.RawMessage, string) {
		var given T
		if err := json.Unmarshal(value, &given); err != nil {
			return nil, o.name + " has another form than the plan's schema says."
		}
		normal, wrong := given.normal()
		if wrong != "" {
			return nil, o.name + ": " + wrong
		}
		raw, err := json.Marshal(normal)
		if err != nil {
			return nil, o.name + " cannot be stored."
		}
		return raw, ""
	}
	o.remove = func(json.RawMessage) (json.RawMessage, string) { return json.RawMessage(removed), "" }
	o.isReached = func(want json.RawMessage, s bucketState) bool {
		var wanted T
		if json.Unmarshal(want, &wanted) != nil {
			return false
		}
		wanted, _ = wanted.normal()
		have, _ := seen(s).normal()
		return reflect.DeepEqual(wanted, have)
	}
	o.put = func(ctx context.Context, calls bucketCalls, bucket string, want json.RawMessage) error {
		var wanted T
		if err := providers.Decode(want, o.name, &wanted); err != nil {
			return err
		}
		return put(calls, ctx, bucket, wanted)
	}
	return o
}

// A wantedOptions are the options that a plan asks for, by parameter.
type wantedOptions map[string]json.RawMessage

// resolveOptions returns the options of a plan: the user's values, else the settings
// of the plan. before are those of the plan of before an update.
func resolveOptions(given, settings, before map[string]json.RawMessage) (wantedOptions, error) {
	wanted := wantedOptions{}
	for _, o := range options() {
		value := given[o.name]
		if value == nil {
			value = settings[catalog.SettingOf(o.name)]
		}
		old := before[o.name]
		if isRemoved(old) {
			old = nil
		}
		var wrong string
		switch {
		case value != nil:
			value, wrong = o.normal(value, old)
		case old != nil:
			value, wrong = o.remove(old)
		}
		if err := o.failure(wrong, given[o.name] != nil, old != nil, settings[catalog.SettingOf(o.name)] != nil); err != nil {
			return nil, err
		}
		if value != nil {
			wanted[o.name] = value
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	return wanted, nil
}

// failure returns the failure of a wrong value: the user's, or the operator's for a
// setting of the plan; nil for no sentence. A change that OSS cannot make is fixed.
func (o option) failure(wrong string, isGiven, hadBefore, isSetting bool) error {
	switch {
	case wrong == "":
		return nil
	case o.oneWay && hadBefore, !isGiven && !isSetting:
		return providers.Fixedf("%s", wrong)
	case !isGiven:
		return providers.Unreadable(fmt.Errorf("oss: settings of the plan: %s", wrong))
	}
	return invalid(wrong, nil)
}

func isRemoved(value json.RawMessage) bool { return bytes.Equal(value, []byte(removed)) }

// lookAtOptions makes the calls of the options that the plan asks for.
func lookAtOptions(ctx context.Context, calls optionLooks, plan instancePlan, s *bucketState) error {
	for _, o := range options() {
		want := plan.Options[o.name]
		if o.look == nil || want == nil {
			continue
		}
		seen, err := o.look(ctx, calls, plan.Bucket, want, s.Told)
		if err := providers.UnlessMissing(err); err != nil {
			return fmt.Errorf("%s: %w", o.reads, err)
		}
		if s.Looked == nil {
			s.Looked = map[string]any{}
		}
		s.Looked[o.name] = seen
	}
	return nil
}

// nextForOptions returns the step of the first option that differs; ok is false once
// all are as the plan asks.
func nextForOptions(t providers.Task, plan instancePlan, s bucketState) (step providers.Step, ok bool) {
	for _, o := range options() {
		want := plan.Options[o.name]
		if want == nil || o.isReached(want, s) {
			continue
		}
		if slices.Contains(t.Refused, o.step) {
			return providers.FailStep(providers.Invalid, o.refused), true
		}
		return providers.CallStep(o.step, bucketRequest{Bucket: plan.Bucket, Option: want}), true
	}
	return providers.Step{}, false
}

// setOption makes the call of an option's step. isOption is false for other steps.
func setOption(ctx context.Context, calls bucketCalls, step string, r bucketRequest) (isOption bool, err error) {
	for _, o := range options() {
		if o.step != step {
			continue
		}
		err := o.put(ctx, calls, r.Bucket, r.Option)
		if errors.Is(err, providers.ErrTagRefused) || o.deniedByValue && errors.Is(err, providers.ErrDenied) {
			err = &providers.Failure{Kind: providers.Invalid, Text: o.refused, Cause: err}
		}
		return true, err
	}
	return false, nil
}
