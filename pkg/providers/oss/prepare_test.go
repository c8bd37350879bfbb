package oss

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// shippedPlans returns the plans of plans.yaml.
func shippedPlans(t *testing.T) []*catalog.Plan {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("oss/plans.yaml", Plans))
	if err != nil {
		t.Fatal(err)
	}
	return c.Offerings()[0].Plans
}

// recorded returns the plan as the broker reads it from the record of an instance.
func recorded(t *testing.T, plan *catalog.Plan) *catalog.Plan {
	t.Helper()
	return recordedUnder(t, Plans, plan)
}

// recordedUnder is recorded for a broker with another plans.yaml.
func recordedUnder(t *testing.T, document []byte, plan *catalog.Plan) *catalog.Plan {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("oss/plans.yaml", document))
	if err != nil {
		t.Fatal(err)
	}
	record, err := plan.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := catalog.ReadRecorded(record)
	if err != nil {
		t.Fatal(err)
	}
	return c.Upgraded("oss", kept)
}

// normal returns the parameters of an instance as the provider gets them.
func normal(t *testing.T, plan *catalog.Plan, sent string) json.RawMessage {
	t.Helper()
	parameters, err := plan.NormalInstance(json.RawMessage(sent))
	if err != nil {
		t.Fatal(err)
	}
	return parameters
}

func life() providers.Life {
	return providers.Life{BrokerID: "broker-1", Incarnation: "00112233445566778899aabbccddeeff"}
}

// instanceTask is a provision under a plan with the settings of plans.yaml.
func instanceTask(parameters string) providers.Task {
	t := providers.Task{
		Kind: providers.Instance, Goal: providers.Present, InstanceID: "i", Life: life(), Region: "cn-hangzhou",
		Labels:   providers.Labels{Offering: "alibaba-cloud-oss", Plan: "default"},
		Settings: json.RawMessage(`{"acl":"private","storageClass":"Standard"}`), Deletion: providers.Refuse,
	}
	if parameters != "" {
		t.Parameters = json.RawMessage(parameters)
	}
	return t
}

// Every spelling that was ever accepted is accepted, and means the same.
func TestPrepare_EverySpelling_MeansOneValue(t *testing.T) {
	base := instancePlan{Bucket: bucketName(life(), ""), Region: "cn-hangzhou", ACL: "private", StorageClass: "Standard", Guarded: true}
	with := func(change func(*instancePlan)) instancePlan {
		plan := base
		change(&plan)
		return plan
	}
	public := with(func(p *instancePlan) { p.ACL = "public-read" })
	infrequent := with(func(p *instancePlan) { p.StorageClass = "IA" })
	cases := map[string]struct {
		parameters string
		want       instancePlan
	}{
		"none":                        {"", base},
		"null":                        {"null", base},
		"an empty object":             {"{}", base},
		"all null":                    {`{"Region":null,"Acl":null,"ACL":null,"StorageClass":null,"AccessKeyId":null,"AccessKeySecret":null}`, base},
		"all empty":                   {`{"Region":"","Acl":"","ACL":"","StorageClass":"","AccessKeyId":"","AccessKeySecret":""}`, base},
		"Acl of the API":              {`{"Acl":"public-read"}`, public},
		"ACL of the old code":         {`{"ACL":"public-read"}`, public},
		"both spellings, one value":   {`{"ACL":"public-read","Acl":"Public Read"}`, public},
		"Acl beside a null ACL":       {`{"ACL":null,"Acl":"Public Read"}`, public},
		"old words":                   {`{"Acl":"Public Read"}`, public},
		"old words in another case":   {`{"Acl":"PUBLIC  read"}`, public},
		"old words for writing":       {`{"Acl":"Public Read/Write"}`, with(func(p *instancePlan) { p.ACL = "public-read-write" })},
		"old words with signs":        {`{"ACL":" public_READ/ "}`, public},
		"signs alone":                 {`{"Acl":" - ","StorageClass":"_/"}`, base},
		"private":                     {`{"Acl":"Private"}`, base},
		"class of the API":            {`{"StorageClass":"IA"}`, infrequent},
		"class in old words":          {`{"StorageClass":"Infrequent Access Storage"}`, infrequent},
		"class in another case":       {`{"StorageClass":"ia"}`, infrequent},
		"class with hyphens":          {`{"StorageClass":"infrequent-access"}`, infrequent},
		"class as one old word":       {`{"StorageClass":"IAStorage"}`, infrequent},
		"class without its end":       {`{"StorageClass":"Infrequent Access"}`, infrequent},
		"standard":                    {`{"StorageClass":"Standard Storage"}`, base},
		"deep cold archive in words":  {`{"StorageClass":"deep cold archive storage"}`, with(func(p *instancePlan) { p.StorageClass = "DeepColdArchive" })},
		"a region of blanks":          {`{"Region":"  "}`, base},
		"archive":                     {`{"StorageClass":"Archive Storage"}`, with(func(p *instancePlan) { p.StorageClass = "Archive" })},
		"cold archive":                {`{"StorageClass":"Cold Archive"}`, with(func(p *instancePlan) { p.StorageClass = "ColdArchive" })},
		"deep cold archive":           {`{"StorageClass":"DeepColdArchive"}`, with(func(p *instancePlan) { p.StorageClass = "DeepColdArchive" })},
		"another region":              {`{"Region":"us-west-1"}`, with(func(p *instancePlan) { p.Region = "us-west-1" })},
		"a region as OSS writes it":   {`{"Region":" OSS-cn-beijing "}`, with(func(p *instancePlan) { p.Region = "cn-beijing" })},
		"a long region":               {`{"Region":"cn-shanghai-finance-1"}`, with(func(p *instancePlan) { p.Region = "cn-shanghai-finance-1" })},
		"a key of the user for both":  {`{"AccessKeyId":"id","AccessKeySecret":"secret"}`, with(func(p *instancePlan) { p.AccessKeyID, p.AccessKeySecret = "id", "secret" })},
		"a key with a line break end": {`{"AccessKeyId":"id\n","AccessKeySecret":"secret\n"}`, with(func(p *instancePlan) { p.AccessKeyID, p.AccessKeySecret = "id", "secret" })},
	}
	p := offline(nil)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, plan := range shippedPlans(t)[:2] { // the two of the first broker
				if err := plan.CheckCreate(json.RawMessage(c.parameters)); err != nil {
					t.Fatalf("plan %s: %v", plan.Name, err)
				}
			}
			task := instanceTask("")
			kept := recorded(t, shippedPlans(t)[0])
			task.Settings, task.Parameters = kept.Settings, normal(t, kept, c.parameters)
			raw, err := p.Prepare(task)
			if err != nil {
				t.Fatal(err)
			}
			var got instancePlan
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("plan (-want, +got):\n%s", diff)
			}
		})
	}
}

// One edit of plans.yaml allows one more ACL: at provision and update, in any
// spelling, in both plans of the first broker and in the sentence of a refusal.
func TestPlans_OneMoreACL_IsOneEdit(t *testing.T) {
	document := string(Plans)
	edited := strings.Replace(document, "public-read-write, null]", "public-read-write, owner-full, null]", 1)
	if strings.Count(document, "public-read-write") != 1 || edited == document {
		t.Fatalf("plans.yaml names the ACL public-read-write %d times", strings.Count(document, "public-read-write"))
	}
	c, err := catalog.Load(catalog.Embedded("oss/plans.yaml", []byte(edited)))
	if err != nil {
		t.Fatal(err)
	}
	for _, plan := range c.Offerings()[0].Plans[:2] {
		sent := `{"Acl":"Owner Full"}`
		if err := errors.Join(plan.CheckCreate(json.RawMessage(sent)), plan.CheckUpdate(json.RawMessage(sent))); err != nil {
			t.Fatal(err)
		}
		if err := plan.CheckUpdate(json.RawMessage(`{"Acl":"everybody"}`)); err == nil || !strings.Contains(err.Error(), `"owner-full"`) {
			t.Errorf("the refusal is %v", err)
		}
		kept := recordedUnder(t, []byte(edited), plan)
		task := instanceTask("")
		task.Settings, task.Parameters = kept.Settings, normal(t, kept, sent)
		raw, err := offline(nil).Prepare(task)
		if err != nil || !strings.Contains(string(raw), `"acl":"owner-full"`) {
			t.Errorf("prepared %s, %v", raw, err)
		}
	}
}

// The schema or Prepare refuses each of these.
func TestPrepare_ImpossibleParameters_AreRefused(t *testing.T) {
	for name, parameters := range map[string]string{
		"Acl unknown":                  `{"Acl":"everybody"}`,
		"Acl unknown beside ACL":       `{"ACL":"private","Acl":"everybody"}`,
		"Acl and ACL differ":           `{"ACL":"private","Acl":"public-read"}`,
		"class unknown":                `{"StorageClass":"Glacier"}`,
		"class is only a word":         `{"StorageClass":"Storage"}`,
		"region with a dot":            `{"Region":"cn-hangzhou.example.com"}`,
		"region with a slash":          `{"Region":"cn-hangzhou/x"}`,
		"region with a user":           `{"Region":"cn@example"}`,
		"region of one word":           `{"Region":"hangzhou"}`,
		"region is an endpoint":        `{"Region":"cn-hangzhou-internal"}`,
		"region is a prefix":           `{"Region":"oss-"}`,
		"a key with a line break":      `{"AccessKeyId":"a\r\nb","AccessKeySecret":"secret"}`,
		"a key with a blank":           `{"AccessKeyId":"a b","AccessKeySecret":"secret"}`,
		"a secret with a blank":        `{"AccessKeyId":"id","AccessKeySecret":"se cret"}`,
		"a key beyond ASCII":           `{"AccessKeyId":"kéy","AccessKeySecret":"secret"}`,
		"a key with a NUL":             `{"AccessKeyId":"a\u0000b","AccessKeySecret":"secret"}`,
		"a long key":                   `{"AccessKeyId":"` + strings.Repeat("x", 129) + `","AccessKeySecret":"secret"}`,
		"a long secret":                `{"AccessKeyId":"id","AccessKeySecret":"` + strings.Repeat("x", 129) + `"}`,
		"key without secret":           `{"AccessKeyId":"id"}`,
		"secret without key":           `{"AccessKeySecret":"secret"}`,
		"a number":                     `{"Region":1}`,
		"a list":                       `[]`,
		"an object for a string":       `{"Acl":{}}`,
		"a boolean for the access key": `{"AccessKeyId":true,"AccessKeySecret":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			plan := shippedPlans(t)[0]
			if err := plan.CheckCreate(json.RawMessage(parameters)); err != nil {
				return
			}
			task := instanceTask("")
			task.Parameters = normal(t, recorded(t, plan), parameters)
			_, err := offline(nil).Prepare(task)
			var failure *providers.Failure
			if !errors.As(err, &failure) || failure.Kind != providers.Invalid {
				t.Fatalf("Prepare: %v, want a failure of kind %s", err, providers.Invalid)
			}
		})
	}
}

func TestPrepareUpdate_ACLAndKey_AreAllThatChanges(t *testing.T) {
	before := instancePlan{
		Bucket: "drawn-before", Region: "us-west-1", ACL: "public-read", StorageClass: "IA", AccessKeyID: "id", AccessKeySecret: "secret",
	}
	const key = `,"AccessKeyId":"id","AccessKeySecret":"secret"}`
	cases := map[string]struct {
		parameters string
		acl, key   string // acl empty: refused
	}{
		"another ACL":           {`{"Region":"us-west-1","Acl":"public-read-write"` + key, "public-read-write", "id secret"},
		"Acl over the old ACL":  {`{"ACL":"public-read","Acl":"private"` + key, "private", "id secret"},
		"nothing said any more": {`{}`, "private", " "},
		"all as it was":         {`{"Region":"us-west-1","Acl":"Public Read","StorageClass":"ia"` + key, "public-read", "id secret"},
		"another key":           {`{"Acl":"public-read","AccessKeyId":"other","AccessKeySecret":"other-secret"}`, "public-read", "other other-secret"},
		"the broker's own key":  {`{"Acl":"public-read","AccessKeyId":null,"AccessKeySecret":null}`, "public-read", " "},
		"another region":        {`{"Region":"cn-hangzhou"` + key, "", ""},
		"another class":         {`{"StorageClass":"Standard"` + key, "", ""},
		"a new id alone":        {`{"AccessKeyId":"other","AccessKeySecret":"secret"}`, "", ""},
		"a new secret alone":    {`{"AccessKeyId":"id","AccessKeySecret":"other"}`, "", ""},
		"no id":                 {`{"AccessKeySecret":"secret"}`, "", ""},
		"no secret":             {`{"AccessKeyId":"id"}`, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := instanceTask("")
			task.Parameters = normal(t, recorded(t, shippedPlans(t)[0]), c.parameters)
			task.Was = &providers.Was{Settings: task.Settings}
			task.Plan, _ = json.Marshal(before)
			raw, err := offline(nil).Prepare(task)
			if c.acl == "" {
				var failure *providers.Failure
				if !errors.As(err, &failure) || failure.Kind != providers.Invalid {
					t.Fatalf("Prepare: %v, want a failure of kind %s", err, providers.Invalid)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := before
			want.ACL, want.Guarded = c.acl, true
			id, secret, _ := strings.Cut(c.key, " ")
			want.AccessKeyID, want.AccessKeySecret = id, providers.Secret(secret)
			var got instancePlan
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("plan (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestNames_OfOneLife_HaveTheRightForm(t *testing.T) {
	other := providers.Life{BrokerID: life().BrokerID, Incarnation: "ff112233445566778899aabbccddeeff"}
	elsewhere := providers.Life{BrokerID: "broker-2", Incarnation: life().Incarnation}
	form := regexp.MustCompile(`^[a-z][a-z0-9-]{2,61}[a-z0-9]$`)
	seen := map[string]bool{}
	for _, l := range []providers.Life{life(), other, elsewhere} {
		for _, name := range []string{bucketName(l, ""), ramuser.UserName(l), ramuser.PolicyName(l)} {
			if !form.MatchString(name) {
				t.Errorf("%q is not a name of a bucket, user or policy", name)
			}
			if seen[name] {
				t.Errorf("%q comes twice", name)
			}
			seen[name] = true
		}
	}
	if again := bucketName(life(), ""); !seen[again] {
		t.Errorf("the name of a life changes to %q", again)
	}
}

func TestPolicy_OneBucket_WithoutAdministration(t *testing.T) {
	for _, access := range []string{"readwrite", "readonly", "writeonly"} {
		checkPolicy(t, grant{Bucket: bucketName(life(), ""), Access: access})
	}
}

func checkPolicy(t *testing.T, g grant) {
	t.Helper()
	text, err := g.document()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 2048 {
		t.Errorf("the policy has %d characters; RAM took at most 2048 once", len(text))
	}
	var doc policyDocument
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.Statement {
		for _, r := range s.Resource {
			if r != "acs:oss:*:*:"+bucketName(life(), "") && r != "acs:oss:*:*:"+bucketName(life(), "")+"/*" {
				t.Errorf("the policy speaks of %s", r)
			}
		}
		for _, a := range s.Action {
			if strings.ContainsAny(a, "*?") || strings.HasPrefix(a, "oss:PutBucket") || strings.HasPrefix(a, "oss:DeleteBucket") || a == "oss:PutObjectAcl" {
				t.Errorf("the policy allows %s", a)
			}
		}
	}
}

// A prefix that a policy would read as another set of names, or that begins no name,
// is the user's to mend.
func TestPrefix_BadOnes_AreTheUsers(t *testing.T) {
	instance := instanceTask("")
	plan, err := prepareInstance(instance)
	if err != nil {
		t.Fatal(err)
	}
	if instance.Plan, err = json.Marshal(plan); err != nil {
		t.Fatal(err)
	}
	for prefix, ok := range map[string]bool{
		"": true, "in/": true, "a b/c_d-e.f/": true, ".well-known/": true, "in//": true, strings.Repeat("<", 256): true, "$HOME/{x}": true,
		"*": false, "in/*": false, "in?": false, "${acs:AccessId}/": false, "/in": false, `\in`: false, "../": false, "in/./": false, "in/..": false,
		"für/": false, "in\n": false, "\x00": false, strings.Repeat("a", 257): false,
	} {
		raw, err := json.Marshal(map[string]string{"Prefix": prefix})
		if err != nil {
			t.Fatal(err)
		}
		binding := providers.Task{Kind: providers.Binding, Goal: providers.Present, Life: life(), Of: &instance, Parameters: raw}
		made, err := service{}.bindings().Prepare(binding)
		failure, refused := errors.AsType[*providers.Failure](err)
		if ok != (err == nil) || refused && failure.Kind != providers.Invalid || !ok && !refused {
			t.Errorf("prefix %q: %v, want taken %t", prefix, err, ok)
		}
		if ok && len(made) > 6144 {
			t.Errorf("prefix %q: the plan has %d characters, and a policy at most 6144", prefix, len(made))
		}
	}
}

func TestAccess_UnknownOne_IsTheUsers(t *testing.T) {
	_, err := grant{Bucket: "b", Access: "all"}.document()
	if failure, ok := errors.AsType[*providers.Failure](err); !ok || failure.Kind != providers.Invalid {
		t.Errorf("an unknown access: %v", err)
	}
}

// A KMS key that the plan names is opened to bindings, for reading alone where they
// only read.
func TestAccess_KMSKey_IsOpenedAsFarAsNeeded(t *testing.T) {
	const key = "0a1b2c3d-key"
	for access, want := range map[string][]string{
		"readwrite": {"kms:Decrypt", "kms:GenerateDataKey"}, "readonly": {"kms:Decrypt"}, "writeonly": {"kms:Decrypt", "kms:GenerateDataKey"},
	} {
		for _, prefix := range []string{"", "in/"} {
			for encryption, opened := range map[string]bool{`{"SSEAlgorithm":"KMS","KMSMasterKeyID":"` + key + `"}`: true, `{"SSEAlgorithm":"KMS"}`: false, `{"SSEAlgorithm":"AES256"}`: false, removed: false} {
				instance := instanceTask("")
				plan, err := json.Marshal(instancePlan{Bucket: "b", Options: wantedOptions{"Encryption": json.RawMessage(encryption)}})
				if err != nil {
					t.Fatal(err)
				}
				instance.Plan = plan
				raw, err := json.Marshal(map[string]string{"Access": access, "Prefix": prefix})
				if err != nil {
					t.Fatal(err)
				}
				grant, err := grantOf(providers.Task{Of: &instance, Parameters: raw})
				if err != nil {
					t.Fatal(err)
				}
				statements, err := grant.statements()
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, s := range statements {
					if s.Resource[0] == "acs:kms:*:*:key/"+key {
						got = s.Action
					} else if strings.Contains(s.Resource[0], ":kms:") {
						t.Errorf("%s opens %s", encryption, s.Resource[0])
					}
				}
				if opened && !cmp.Equal(want, got) || !opened && got != nil {
					t.Errorf("%s with %s allows %v, want %v", access, encryption, got, want)
				}
			}
		}
	}
}
