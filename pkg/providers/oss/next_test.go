package oss

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// offline returns the provider for its pure methods.
func offline(override *url.URL) providers.Provider {
	s := offlineService(override)
	return providers.Compose(instances{service: s}, s.bindings())
}

// offlineService is the common part of the provider offline.
func offlineService(override *url.URL) service {
	config := alicloud.Config{Region: "cn-hangzhou", Credentials: alicloud.Static(alicloud.Key{ID: "id", Secret: "secret"})}
	if override != nil {
		config.Endpoints = map[string]*url.URL{productName: override}
	}
	clients, err := alicloud.New(config, product())
	if err != nil {
		panic(err) // of constants
	}
	return service{
		profiles: descriptor.OneProfile(clients, descriptor.Network{}), cloud: clients, override: override, hosts: hosts(),
	}
}

// prepared returns the task with its plan.
func prepared(t *testing.T, task providers.Task) providers.Task {
	t.Helper()
	plan, err := offline(nil).Prepare(task)
	if err != nil {
		t.Fatal(err)
	}
	task.Plan = plan
	return task
}

// The decisions of Next, in words.
const (
	done     = "done"
	broken   = "fail broken"
	byPolicy = "fail policy"
	byUser   = "fail invalid"
)

func calls(step string) string { return "call " + step }

func outcomeOf(s providers.Step) string {
	return strings.TrimSpace(string(s.Action) + " " + s.Name + string(s.Kind))
}

func TestNext_EveryStateOfABucket_HasItsStep(t *testing.T) {
	tagged := []providers.Tag{{Key: providers.TagIncarnation, Value: life().Incarnation}}
	retained := append(slices.Clone(tagged), retainedTag())
	type change func(*providers.Task)
	absent := func(usable bool, d providers.Deletion) change {
		return func(t *providers.Task) { t.Goal, t.Usable, t.Deletion = providers.Absent, usable, d }
	}
	full := bucketState{There: true, ACL: "private", Tags: tagged, Objects: true, Uploads: true}
	uploads := bucketState{There: true, ACL: "private", Tags: tagged, Uploads: true}
	empty := bucketState{There: true, ACL: "private", Tags: tagged, Blocked: true}
	open := bucketState{There: true, ACL: "private", Tags: tagged}
	public := func(refused ...string) change {
		return func(t *providers.Task) {
			t.Plan = providers.Plan(strings.Replace(string(t.Plan), `"acl":"private"`, `"acl":"public-read"`, 1))
			t.Was, t.Refused = &providers.Was{}, refused
		}
	}
	ofBefore := func(t *providers.Task) {
		t.Plan = providers.Plan(strings.Replace(string(t.Plan), `,"guarded":true`, "", 1))
	}
	cases := map[string]struct {
		change change
		state  bucketState
		want   string
	}{
		"nothing there: make it":                    {nil, bucketState{}, calls(stepBucket)},
		"nothing there any more: fail":              {func(t *providers.Task) { t.Usable = true }, bucketState{}, broken},
		"nothing there at an update: fail":          {func(t *providers.Task) { t.Was = &providers.Was{} }, bucketState{}, broken},
		"made and not tagged: tag it":               {nil, bucketState{There: true, ACL: "private"}, calls(stepTags)},
		"tagged by people only: tag it":             {nil, bucketState{There: true, ACL: "private", Tags: []providers.Tag{{Key: "team", Value: "a"}}}, calls(stepTags)},
		"made and tagged: done":                     {nil, empty, done},
		"another ACL: set it":                       {nil, bucketState{There: true, ACL: "public-read", Tags: tagged}, calls(stepACL)},
		"ACL not told: done":                        {nil, bucketState{There: true, Tags: tagged, Blocked: true}, done},
		"private and not blocked: block":            {nil, open, calls(stepBlock)},
		"the block is refused: done":                {func(t *providers.Task) { t.Refused = []string{stepBlock} }, open, done},
		"a plan of before: not blocked":             {ofBefore, open, done},
		"a plan of before: public at once":          {func(t *providers.Task) { public()(t); ofBefore(t) }, empty, calls(stepACL)},
		"public: lift the block":                    {public(), empty, calls(stepUnblock)},
		"public: then the ACL":                      {public(), open, calls(stepACL)},
		"public and not blocked: done":              {public(), bucketState{There: true, ACL: "public-read", Tags: tagged}, done},
		"public and blocked: lift it":               {public(), bucketState{There: true, ACL: "public-read", Tags: tagged, Blocked: true}, calls(stepUnblock)},
		"public is refused: block again":            {public(stepACL), open, calls(stepBlock)},
		"public is refused, and blocked: fail":      {public(stepACL), empty, byUser},
		"public and the lift is refused: fail":      {public(stepUnblock), empty, byUser},
		"private again: the ACL first":              {nil, bucketState{There: true, ACL: "public-read", Tags: tagged}, calls(stepACL)},
		"foreign: fail":                             {nil, bucketState{There: true, Foreign: true}, broken},
		"refused: the user's":                       {func(t *providers.Task) { t.Refused = []string{stepBucket} }, bucketState{}, byUser},
		"tags refused: the operator's":              {func(t *providers.Task) { t.Refused = []string{stepTags} }, bucketState{There: true}, broken},
		"absent and nothing there: done":            {absent(true, providers.Refuse), bucketState{}, done},
		"absent and foreign: not touched":           {absent(true, providers.Empty), bucketState{There: true, Foreign: true, Objects: true}, done},
		"absent and empty: delete":                  {absent(true, providers.Refuse), empty, calls(stepDeleteBucket)},
		"refuse: objects are kept":                  {absent(true, providers.Refuse), full, byPolicy},
		"refuse: unfinished uploads are kept":       {absent(true, providers.Refuse), uploads, byPolicy},
		"no word on data is as refuse":              {absent(true, ""), full, byPolicy},
		"refuse, but never ready: objects go":       {absent(false, providers.Refuse), full, calls(stepDeleteObjects)},
		"refuse, but never ready: uploads go":       {absent(false, providers.Refuse), uploads, calls(stepAbortUploads)},
		"empty: objects first":                      {absent(true, providers.Empty), full, calls(stepDeleteObjects)},
		"empty: then uploads":                       {absent(true, providers.Empty), uploads, calls(stepAbortUploads)},
		"delete is as empty":                        {absent(true, providers.DeleteData), full, calls(stepDeleteObjects)},
		"retain: mark it":                           {absent(true, providers.Retain), full, calls(stepRetain)},
		"retain: marked is done":                    {absent(true, providers.Retain), bucketState{There: true, Tags: retained, Objects: true}, done},
		"retain, but never ready: it goes":          {absent(false, providers.Retain), empty, calls(stepDeleteBucket)},
		"absent, made and not tagged yet: it goes":  {absent(false, providers.Refuse), bucketState{There: true, ACL: "private"}, calls(stepDeleteBucket)},
		"absent: what was refused is tried forever": {func(t *providers.Task) { absent(true, providers.Refuse)(t); t.Refused = []string{stepDeleteBucket} }, empty, calls(stepDeleteBucket)},
	}
	p := offline(nil)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := prepared(t, instanceTask(""))
			if c.change != nil {
				c.change(&task)
			}
			step := p.Next(task, providers.Seen{State: c.state})
			if got := outcomeOf(step); got != c.want {
				t.Errorf("decided on %q, want %q", got, c.want)
			}
			if step.Action == providers.Fail && step.Text == "" {
				t.Error("a failure without a sentence")
			}
		})
	}
}

func bindingTask(t *testing.T, parameters string) providers.Task {
	t.Helper()
	instance := prepared(t, instanceTask(parameters))
	return prepared(t, providers.Task{
		Kind: providers.Binding, Goal: providers.Present, InstanceID: "i", BindingID: "b", Region: "cn-hangzhou",
		Life: providers.Life{BrokerID: life().BrokerID, Incarnation: "b0112233445566778899aabbccddeeff"}, Of: &instance,
	})
}

func TestCredentials_OldNames_StayBesideThoseForSDKs(t *testing.T) {
	task := bindingTask(t, `{"Region":"us-west-1"}`)
	task.Facts = providers.Facts{
		Open: map[string]string{"access_key_id": "LTAI1"}, Secrets: map[string]string{"secret_access_key": "s+/=@:% #?"},
	}
	seen := providers.Seen{State: ramuser.State{
		User: ramuser.Ours, Policy: ramuser.Ours, Keys: []string{"LTAI1"}, Taken: true,
		Attached: []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: ramuser.PolicyName(task.Life)}},
	}}
	bucket := bucketName(life(), "")
	host := "oss-us-west-1.aliyuncs.com"
	got := offline(nil).Next(task, seen).Credentials
	want := map[string]string{
		"type": "oss", "provider": "alibaba-cloud", "name": bucket, "bucket": bucket, "region": "us-west-1", "oss_region": "oss-us-west-1", "host": host, "endpoint": "https://" + host,
		"internal_endpoint": "https://oss-us-west-1-internal.aliyuncs.com", "username": ramuser.UserName(task.Life),
		"access_key_id": "LTAI1", "secret_access_key": "s+/=@:% #?",
		"uri": "oss://LTAI1:s%2B%2F%3D%40%3A%25%20%23%3F@" + host + "/" + bucket,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credentials (-want, +got):\n%s", diff)
	}
	u, err := url.Parse(got["uri"])
	if err != nil {
		t.Fatal(err)
	}
	if secret, _ := u.User.Password(); secret != "s+/=@:% #?" || u.User.Username() != "LTAI1" || u.Path != "/"+bucket || u.Host != host {
		t.Errorf("the uri says %s", u)
	}

	override, _ := url.Parse("http://127.0.0.1:8007")
	got = offline(override).Next(task, seen).Credentials
	for name, want := range map[string]string{
		"endpoint": "http://127.0.0.1:8007", "internal_endpoint": "http://127.0.0.1:8007", "host": "127.0.0.1:8007",
		"uri": "oss://LTAI1:s%2B%2F%3D%40%3A%25%20%23%3F@127.0.0.1:8007/" + bucket,
	} {
		if got[name] != want {
			t.Errorf("with an override, %s is %q, want %q", name, got[name], want)
		}
	}
}

func TestNext_UnreadableTask_FailsForTheOperator(t *testing.T) {
	task := prepared(t, instanceTask(""))
	seen := providers.Seen{State: bucketState{}}
	p := offline(nil)
	if diff := cmp.Diff(p.Next(task, seen), p.Next(task, seen)); diff != "" {
		t.Errorf("the same state gave two steps:\n%s", diff)
	}
	binding := bindingTask(t, "")
	orphan := binding
	orphan.Of = nil
	garbled := task
	garbled.Plan = providers.Plan(`{"bucket":1}`)
	for name, step := range map[string]providers.Step{
		"no state":             p.Next(task, providers.Seen{}),
		"the state of another": p.Next(binding, providers.Seen{State: bucketState{}}),
		"no plan":              p.Next(instanceTask(""), seen),
		"a garbled plan":       p.Next(garbled, seen),
		"no instance":          p.Next(orphan, providers.Seen{State: ramuser.State{}}),
	} {
		if got := outcomeOf(step); got != broken {
			t.Errorf("%s: decided on %q, want %q", name, got, broken)
		}
	}
}

func TestNext_UsersKey_IsInNoRequest(t *testing.T) {
	task := prepared(t, instanceTask(`{"AccessKeyId":"user-key-id","AccessKeySecret":"user-key-secret"}`))
	step := offline(nil).Next(task, providers.Seen{State: bucketState{}})
	want := `{"bucket":"` + bucketName(life(), "") + `","acl":"private","storage_class":"Standard"}`
	if got := string(step.Request); got != want {
		t.Errorf("request %s, want %s", got, want)
	}
}
