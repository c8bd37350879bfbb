package oss_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestLifecycle_Rules_ReturnedAsPut(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	get := func() (*sdk.LifecycleConfiguration, error) {
		result, err := c.GetBucketLifecycle(t.Context(), &sdk.GetBucketLifecycleRequest{Bucket: new("bucket-a")})
		if err != nil {
			return nil, err
		}
		return result.LifecycleConfiguration, nil
	}
	_, err := get()
	wantCode(t, err, "NoSuchLifecycle")
	_, err = c.PutBucketLifecycle(t.Context(), &sdk.PutBucketLifecycleRequest{Bucket: new("bucket-a"), LifecycleConfiguration: &sdk.LifecycleConfiguration{Rules: []sdk.LifecycleRule{
		{
			ID: new("logs"), Prefix: new("logs/"), Status: new("Enabled"), Expiration: &sdk.LifecycleRuleExpiration{Days: new(int32(90))},
			Transitions: []sdk.LifecycleRuleTransition{{Days: new(int32(30)), StorageClass: sdk.StorageClassIA}, {Days: new(int32(60)), StorageClass: sdk.StorageClassArchive}},
			Tags:        []sdk.Tag{{Key: new("kind"), Value: new("log")}},
		},
		{Prefix: new("tmp/"), Status: new("Disabled"), AbortMultipartUpload: &sdk.LifecycleRuleAbortMultipartUpload{Days: new(int32(1))}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := get()
	if err != nil {
		t.Fatal(err)
	}
	first, second := kept.Rules[0], kept.Rules[1]
	if *first.ID != "logs" || *first.Expiration.Days != 90 || len(first.Transitions) != 2 || first.Transitions[1].StorageClass != sdk.StorageClassArchive || *first.Tags[0].Value != "log" {
		t.Errorf("first rule %+v", first)
	}
	if *second.ID == "" || *second.Status != "Disabled" || *second.AbortMultipartUpload.Days != 1 {
		t.Errorf("second rule %+v, want an id of its own", second)
	}
	if _, err := c.DeleteBucketLifecycle(t.Context(), &sdk.DeleteBucketLifecycleRequest{Bucket: new("bucket-a")}); err != nil {
		t.Error(err)
	}
	_, err = get()
	wantCode(t, err, "NoSuchLifecycle")
}

func TestLifecycle_BadRules_Refused(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	const expire = "<Expiration><Days>9</Days></Expiration>"
	rule := func(inside string) string {
		return "<Rule><Prefix>a/</Prefix><Status>Enabled</Status>" + inside + "</Rule>"
	}
	move := func(days int, class string) string {
		return fmt.Sprintf("<Transition><Days>%d</Days><StorageClass>%s</StorageClass></Transition>", days, class)
	}
	for name, tc := range map[string]struct {
		rules  string
		header map[string]string
		status int
	}{
		"expiration":                {rules: rule(expire), status: 200},
		"a date":                    {rules: rule("<Expiration><CreatedBeforeDate>2026-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration>"), status: 200},
		"a date of old":             {rules: rule("<Expiration><Date>2026-01-01T00:00:00.000Z</Date></Expiration>"), status: 200},
		"two dates":                 {rules: rule("<Expiration><Date>2026-01-01T00:00:00.000Z</Date><CreatedBeforeDate>2026-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration>"), status: 400},
		"expired delete markers":    {rules: rule("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"), status: 200},
		"markers stay":              {rules: rule("<Expiration><Days>9</Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>"), status: 200},
		"markers, and days":         {rules: rule("<Expiration><Days>9</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"), status: 400},
		"nothing but markers stay":  {rules: rule("<Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>"), status: 400},
		"old versions":              {rules: rule("<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>"), status: 200},
		"1000 rules":                {rules: manyRules(1000), status: 200},
		"1001 rules":                {rules: manyRules(1001), status: 400},
		"no rule":                   {rules: "", status: 400},
		"no action":                 {rules: rule(""), status: 400},
		"no days":                   {rules: rule("<Expiration/>"), status: 400},
		"days and date":             {rules: rule("<Expiration><Days>1</Days><CreatedBeforeDate>2026-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration>"), status: 400},
		"zero days":                 {rules: rule("<Expiration><Days>0</Days></Expiration>"), status: 400},
		"a date at noon":            {rules: rule("<Expiration><CreatedBeforeDate>2026-01-01T12:00:00.000Z</CreatedBeforeDate></Expiration>"), status: 400},
		"unknown status":            {rules: strings.Replace(rule(expire), "Enabled", "On", 1), status: 400},
		"unknown class":             {rules: rule(move(3, "Cold")), status: 400},
		"back to Standard":          {rules: rule(move(3, "Standard")), status: 400},
		"colder with age":           {rules: rule(move(3, "IA") + move(4, "Archive")), status: 200},
		"warmer with age":           {rules: rule(move(4, "IA") + move(3, "Archive")), status: 400},
		"expires before it moves":   {rules: rule(expire + move(10, "IA")), status: 400},
		"an id twice":               {rules: rule("<ID>x</ID>"+expire) + strings.Replace(rule("<ID>x</ID>"+expire), "a/", "b/", 1), status: 400},
		"an id of 256":              {rules: rule("<ID>" + strings.Repeat("x", 256) + "</ID>" + expire), status: 400},
		"overlapping":               {rules: rule(expire) + strings.Replace(rule(expire), "a/", "a/b", 1), status: 400},
		"overlapping, allowed":      {rules: rule(expire) + strings.Replace(rule(expire), "a/", "a/b", 1), header: map[string]string{"x-oss-allow-same-action-overlap": "true"}, status: 200},
		"overlapping, other action": {rules: rule(expire) + rule("<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>"), status: 200},
		"uploads by tag":            {rules: rule("<Tag><Key>a</Key><Value>b</Value></Tag><AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>"), status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := e.do(t, "PUT", "/bucket-a?lifecycle", tc.header, "<LifecycleConfiguration>"+tc.rules+"</LifecycleConfiguration>")
			if status != tc.status {
				t.Errorf("status %d, want %d: %s", status, tc.status, answer)
			}
		})
	}
}

func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<Rule><Prefix>%d/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>", i)
	}
	return b.String()
}
