package oss_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

func TestConformance_Provider_PassesTheSuite(t *testing.T) {
	settings := recordedPlan(t).Settings
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		return providertest.Harness{
			Provider: providertest.NewProvider(t, server, oss.Descriptor()),
			Cloud:    providertest.Emulated(server),
			Instance: providertest.Spec{Settings: settings, Deletion: providers.Refuse},
			Update: &providertest.Spec{
				Settings: settings, Parameters: json.RawMessage(`{"Acl":"public-read"}`), Deletion: providers.Refuse,
			},
			Resource:     oss.Descriptor().Resource,
			Secret:       []string{"secret_access_key", "uri"},
			Unmark:       unmark(server),
			Capabilities: providertest.Capabilities{SealedIDs: true},
		}
	})
}

// unmark gives the bucket the tags of another incarnation.
func unmark(server *emulator.Server) func(t *testing.T, bucket string) (restore func()) {
	return func(t *testing.T, bucket string) func() {
		t.Helper()
		w := &fixture{T: t, cloud: server}
		r, err := w.owner(bucket).GetBucketTags(t.Context(), &sdk.GetBucketTagsRequest{Bucket: &bucket})
		w.must(err)
		w.must(w.tag(bucket, map[string]string{providers.TagIncarnation: strings.Repeat("0f", 16)}))
		return func() {
			_, err := w.owner(bucket).PutBucketTags(t.Context(), &sdk.PutBucketTagsRequest{Bucket: &bucket, Tagging: r.Tagging})
			w.must(err)
		}
	}
}

// An update replaces the user's key, which signs all calls, and new keys and policies
// count late.
func TestConformance_UsersKeyReplaced_PassesTheSuite(t *testing.T) {
	settings := recordedPlan(t).Settings
	keyed := func(id string) providertest.Spec {
		return providertest.Spec{
			Settings: settings, Deletion: providers.Refuse,
			Parameters: json.RawMessage(`{"AccessKeyId":"` + id + `","AccessKeySecret":"secret-of-` + id + `"}`),
		}
	}
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		server.RAM().Behave(func(b *ram.Behaviour) { b.KeyLag, b.PolicyLag = 20*time.Second, 30*time.Second })
		for _, id := range []string{"LTAIbefore", "LTAIafter"} {
			server.RAM().AddAccountKey(id, "secret-of-"+id)
		}
		update := keyed("LTAIafter")
		update.Parameters = json.RawMessage(strings.Replace(string(update.Parameters), "{", `{"Acl":"public-read",`, 1))
		return providertest.Harness{
			Provider: providertest.NewProvider(t, server, oss.Descriptor()),
			Cloud:    providertest.Emulated(server),
			Instance: keyed("LTAIbefore"),
			Binding:  providertest.Spec{Parameters: json.RawMessage(`{"Access":"writeonly","Prefix":"in/"}`)},
			Update:   &update,
			Resource: oss.Descriptor().Resource,
			Secret:   []string{"secret_access_key", "uri"},
			Unmark:   unmark(server), Capabilities: providertest.Capabilities{SealedIDs: true},
		}
	})
}

// outputs is a binding kind that only hands out facts of the instance.
type outputs struct{}

func (outputs) Prepare(t providers.Task) (providers.Plan, error) {
	return providers.Plan(`{}`), outputs{}.read(t, nil)
}

func (outputs) Observe(_ context.Context, t providers.Task) (providers.Seen, error) {
	return providers.Seen{}, outputs{}.read(t, t.Plan)
}

func (outputs) Next(t providers.Task, _ providers.Seen) providers.Step {
	var plan struct {
		Bucket string `json:"bucket"`
	}
	if err := json.Unmarshal(t.Of.Plan, &plan); err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return providers.DoneStep(map[string]string{"bucket": plan.Bucket})
}

func (outputs) Do(context.Context, providers.Task, providers.Step) (providers.Facts, error) {
	return providers.Facts{}, errors.New("a binding of outputs has no step")
}

// read reads the plans of binding and instance, as other kinds do.
func (outputs) read(t providers.Task, own providers.Plan) error {
	if t.Of == nil {
		return providers.Unreadable(errors.New("a binding without an instance"))
	}
	for _, plan := range []providers.Plan{own, t.Of.Plan} {
		var members map[string]any
		if plan == nil {
			continue
		}
		if err := providers.Decode(plan, "plan", &members); err != nil {
			return err
		}
	}
	return nil
}

func TestConformance_BindingsThatMakeNothing_PassToo(t *testing.T) {
	settings := recordedPlan(t).Settings
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		return providertest.Harness{
			Provider:     providers.Compose(providertest.NewProvider(t, server, oss.Descriptor()), outputs{}),
			Cloud:        providertest.Emulated(server),
			Instance:     providertest.Spec{Settings: settings, Deletion: providers.Refuse},
			Resource:     oss.Descriptor().Resource,
			Capabilities: providertest.Capabilities{BindingMakesNothing: true, SealedIDs: true},
		}
	})
}
