package oss_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedoss "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// logsBucket is a bucket of the account beside those of instances.
const logsBucket = "logs-of-the-account"

// An optionCase sets an option at creation, changes it and takes it away; read tells
// the option as the official SDK reads it.
type optionCase struct {
	name                   string
	created, changed       string // values of the parameter
	wantCreated, wantAfter string
	wantRemoved            string
	step, call             string
	read                   func(w *fixture, c app, info *sdk.BucketInfo) any
}

func optionCases() []optionCase {
	told := func(tell func(*sdk.BucketInfo) any) func(*fixture, app, *sdk.BucketInfo) any {
		return func(_ *fixture, _ app, info *sdk.BucketInfo) any { return tell(info) }
	}
	return []optionCase{
		{
			"Encryption", `{"SSEAlgorithm":"KMS","KMSMasterKeyID":"key-1","KMSDataEncryption":"SM4"}`, `{"SSEAlgorithm":"AES256"}`,
			"KMS key-1 SM4", "AES256  ", "  ", "encryption", "PutBucketEncryption",
			told(func(info *sdk.BucketInfo) any {
				return fmt.Sprintf("%s %s %s", sdk.ToString(info.SseRule.SSEAlgorithm), sdk.ToString(info.SseRule.KMSMasterKeyID), sdk.ToString(info.SseRule.KMSDataEncryption))
			}),
		},
		{
			"Logging", `{"TargetBucket":"` + logsBucket + `","TargetPrefix":"a/"}`, `{"TargetBucket":"` + logsBucket + `"}`,
			logsBucket + " a/", logsBucket + " ", " ", "logging", "PutBucketLogging",
			told(func(info *sdk.BucketInfo) any {
				return sdk.ToString(info.BucketPolicy.LogBucket) + " " + sdk.ToString(info.BucketPolicy.LogPrefix)
			}),
		},
		{
			"ResourceGroupId", `"rg-before"`, `"rg-after"`, "rg-before", "rg-after", "", "resource-group", "PutBucketResourceGroup",
			told(func(info *sdk.BucketInfo) any { return *info.ResourceGroupId }),
		},
		{
			"Versioning", `"Enabled"`, `"Suspended"`, "Enabled", "Suspended", "Suspended", "versioning", "PutBucketVersioning",
			told(func(info *sdk.BucketInfo) any { return sdk.ToString(info.Versioning) }),
		},
		{
			"TransferAcceleration", `true`, `false`, "Enabled", "Disabled", "Disabled", "acceleration", "PutBucketTransferAcceleration",
			told(func(info *sdk.BucketInfo) any { return *info.TransferAcceleration }),
		},
		{
			"Lifecycle",
			`[{"Prefix":"logs/","Tag":[{"Key":"k","Value":"v"}],"Expiration":{"Days":40},"Transition":[{"Days":30,"StorageClass":"IA"}]},{"ID":"rest","Expiration":{"ExpiredObjectDeleteMarker":true},"NoncurrentVersionExpiration":{"NoncurrentDays":5},"NoncurrentVersionTransition":[{"NoncurrentDays":3,"StorageClass":"IA"}]}]`,
			`[{"ID":"z","Status":"Disabled","AbortMultipartUpload":{"Days":3}},{"Prefix":"b/","Expiration":{"CreatedBeforeDate":"2030-01-01T00:00:00Z"}}]`,
			"rest 0 true; rule-1 40 false", "rule-2 0 false; z", "", "lifecycle", "PutBucketLifecycle", readRules,
		},
		{
			"Cors", `[{"AllowedOrigin":["*"],"AllowedMethod":["GET","PUT"],"AllowedHeader":["X-Any"],"ExposeHeader":["ETag"],"MaxAgeSeconds":60}]`,
			`[{"AllowedOrigin":["https://*.example.com"],"AllowedMethod":["HEAD"]}]`,
			"[*] [GET PUT] [x-any] [ETag]", "[https://*.example.com] [HEAD] [] []", "", "cors", "PutBucketCors", readCORS,
		},
		{
			"Referer", `{"AllowEmptyReferer":false,"RefererList":["https://a.example"],"RefererBlacklist":["https://b.example"]}`, `{"TruncatePath":true}`,
			"false/true/false [https://a.example] [https://b.example]", "true/true/true [] []", "true/true/false [] []", "referer", "PutBucketReferer", readReferer,
		},
		{
			"Tags", `{"team":"a","cost center":"1"}`, `{"team":"b"}`, "cost center=1 team=a", "team=b", "", "user-tags", "PutBucketTags",
			func(w *fixture, c app, _ *sdk.BucketInfo) any {
				r, err := c.GetBucketTags(w.Context(), &sdk.GetBucketTagsRequest{Bucket: &c.bucket})
				w.must(err)
				var own []string
				for _, tag := range r.Tagging.TagSet.Tags {
					if !strings.HasPrefix(*tag.Key, "osb-") && *tag.Key != "of people" {
						own = append(own, *tag.Key+"="+*tag.Value)
					}
				}
				return strings.Join(own, " ")
			},
		},
	}
}

func readRules(w *fixture, c app, _ *sdk.BucketInfo) any {
	r, err := c.GetBucketLifecycle(w.Context(), &sdk.GetBucketLifecycleRequest{Bucket: &c.bucket})
	if err != nil {
		w.refused("no rules", err, "NoSuchLifecycle")
		return ""
	}
	var rules []string
	for _, rule := range r.LifecycleConfiguration.Rules {
		text := *rule.ID
		if e := rule.Expiration; e != nil {
			days := int32(0)
			if e.Days != nil {
				days = *e.Days
			}
			text = fmt.Sprint(text, " ", days, " ", sdk.ToBool(e.ExpiredObjectDeleteMarker))
		}
		rules = append(rules, text)
	}
	return strings.Join(rules, "; ")
}

func readCORS(w *fixture, c app, _ *sdk.BucketInfo) any {
	r, err := c.GetBucketCors(w.Context(), &sdk.GetBucketCorsRequest{Bucket: &c.bucket})
	if err != nil {
		w.refused("no rules", err, "NoSuchCORSConfiguration")
		return ""
	}
	rule := r.CORSConfiguration.CORSRules[0]
	return fmt.Sprint(rule.AllowedOrigins, " ", rule.AllowedMethods, " ", rule.AllowedHeaders, " ", rule.ExposeHeaders)
}

func readReferer(w *fixture, c app, _ *sdk.BucketInfo) any {
	r, err := c.GetBucketReferer(w.Context(), &sdk.GetBucketRefererRequest{Bucket: &c.bucket})
	w.must(err)
	told := r.RefererConfiguration
	var black []string
	if told.RefererBlacklist != nil {
		black = told.RefererBlacklist.Referers
	}
	return fmt.Sprintf("%t/%t/%t %v %v", *told.AllowEmptyReferer, *told.AllowTruncateQueryString, *told.TruncatePath, told.RefererList.Referers, black)
}

// optionsFixture has a bucket for logs.
func optionsFixture(t *testing.T) *fixture {
	t.Helper()
	w := newFixture(t)
	w.cloud.OSS().AddForeignBucket(logsBucket, w.cloud.AccountID())
	return w
}

// info reads the bucket of an instance by the SDK.
func (w *fixture) info(task *providers.Task) (app, *sdk.BucketInfo) {
	w.Helper()
	name := w.bucket(task)
	c := w.owner(name)
	r, err := c.GetBucketInfo(w.Context(), &sdk.GetBucketInfoRequest{Bucket: &name})
	w.must(err)
	return c, &r.BucketInfo
}

func TestOption_CreatedChangedRemoved_AsTheSDKReadsIt(t *testing.T) {
	for _, tc := range optionCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := optionsFixture(t)
			want := func(task *providers.Task, when, want string) {
				t.Helper()
				c, info := w.info(task)
				if got := tc.read(w, c, info); fmt.Sprint(got) != want {
					t.Errorf("%s: %v, want %s", when, got, want)
				}
			}
			given := func(value string) string { return `{"` + tc.name + `":` + value + `}` }
			task := w.instance(given(tc.created))
			w.make(task)
			want(task, "created", tc.wantCreated)
			w.must(w.tagMore(task, "of people", "kept"))
			w.make(task) // again: nothing changes
			calls := len(w.cloud.Calls("oss:" + tc.call))
			w.make(task)
			if again := len(w.cloud.Calls("oss:" + tc.call)); again != calls {
				t.Errorf("a look without a change made %d calls of %s", again-calls, tc.call)
			}
			w.update(task, given(tc.changed))
			w.make(task)
			want(task, "changed", tc.wantAfter)
			if tc.name != "ResourceGroupId" {
				w.update(task, "")
				w.make(task)
				want(task, "removed", tc.wantRemoved)
			}
			if w.tagsOf(task)["of people"] != "kept" {
				t.Error("a tag of people is gone")
			}
			w.remove(task)
			if left := len(w.cloud.Dump().Buckets); left != 1 {
				t.Errorf("%d buckets are left", left)
			}
		})
	}
}

// tagMore adds a tag as people do, and tagsOf reads all.
func (w *fixture) tagMore(task *providers.Task, key, value string) error {
	tags := w.tagsOf(task)
	tags[key] = value
	return w.tag(w.bucket(task), tags)
}

func (w *fixture) tagsOf(task *providers.Task) map[string]string {
	w.Helper()
	name := w.bucket(task)
	r, err := w.owner(name).GetBucketTags(w.Context(), &sdk.GetBucketTagsRequest{Bucket: &name})
	w.must(err)
	tags := map[string]string{}
	for _, tag := range r.Tagging.TagSet.Tags {
		tags[*tag.Key] = *tag.Value
	}
	return tags
}

// A bucket without options costs the calls that it cost before there were options.
func TestOptions_NoneAskedFor_CostNoCall(t *testing.T) {
	w := newFixture(t)
	w.make(w.instance(""))
	for _, call := range w.cloud.Calls("") {
		switch call.Action {
		case "oss:GetBucketInfo", "oss:GetBucketTags", "oss:PutBucket", "oss:PutBucketTags", "oss:PutBucketPublicAccessBlock":
		default:
			t.Errorf("%s was called", call.Action)
		}
	}
}

// Rules that people set stay where no parameter speaks of them, and go where one does.
func TestLifecycle_RulesOfPeople_StayUnlessAskedFor(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.make(task)
	c, info := w.info(task)
	_, err := c.PutBucketLifecycle(t.Context(), &sdk.PutBucketLifecycleRequest{Bucket: &c.bucket, LifecycleConfiguration: &sdk.LifecycleConfiguration{Rules: []sdk.LifecycleRule{
		{ID: new("of people"), Prefix: new(""), Status: new("Enabled"), Expiration: &sdk.LifecycleRuleExpiration{Days: new(int32(9))}},
	}}})
	w.must(err)
	w.update(task, `{"Versioning":"Enabled"}`)
	w.make(task)
	if got := readRules(w, c, info); got != "of people 9 false" {
		t.Errorf("rules after an update of another option: %v", got)
	}
	w.update(task, `{"Lifecycle":[]}`)
	w.make(task)
	if got := readRules(w, c, info); got != "" {
		t.Errorf("rules after an update to none: %v", got)
	}
}

func TestRedundancy_LRSToZRS_IsReachedWithItsTask(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"Redundancy":"ZRS"}`)
	w.make(task)
	if _, info := w.info(task); *info.DataRedundancyType != "ZRS" {
		t.Errorf("created with %s", *info.DataRedundancyType)
	}
	task = w.instance("")
	w.make(task)
	w.update(task, `{"Redundancy":"ZRS"}`)
	w.make(task)
	w.make(task)
	if calls := w.cloud.Calls("oss:CreateBucketDataRedundancyTransition"); len(calls) != 1 {
		t.Errorf("%d tasks were begun", len(calls))
	}
	w.cloud.Clock().Advance(48 * time.Hour)
	w.make(task)
	if _, info := w.info(task); *info.DataRedundancyType != "ZRS" {
		t.Errorf("after the task: %s", *info.DataRedundancyType)
	}
	task.Was = &providers.Was{Settings: task.Settings, Parameters: task.Parameters}
	for _, back := range []string{`{"Redundancy":"LRS"}`, `{}`} {
		task.Parameters = json.RawMessage(back)
		if _, err := w.provider.Prepare(*task); !isFixed(err) {
			t.Errorf("back by %s: %v", back, err)
		}
	}
}

// OSS's refusal of an option ends the operation with a sentence that names the
// parameter, and leaves nothing behind.
func TestOption_RefusedByOSS_FailsWithItsName(t *testing.T) {
	for _, tc := range optionCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := optionsFixture(t)
			task := w.instance(`{"` + tc.name + `":` + tc.created + `}`)
			code := "InvalidArgument"
			switch tc.name {
			case "Tags":
				return // PutBucketTags begins with our own tags; below
			case "Logging":
				code = "AccessDenied" // of a bucket that the operator has not opened
			}
			if tc.name == "ResourceGroupId" {
				w.make(task)
				w.update(task, `{"ResourceGroupId":"rg-refused"}`)
			}
			w.cloud.Faults().Add(cloud.Fault{Action: "oss:" + tc.call, Effect: cloud.FailBefore, Code: code})
			step := w.mustEnd(task, providers.Fail)
			if step.Kind != providers.Invalid || !strings.Contains(step.Text, tc.name) {
				t.Errorf("failed with %s %q", step.Kind, step.Text)
			}
			w.remove(task)
			if left := len(w.cloud.Dump().Buckets); left != 1 {
				t.Errorf("%d buckets are left", left)
			}
		})
	}
}

func isFixed(err error) bool { return errors.Is(err, providers.ErrFixed) }

// logless is the cloud without the bucket for logs, which no instance made.
type logless struct{ providertest.Cloud }

func withoutLogs(server *emulator.Server) providertest.Cloud {
	return logless{providertest.Emulated(server)}
}

func (c logless) Left() []string {
	return slices.DeleteFunc(c.Cloud.Left(), func(line string) bool { return strings.Contains(line, logsBucket) })
}

// A tag that OSS refuses is the user's where it is the user's.
func TestTags_RefusedByOSS_FailWithTheirName(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.make(task)
	w.update(task, `{"Tags":{"team":"a"}}`)
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:PutBucketTags", Effect: cloud.FailBefore, Code: "InvalidTag"})
	if step := w.mustEnd(task, providers.Fail); step.Kind != providers.Invalid || !strings.Contains(step.Text, "Tags") {
		t.Errorf("failed with %s %q", step.Kind, step.Text)
	}
}

// A resource group that the account lacks is the user's mistake, at creation and later.
func TestResourceGroup_Unknown_FailsForTheUser(t *testing.T) {
	w := newFixture(t)
	w.cloud.OSS().Behave(func(b *emulatedoss.Behaviour) { b.ResourceGroups = []string{"rg-known"} })
	created := w.instance(`{"ResourceGroupId":"rg-unknown"}`)
	changed := w.instance(`{"ResourceGroupId":"rg-known"}`)
	w.make(changed)
	w.update(changed, `{"ResourceGroupId":"rg-unknown"}`)
	for _, task := range []*providers.Task{created, changed} {
		if step := w.mustEnd(task, providers.Fail); step.Kind != providers.Invalid || !strings.Contains(step.Text, "ResourceGroupId") {
			t.Errorf("failed with %s %q", step.Kind, step.Text)
		}
		w.remove(task)
	}
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

// A call that the broker's identity may not make is the operator's: the work waits, and
// goes on once the identity may.
func TestEncryption_Denied_WaitsForTheOperator(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"Encryption":{"SSEAlgorithm":"KMS"}}`)
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:PutBucketEncryption", Effect: cloud.FailBefore, Code: "AccessDenied"})
	if err := w.firstRefusal(task); providers.ClassOf(err) != providers.Operator {
		t.Fatalf("class %s of %v", providers.ClassOf(err), err)
	}
	w.cloud.Faults().Clear()
	w.make(task)
}

// firstRefusal makes steps until one fails.
func (w *fixture) firstRefusal(task *providers.Task) error {
	w.Helper()
	for range 10 {
		step := w.provider.Next(*task, w.observe(task))
		if step.Action != providers.Call {
			w.Fatalf("ended in %s %s", step.Action, step.Text)
		}
		facts, err := w.provider.Do(w.Context(), *task, step)
		task.Facts = task.Facts.Merge(facts)
		if err != nil {
			return err
		}
	}
	w.Fatal("no step fails")
	return nil
}

// The suite crashes at every step and call, with every option set, changed and
// removed.
func TestConformance_EveryOption_PassesTheSuite(t *testing.T) {
	settings := recordedPlan(t).Settings
	created, changed := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for i, tc := range optionCases() {
		created[tc.name] = json.RawMessage(tc.created)
		if i%3 > 0 || tc.name == "ResourceGroupId" { // a third is removed
			changed[tc.name] = json.RawMessage(tc.changed)
		}
	}
	changed["Redundancy"] = json.RawMessage(`"ZRS"`)
	spec := func(parameters map[string]json.RawMessage) providertest.Spec {
		raw, err := json.Marshal(parameters)
		if err != nil {
			t.Fatal(err)
		}
		return providertest.Spec{Settings: settings, Parameters: raw, Deletion: providers.Refuse}
	}
	update := spec(changed)
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		server.OSS().AddForeignBucket(logsBucket, server.AccountID())
		return providertest.Harness{
			Provider: providertest.NewProvider(t, server, oss.Descriptor()), Cloud: withoutLogs(server),
			Instance: spec(created), Update: &update,
			Resource: oss.Descriptor().Resource, Secret: []string{"secret_access_key", "uri"},
			Unmark: unmark(server), Capabilities: providertest.Capabilities{SealedIDs: true},
		}
	})
}
