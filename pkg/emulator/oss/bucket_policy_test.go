package oss_test

import (
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// A statement that allows a user to read, list and write applies under its
// conditions, and to the actions and resources that it names.
func TestBucketPolicy_Allow_AppliesWithinItsConditions(t *testing.T) {
	e := newEnvironment(t)
	root := e.root()
	mustPutBucket(t, root, "bucket-a")
	mustPut(t, root, "bucket-a", "in/k", "v")
	if _, err := root.PutBucketTags(t.Context(), &sdk.PutBucketTagsRequest{Bucket: new("bucket-a"), Tagging: &sdk.Tagging{TagSet: &sdk.TagSet{Tags: []sdk.Tag{{Key: new("stage"), Value: new("test")}}}}}); err != nil {
		t.Fatal(err)
	}
	key := e.addUser(t, "u", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:ListBuckets","Resource":"*"}]}`)
	found, known := e.ram.Key(key.ID)
	if !known {
		t.Fatal("the user's key is unknown")
	}
	id := found.Caller.ID
	c := e.client(key.ID, key.Secret, sdk.SignatureVersionV4)
	read := func() error { _, err := get(t.Context(), c, "bucket-a", "in/k"); return err }
	write := func(acl sdk.ObjectACLType) func() error {
		return func() error {
			_, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("in/new"), Body: strings.NewReader("v"), Acl: acl})
			return err
		}
	}
	list := func(prefix string) func() error {
		return func() error {
			_, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a"), Prefix: new(prefix)})
			return err
		}
	}
	all := `"Action":["oss:GetObject","oss:PutObject","oss:ListObjects"],"Resource":["acs:oss:*:*:bucket-a","acs:oss:*:*:bucket-a/*"]`
	for name, tc := range map[string]struct {
		statement string
		do        func() error
		want      bool
	}{
		"no condition":                  {all, read, true},
		"another action":                {`"Action":["oss:PutObject"],"Resource":["acs:oss:*:*:bucket-a/*"]`, read, false},
		"another prefix":                {`"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:bucket-a/out/*"]`, read, false},
		"the account of the bucket":     {`"Action":["oss:GetObject"],"Resource":["acs:oss:*:` + account + `:bucket-a/*"]`, read, true},
		"another account":               {`"Action":["oss:GetObject"],"Resource":["acs:oss:*:9999999999999999:bucket-a/*"]`, read, false},
		"all actions but one":           {`"NotAction":["oss:PutObject"],"Resource":["*"]`, read, true},
		"the action that is left out":   {`"NotAction":["oss:GetObject"],"Resource":["*"]`, read, false},
		"its key":                       {all + `,"Condition":{"StringEquals":{"acs:AccessId":["` + key.ID + `"]}}`, read, true},
		"another key":                   {all + `,"Condition":{"StringEquals":{"acs:AccessId":["LTAI"]}}`, read, false},
		"its address":                   {all + `,"Condition":{"IpAddress":{"acs:SourceIp":["127.0.0.1"]}}`, read, true},
		"another address":               {all + `,"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}`, read, false},
		"over TLS":                      {all + `,"Condition":{"Bool":{"acs:SecureTransport":["true"]}}`, read, false},
		"the bucket's tag":              {all + `,"Condition":{"StringEquals":{"oss:BucketTag/stage":["test"]}}`, read, true},
		"another tag":                   {all + `,"Condition":{"StringEquals":{"oss:BucketTag/other":["test"]}}`, read, false},
		"the prefix of a list":          {all + `,"Condition":{"StringLike":{"oss:Prefix":["in/*"]}}`, list("in/"), true},
		"another prefix of a list":      {all + `,"Condition":{"StringLike":{"oss:Prefix":["in/*"]}}`, list(""), false},
		"an ACL":                        {all + `,"Condition":{"StringEquals":{"oss:x-oss-object-acl":["private"]}}`, write(sdk.ObjectACLPrivate), true},
		"another ACL":                   {all + `,"Condition":{"StringEquals":{"oss:x-oss-object-acl":["private"]}}`, write(sdk.ObjectACLDefault), false},
		"a key that is not emulated":    {all + `,"Condition":{"StringEquals":{"acs:SourceVpc":["vpc-a"]}}`, read, false},
		"an operator that is not known": {all + `,"Condition":{"StringResembles":{"acs:AccessId":["` + key.ID + `"]}}`, read, false},
	} {
		policy := `{"Version":"1","Statement":[{"Effect":"Allow","Principal":["` + id + `"],` + tc.statement + `}]}`
		if _, err := root.PutBucketPolicy(t.Context(), &sdk.PutBucketPolicyRequest{Bucket: new("bucket-a"), Body: strings.NewReader(policy)}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := tc.do(); (err == nil) != tc.want {
			t.Errorf("%s: allowed %v (%v), want %v", name, err == nil, err, tc.want)
		}
	}
}
