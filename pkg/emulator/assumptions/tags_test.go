package assumptions_test

import (
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// instanceTagRefused checks that instances refuse the value of a tag.
func (e *environment) instanceTagRefused(value string) {
	e.Helper()
	e.rds("CreateDBInstance", e.wanted("Tag.1.Key", "k", "Tag.1.Value", value)...).want(400, "InvalidTagValue.Malformed")
}

// bucketTagRefused checks that buckets do.
func (e *environment) bucketTagRefused(value string) {
	e.Helper()
	c, name := e.bucket()
	_, err := c.PutBucketTags(e.Context(), &oss.PutBucketTagsRequest{Bucket: oss.Ptr(name), Tagging: tagsOf("k", value)})
	e.refused(err, 400, "InvalidTag")
}

func TestA130_ReservedTagValue_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		for _, value := range reservedValues() {
			e.instanceTagRefused(value)
		}
	})
}

func TestA132_ReservedBucketTagValue_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		for _, value := range reservedValues() {
			e.bucketTagRefused(value)
		}
	})
}

func reservedValues() []string { return []string{"aliyun-x", "ACS:x", "http://x", "https://x"} }

func TestA131_ControlCharacterInTag_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		for _, value := range []string{"a\x00b", "a\nb"} {
			e.instanceTagRefused(value)
			e.bucketTagRefused(value)
		}
	})
}
