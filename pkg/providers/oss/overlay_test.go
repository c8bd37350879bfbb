package oss

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// overlaid returns the plan "standard" with an overlay.
func overlaid(t *testing.T, overlay string) (*catalog.Catalog, *catalog.Plan, error) {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("oss/plans.yaml", Plans))
	if err != nil {
		t.Fatal(err)
	}
	c, err = c.WithOverlay([]byte("offerings: {alibaba-cloud-oss: {plans: {standard: " + overlay + "}}}"))
	if err != nil {
		return nil, nil, err
	}
	return c, c.Offerings()[0].Plans[2], nil
}

// preparedUnder prepares an instance of the plan as its record keeps the plan.
func preparedUnder(t *testing.T, c *catalog.Catalog, plan *catalog.Plan, parameters string) (instancePlan, error) {
	t.Helper()
	record, err := plan.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := catalog.ReadRecorded(record)
	if err != nil {
		t.Fatal(err)
	}
	kept = c.Upgraded("oss", kept)
	task := instanceTask("")
	task.Settings, task.Parameters = kept.Settings, normal(t, kept, parameters)
	raw, err := offline(nil).Prepare(task)
	var prepared instancePlan
	if err == nil {
		err = json.Unmarshal(raw, &prepared)
	}
	return prepared, err
}

func TestOverlay_SettingOfOption_IsDefaultOrFixed(t *testing.T) {
	const settings = `{settings: {versioning: Enabled, encryption: {SSEAlgorithm: AES256}, public: true}`
	c, plan, err := overlaid(t, settings+`, schemas: {create: {properties: {Encryption: null}}, update: {properties: {Encryption: null}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(plan.Schemas.Create), `"default":"Enabled"`) {
		t.Error("platforms are not shown the default of Versioning")
	}
	for sent, want := range map[string]string{`{}`: `"Enabled"`, `{"Versioning":"suspended"}`: `"Suspended"`} {
		got, err := preparedUnder(t, c, plan, sent)
		if err != nil || string(got.Options["Versioning"]) != want || string(got.Options["Encryption"]) != `{"SSEAlgorithm":"AES256"}` {
			t.Errorf("%s: %s, %v", sent, got.Options, err)
		}
	}
	if plan.CheckCreate(json.RawMessage(`{"Encryption":{}}`)) == nil {
		t.Error("users may choose what is fixed")
	}
	if got, err := preparedUnder(t, c, plan, `{"Acl":"public-read"}`); err != nil || got.ACL != "public-read" {
		t.Errorf("a public ACL where the plan allows it: %+v, %v", got, err)
	}
}

func TestOverlay_WrongSettingOfOption_IsRefused(t *testing.T) {
	for name, overlay := range map[string]string{
		"another type":      `{settings: {lifecycle: {}}}`,
		"no value":          `{settings: {versioning: Off}}`,
		"a member too many": `{settings: {encryption: {Algorithm: AES256}}}`,
		"an unknown name":   `{settings: {lifecycles: []}}`,
	} {
		if _, _, err := overlaid(t, overlay); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Settings that the schemas accept, and that make every instance fail, are found at the
// start.
func TestOverlay_ImpossibleSettings_AreRefused(t *testing.T) {
	for name, c := range map[string]struct{ overlay, want string }{
		"as shipped":                {`{}`, ""},
		"public where allowed":      {`{settings: {public: true, acl: public-read}}`, ""},
		"a rule without action":     {`{settings: {lifecycle: [{}]}}`, "no action"},
		"a tag of the broker":       {`{settings: {tags: {osb-a: b}}}`, "belongs to the broker"},
		"public where not allowed":  {`{settings: {acl: public-read}}`, "private buckets alone"},
		"three zones for cold data": {`{settings: {redundancy: ZRS, storageClass: ColdArchive}}`, "Redundancy ZRS"},
	} {
		_, plan, err := overlaid(t, c.overlay)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		settings, err := plan.ResolvedSettings()
		if err == nil {
			err = checkSettings(settings)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema of an option that an overlay has changed is kept in the record.
func TestOverlay_ChangedSchemaOfOption_IsRecorded(t *testing.T) {
	c, plan, err := overlaid(t, `{schemas: {update: {properties: {Tags: {maxProperties: 1}}}}}`)
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
	kept = c.Upgraded("oss", kept)
	if err := kept.CheckUpdate(json.RawMessage(`{"Tags":{"a":"1","b":"2"}}`)); err == nil {
		t.Error("the record lost the bound of the overlay")
	}
	if err := kept.CheckUpdate(json.RawMessage(`{"Tags":{"a":"1"},"Cors":[],"Versioning":"Enabled"}`)); err != nil {
		t.Error(err)
	}
}

// Each of these is refused before anything is made: by the schema, or by what
// contradicts what.
func TestPrepare_ImpossibleOptions_AreRefused(t *testing.T) {
	rule := func(members string) string { return `{"Lifecycle":[{` + members + `}]}` }
	for name, parameters := range map[string]string{
		"versioning off":                      `{"Versioning":"Off"}`,
		"versioning as a boolean":             `{"Versioning":true}`,
		"encryption as a text":                `{"Encryption":"AES256"}`,
		"an unknown algorithm":                `{"Encryption":{"SSEAlgorithm":"DES"}}`,
		"an algorithm in another case":        `{"Encryption":{"SSEAlgorithm":"aes256"}}`,
		"a key without KMS":                   `{"Encryption":{"SSEAlgorithm":"AES256","KMSMasterKeyID":"key"}}`,
		"a key alone":                         `{"Encryption":{"KMSMasterKeyID":"key"}}`,
		"a key with signs":                    `{"Encryption":{"SSEAlgorithm":"KMS","KMSMasterKeyID":"<key>"}}`,
		"data encryption without KMS":         `{"Encryption":{"SSEAlgorithm":"SM4","KMSDataEncryption":"SM4"}}`,
		"another data encryption":             `{"Encryption":{"SSEAlgorithm":"KMS","KMSDataEncryption":"AES256"}}`,
		"lifecycle as an object":              `{"Lifecycle":{}}`,
		"a rule without action":               rule(`"Prefix":"a"`),
		"a rule with an unknown member":       rule(`"Days":3`),
		"no day":                              rule(`"Expiration":{"Days":0}`),
		"half a day":                          rule(`"Expiration":{"Days":1.5}`),
		"days as a text":                      rule(`"Expiration":{"Days":"3"}`),
		"a marker with days":                  rule(`"Expiration":{"Days":3,"ExpiredObjectDeleteMarker":true}`),
		"days and a date":                     rule(`"Expiration":{"Days":3,"CreatedBeforeDate":"2030-01-01T00:00:00Z"}`),
		"neither days nor a date":             rule(`"Expiration":{}`),
		"a date that is no midnight":          rule(`"Expiration":{"CreatedBeforeDate":"2030-01-01T10:00:00Z"}`),
		"a day that does not exist":           rule(`"Expiration":{"CreatedBeforeDate":"2030-02-30T00:00:00Z"}`),
		"a transition to Standard":            rule(`"Transition":[{"Days":3,"StorageClass":"Standard"}]`),
		"warmer with age":                     rule(`"Transition":[{"Days":3,"StorageClass":"Archive"},{"Days":5,"StorageClass":"IA"}]`),
		"colder on the same day":              rule(`"Transition":[{"Days":3,"StorageClass":"IA"},{"Days":3,"StorageClass":"Archive"}]`),
		"expired before its transition":       rule(`"Transition":[{"Days":30,"StorageClass":"IA"}],"Expiration":{"Days":3}`),
		"dates mixed with days":               rule(`"Transition":[{"Days":30,"StorageClass":"IA"}],"Expiration":{"CreatedBeforeDate":"2030-01-01T00:00:00Z"}`),
		"old versions expired too soon":       rule(`"NoncurrentVersionTransition":[{"NoncurrentDays":9,"StorageClass":"IA"}],"NoncurrentVersionExpiration":{"NoncurrentDays":3}`),
		"uploads with tags":                   rule(`"Tag":[{"Key":"k","Value":"v"}],"AbortMultipartUpload":{"Days":3}`),
		"two rules of one ID":                 `{"Lifecycle":[{"ID":"a","Expiration":{"Days":3}},{"ID":"a","Expiration":{"Days":4}}]}`,
		"a drawn ID that is taken":            `{"Lifecycle":[{"Expiration":{"Days":3}},{"ID":"rule-1","Expiration":{"Days":4}}]}`,
		"CORS without origin":                 `{"Cors":[{"AllowedMethod":["GET"]}]}`,
		"CORS with an unknown method":         `{"Cors":[{"AllowedOrigin":["*"],"AllowedMethod":["PATCH"]}]}`,
		"CORS with a method in lower case":    `{"Cors":[{"AllowedOrigin":["*"],"AllowedMethod":["get"]}]}`,
		"CORS with two asterisks":             `{"Cors":[{"AllowedOrigin":["*.*"],"AllowedMethod":["GET"]}]}`,
		"CORS under two names":                `{"Cors":[],"CORS":[{"AllowedOrigin":["*"],"AllowedMethod":["GET"]}]}`,
		"an exposed asterisk":                 `{"Cors":[{"AllowedOrigin":["*"],"AllowedMethod":["GET"],"ExposeHeader":["*"]}]}`,
		"an age that is too long":             `{"Cors":[{"AllowedOrigin":["*"],"AllowedMethod":["GET"],"MaxAgeSeconds":1000000000}]}`,
		"logs without a bucket":               `{"Logging":{"TargetPrefix":"a/"}}`,
		"logs in no bucket":                   `{"Logging":{"TargetBucket":"No Bucket"}}`,
		"logs in the bucket itself":           `{"Logging":{"TargetBucket":"` + bucketName(life(), "") + `"}}`,
		"a prefix of logs that is too long":   `{"Logging":{"TargetBucket":"logs","TargetPrefix":"` + strings.Repeat("a", 257) + `"}}`,
		"an empty referer":                    `{"Referer":{"RefererList":[""]}}`,
		"a truncated path beside its query":   `{"Referer":{"TruncatePath":true,"AllowTruncateQueryString":false}}`,
		"acceleration as a text":              `{"TransferAcceleration":"Enabled"}`,
		"tags as a list":                      `{"Tags":["a"]}`,
		"a tag of the broker":                 `{"Tags":{"osb-instance":"a"}}`,
		"a tag of the broker in another case": `{"Tags":{"OSB-x":"a"}}`,
		"a tag of the cloud":                  `{"Tags":{"aliyun-x":"a"}}`,
		"a tag without a key":                 `{"Tags":{"":"a"}}`,
		"a tag with a number":                 `{"Tags":{"a":1}}`,
		"a tag with null":                     `{"Tags":{"a":null}}`,
		"a key of 65 bytes":                   `{"Tags":{"` + strings.Repeat("k", 65) + `":"a"}}`,
		"a value of 129 bytes":                `{"Tags":{"a":"` + strings.Repeat("v", 129) + `"}}`,
		"more tags than are left":             `{"Tags":{"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":"","i":"","j":"","k":"","l":"","m":"","n":""}}`,
		"three zones for cold data":           `{"Redundancy":"ZRS","StorageClass":"ColdArchive"}`,
		"an unknown redundancy":               `{"Redundancy":"GRS"}`,
		"a resource group of another form":    `{"ResourceGroupId":"default"}`,
		"a public ACL beside the block":       `{"Acl":"public-read","BlockPublicAccess":true}`,
		"a block as a text":                   `{"BlockPublicAccess":"true"}`,
		"a prefix in upper case":              `{"NamePrefix":"Team"}`,
		"a prefix that ends with a hyphen":    `{"NamePrefix":"team-"}`,
		"a prefix of 33 characters":           `{"NamePrefix":"` + strings.Repeat("a", 33) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			plan := shippedPlans(t)[1]
			if plan.CheckCreate(json.RawMessage(parameters)) != nil {
				return
			}
			task := instanceTask("")
			task.Parameters = normal(t, recorded(t, plan), parameters)
			_, err := offline(nil).Prepare(task)
			if failure, ok := errors.AsType[*providers.Failure](err); !ok || failure.Kind != providers.Invalid || failure.Text == "" {
				t.Errorf("Prepare: %v, want the user's failure", err)
			}
		})
	}
}

func TestPrepare_PrivatePlan_RefusesPublicAccess(t *testing.T) {
	c, plan, err := overlaid(t, "{}")
	if err != nil {
		t.Fatal(err)
	}
	for _, parameters := range []string{`{"Acl":"public-read"}`, `{"BlockPublicAccess":false}`} {
		_, err := preparedUnder(t, c, plan, parameters)
		if failure, ok := errors.AsType[*providers.Failure](err); !ok || failure.Kind != providers.Invalid || !strings.Contains(failure.Text, "private") {
			t.Errorf("%s: %v", parameters, err)
		}
	}
}

func TestBucketName_LongestPrefix_FitsAndHasItsHash(t *testing.T) {
	name := bucketName(life(), strings.Repeat("a", 32))
	if len(name) != 63 || !strings.HasPrefix(name, "osb-aaaa") || !strings.HasSuffix(name, life().Hash(26, "oss-bucket")) {
		t.Errorf("%q has %d characters", name, len(name))
	}
}
