package rampolicies_test

import (
	"testing"

	sdkoss "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// walkOptions sets every option of a bucket, and takes away what can be.
func walkOptions(t *testing.T, s *stack.Stack, _ bool) error {
	t.Helper()
	logs := "logs-of-the-account"
	s.Cloud().OSS().AddForeignBucket(logs, s.Cloud().AccountID())
	w := newWalker(t, s, "oss-997b8372-8dac-40ac-ae65-758b4a502222", "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222")
	return steps(
		func() error {
			return w.provision(`,"parameters":{"Versioning":"Enabled","Encryption":{"SSEAlgorithm":"AES256"},"Logging":{"TargetBucket":"` + logs + `"},` +
				`"Lifecycle":[{"Expiration":{"Days":7}}],"Cors":[{"AllowedOrigin":["*"],"AllowedMethod":["GET"]}],` +
				`"Referer":{"AllowEmptyReferer":false},"TransferAcceleration":true,"ResourceGroupId":"rg-before"}`)
		},
		func() error {
			return w.update("{" + w.ids + `,"parameters":{"Encryption":null,"Logging":null,"Lifecycle":null,"Cors":null,"Redundancy":"ZRS","ResourceGroupId":"rg-after"}}`)
		},
		w.deprovision,
		func() error {
			key := s.Cloud().AccessKey()
			_, err := ossOf(s.Cloud(), key.ID, key.Secret).DeleteBucket(t.Context(), &sdkoss.DeleteBucketRequest{Bucket: &logs})
			return err
		},
	)
}
