package ram

import "testing"

const (
	bucket = "acs:oss:*:1234567890123456:bucket-a"
	inside = "acs:oss:*:1234567890123456:bucket-a/dir/key"
)

func TestPolicyDecisions(t *testing.T) {
	allow := func(rest string) string {
		return `{"Version":"1","Statement":[{"Effect":"Allow",` + rest + `}]}`
	}
	cases := map[string]struct {
		policy, action, resource string
		want                     decision
	}{
		"nothing said is ignored":             {allow(`"Action":"rds:*","Resource":"*"`), "oss:GetObject", inside, ignored},
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
		"an Allow with a condition never fits": {
			allow(`"Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}`), "oss:GetObject", inside, ignored},
		"an empty condition is none": {allow(`"Action":"*","Resource":"*","Condition":{}`), "oss:GetObject", inside, allowed},
		"an explicit Deny wins, whatever the order": {
			`{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:DeleteBucket","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
			"oss:DeleteBucket", bucket, denied},
		"a Deny of something else does not": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"oss:DeleteBucket","Resource":"*"}]}`,
			"oss:GetObject", inside, allowed},
		"a Deny with a condition always fits": {
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}]}`,
			"oss:GetObject", inside, denied},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			doc, err := parseDocument(c.policy)
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.decide(c.action, c.resource); got != c.want {
				t.Errorf("decide(%s, %s) = %d, want %d", c.action, c.resource, got, c.want)
			}
		})
	}
}

func TestMalformedPolicyDocumentsAreRefused(t *testing.T) {
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
		"condition without keys":  `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":"x"}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if doc, err := parseDocument(text); err == nil {
				t.Errorf("parseDocument gave %+v, want an error", doc)
			}
		})
	}
}

func TestWildcards(t *testing.T) {
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
