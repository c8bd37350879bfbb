package ram

import (
	"net/netip"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

const (
	bucket = "acs:oss:*:1234567890123456:bucket-a"
	inside = "acs:oss:*:1234567890123456:bucket-a/dir/key"
)

// here has the facts of the requests in these tests.
func here(key string) ([]string, bool) {
	return requestFacts(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		cloud.Origin{SourceIP: netip.MustParseAddr("10.1.2.3"), Secure: true}, map[string][]string{"sts:ExternalId": {"12"}})(key)
}

func TestPolicy_Documents_Decide(t *testing.T) {
	allow := func(rest string) string {
		return `{"Version":"1","Statement":[{"Effect":"Allow",` + rest + `}]}`
	}
	cases := map[string]struct {
		policy, action, resource string
		want                     decision
	}{
		"nothing result is ignored":           {allow(`"Action":"rds:*","Resource":"*"`), "oss:GetObject", inside, ignored},
		"everything":                          {allow(`"Action":"*","Resource":"*"`), "oss:GetObject", inside, allowed},
		"exact action and resource":           {allow(`"Action":["oss:ListObjects"],"Resource":["acs:oss:*:*:bucket-a"]`), "oss:ListObjects", bucket, allowed},
		"a bucket does not cover its objects": {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:bucket-a"`), "oss:GetObject", inside, ignored},
		"objects do not cover their bucket":   {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:bucket-a/*"`), "oss:ListObjects", bucket, ignored},
		"objects by wildcard":                 {allow(`"Action":"oss:Get*","Resource":"acs:oss:*:*:bucket-a/*"`), "oss:GetObject", inside, allowed},
		"another bucket with a longer name":   {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:bucket-a"`), "oss:GetBucketInfo", bucket + "b", ignored},
		"question mark is one character":      {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:bucket-?"`), "oss:GetBucketInfo", bucket, allowed},
		"question mark is not none":           {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:bucket-a?"`), "oss:GetBucketInfo", bucket, ignored},
		"the account does fit":                {allow(`"Action":"oss:*","Resource":"acs:oss:*:1234567890123456:bucket-a"`), "oss:GetBucketInfo", bucket, allowed},
		"another account":                     {allow(`"Action":"oss:*","Resource":"acs:oss:*:9999567890123456:bucket-a"`), "oss:GetBucketInfo", bucket, ignored},
		"another service":                     {allow(`"Action":"*","Resource":"acs:rds:*:*:*"`), "oss:GetBucketInfo", bucket, ignored},
		"a resource in any region":            {allow(`"Action":"oss:*","Resource":"acs:oss:cn-hangzhou:*:bucket-a"`), "oss:GetBucketInfo", bucket, allowed},
		"wildcards stay in their part":        {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:bucket-a"`), "oss:GetObject", "acs:oss:*:1:other/x:bucket-a", ignored},
		"a short resource name":               {allow(`"Action":"oss:*","Resource":"acs:oss:*"`), "oss:GetBucketInfo", bucket, allowed},
		"actions fit in any case":             {allow(`"Action":"oss:getbucketinfo","Resource":"*"`), "oss:GetBucketInfo", bucket, allowed},
		"resources do not":                    {allow(`"Action":"oss:*","Resource":"acs:oss:*:*:Bucket-A"`), "oss:GetBucketInfo", bucket, ignored},
		"NotAction names the exception":       {allow(`"NotAction":"oss:DeleteBucket","Resource":"*"`), "oss:DeleteBucket", bucket, ignored},
		"NotAction allows the rest":           {allow(`"NotAction":"oss:DeleteBucket","Resource":"*"`), "oss:GetBucketInfo", bucket, allowed},
		"NotResource names the exception":     {allow(`"Action":"*","NotResource":"acs:oss:*:*:bucket-a"`), "oss:GetBucketInfo", bucket, ignored},
		"an Allow with a condition that is met": {
			allow(`"Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}`), "oss:GetObject", inside, allowed},
		"an Allow with a condition that is not met": {
			allow(`"Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.2.0.0/16"}}`), "oss:GetObject", inside, ignored},
		"an Allow with an operator of unknown name never fits": {
			allow(`"Action":"*","Resource":"*","Condition":{"StringSounds":{"acs:SourceIp":"10.0.0.0/8"}}`), "oss:GetObject", inside, ignored},
		"an Allow with a key of unknown name never fits": {
			allow(`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"oss:Prefix":"a"}}`), "oss:GetObject", inside, ignored},
		"an empty condition is none": {allow(`"Action":"*","Resource":"*","Condition":{}`), "oss:GetObject", inside, allowed},
		"an explicit Deny wins, whatever the order": {
			`{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:DeleteBucket","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
			"oss:DeleteBucket", bucket, denied},
		"a Deny of something else does not": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"oss:DeleteBucket","Resource":"*"}]}`,
			"oss:GetObject", inside, allowed},
		"a Deny with a condition that is not met": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}]}`,
			"oss:GetObject", inside, allowed},
		"a Deny with a condition that is met": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"true"}}}]}`,
			"oss:GetObject", inside, denied},
		"a Deny with a key of unknown name always fits": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"oss:Prefix":"a"}}}]}`,
			"oss:GetObject", inside, denied},
		"a Deny of which one condition is not met": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"oss:Prefix":"a"},"Bool":{"acs:SecureTransport":"false"}}}]}`,
			"oss:GetObject", inside, allowed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			doc, err := parseDocument(c.policy)
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.decide(c.action, c.resource, here); got != c.want {
				t.Errorf("decide(%s, %s) = %d, want %d", c.action, c.resource, got, c.want)
			}
		})
	}
}

func TestPolicy_Conditions_Decide(t *testing.T) {
	for condition, want := range map[string]verdict{
		`"StringEquals":{"sts:ExternalId":["11","12"]}`:                                                   met,
		`"StringEquals":{"sts:ExternalId":"1*"}`:                                                          unmet,
		`"StringNotEquals":{"sts:ExternalId":["11","12"]}`:                                                unmet,
		`"StringNotEquals":{"sts:ExternalId":["11","13"]}`:                                                met,
		`"StringEqualsIgnoreCase":{"acs:SecureTransport":"TRUE"}`:                                         met,
		`"StringNotEqualsIgnoreCase":{"acs:SecureTransport":"TRUE"}`:                                      unmet,
		`"StringLike":{"sts:ExternalId":"1?"}`:                                                            met,
		`"StringNotLike":{"sts:ExternalId":"1*"}`:                                                         unmet,
		`"Bool":{"acs:SecureTransport":true}`:                                                             met,
		`"Bool":{"acs:MFAPresent":"true"}`:                                                                unmet,
		`"IpAddress":{"acs:SourceIp":["192.168.0.0/16","10.1.2.3"]}`:                                      met,
		`"IpAddress":{"acs:SourceIp":"10.1.2.4"}`:                                                         unmet,
		`"IpAddress":{"acs:SourceIp":"no address"}`:                                                       unmet,
		`"NotIpAddress":{"acs:SourceIp":"10.0.0.0/8"}`:                                                    unmet,
		`"NumericEquals":{"sts:ExternalId":12}`:                                                           met,
		`"NumericNotEquals":{"sts:ExternalId":"12"}`:                                                      unmet,
		`"NumericLessThan":{"sts:ExternalId":"12"}`:                                                       unmet,
		`"NumericLessThanEquals":{"sts:ExternalId":"12"}`:                                                 met,
		`"NumericGreaterThan":{"sts:ExternalId":"9"}`:                                                     met,
		`"NumericGreaterThanEquals":{"sts:ExternalId":"13"}`:                                              unmet,
		`"DateLessThan":{"acs:CurrentTime":"2026-03-04T05:06:08Z"}`:                                       met,
		`"DateLessThan":{"acs:CurrentTime":"2026-03-04T13:06:07+08:00"}`:                                  unmet,
		`"DateEquals":{"acs:CurrentTime":"2026-03-04T13:06:07+08:00"}`:                                    met,
		`"DateGreaterThan":{"acs:CurrentTime":"yesterday"}`:                                               unmet,
		`"DateSometimes":{"acs:CurrentTime":"2026-03-04T05:06:08Z"}`:                                      unclear,
		`"Bool":{"acs:SecureTransport":"true"},"StringEquals":{"sts:ExternalId":"12"}`:                    met,
		`"Bool":{"acs:SecureTransport":"true","acs:MFAPresent":"true"}`:                                   unmet,
		`"Bool":{"acs:SecureTransport":"true"},"StringEquals":{"rds:ResourceTag/a":"b"}`:                  unclear,
		`"Bool":{"acs:SecureTransport":"false"},"StringEquals":{"rds:ResourceTag/a":"b"}`:                 unmet,
		`"StringEqualsIfExists":{"sts:ExternalId":"12"},"Null":{"sts:ExternalId":"true"}`:                 unclear,
		`"ForAnyValue:StringEquals":{"sts:ExternalId":"12"},"Bool":{"acs:SecureTransport":["x","false"]}`: unmet,
	} {
		list, err := parseConditions([]byte("{" + condition + "}"))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := evaluate(list, here); got != want {
			t.Errorf("%s: %d, want %d", condition, got, want)
		}
	}
	if _, known := requestFacts(time.Time{}, cloud.Origin{}, nil)("acs:SourceIp"); known {
		t.Error("an address that is not known is known")
	}
}

func TestParseDocument_Malformed_Refused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                   ``,
		"no JSON":                 `Allow *`,
		"a list":                  `[]`,
		"two documents":           `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}{}`,
		"no version":              `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"version as a number":     `{"Version":1,"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"version of another":      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"no statement":            `{"Version":"1"}`,
		"empty statement":         `{"Version":"1","Statement":[]}`,
		"statement not in a list": `{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		"unknown member":          `{"Version":"1","Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"member twice":            `{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"member in another case":  `{"Version":"1","Statement":[{"effect":"Allow","Action":"*","Resource":"*"}]}`,
		"effect unknown":          `{"Version":"1","Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}`,
		"no action":               `{"Version":"1","Statement":[{"Effect":"Allow","Resource":"*"}]}`,
		"no actions":              `{"Version":"1","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}`,
		"action and its opposite": `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}`,
		"action without service":  `{"Version":"1","Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}`,
		"no resource":             `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*"}]}`,
		"resource of another":     `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}]}`,
		"resource too short":      `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"acs:oss:bucket"}]}`,
		"condition of no values":  `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":[]}}}]}`,
		"condition of an object":  `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":{}}}}]}`,
		"condition without keys":  `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":"x"}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if doc, err := parseDocument(text); err == nil {
				t.Errorf("parseDocument gave %+v, want an error", doc)
			}
		})
	}
}

func TestWildcard_Patterns_Match(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b:c", true}, {"a*c", "abbc", true}, {"a*c", "abcb", false},
		{"*a*b*", "xxaxxbxx", true}, {"*a*b*", "xxbxxaxx", false}, {"a?", "ab", true}, {"a?", "a", false}, {"a**", "a", true},
		{"a*bc", "abbcbc", true}, {"?*", "", false},
	} {
		if got := wildcard(c.pattern, c.s); got != c.want {
			t.Errorf("wildcard(%q, %q) = %v, want %v", c.pattern, c.s, got, c.want)
		}
	}
}
