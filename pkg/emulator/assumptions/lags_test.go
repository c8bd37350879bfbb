package assumptions_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

// lagging makes a user that reads a bucket, under delays.
func (e *environment) lagging(change func(*ram.Behaviour)) (as *environment, user, policy, bucket string) {
	e.Helper()
	_, bucket = e.bucket()
	user, k := e.user("")
	policy = e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetBucketInfo","Resource":"*"}]}`)
	e.srv.RAM().Behave(change)
	e.attached(policy, user)
	return e.as(k), user, policy, bucket
}

// reads asks for the description of a bucket.
func (e *environment) reads(bucket string) error {
	_, err := e.bucketClient().GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: &bucket})
	return err
}

func TestA400_NewAccessKey_UnknownForAWhile(t *testing.T) {
	verify(t, never, func(e *environment) {
		as, _, _, bucket := e.lagging(func(b *ram.Behaviour) { b.KeyLag = time.Minute })
		e.refused(as.reads(bucket), 403, "InvalidAccessKeyId")
		as.sts("GetCallerIdentity").want(404, "InvalidAccessKeyId.NotFound")
		e.srv.Clock().Advance(time.Minute)
		if err := as.reads(bucket); err != nil {
			t.Errorf("after the delay: %v", err)
		}
	})
}

func TestA401_AttachedPolicy_CountsAfterAWhile(t *testing.T) {
	verify(t, never, func(e *environment) {
		as, _, policy, bucket := e.lagging(func(b *ram.Behaviour) { b.PolicyLag = 30 * time.Second })
		e.refused(as.reads(bucket), 403, "AccessDenied")
		e.srv.Clock().Advance(30 * time.Second)
		if err := as.reads(bucket); err != nil {
			t.Errorf("after the delay: %v", err)
		}
		e.ram("CreatePolicyVersion", "PolicyName", policy, "PolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:ListObjects","Resource":"*"}]}`, "SetAsDefault", "true").ok()
		if err := as.reads(bucket); err != nil {
			t.Errorf("just after another default version: %v", err)
		}
		e.srv.Clock().Advance(30 * time.Second)
		e.refused(as.reads(bucket), 403, "AccessDenied")
	})
}

func TestA402_DetachedPolicy_CountsForAWhile(t *testing.T) {
	verify(t, never, func(e *environment) {
		as, user, policy, bucket := e.lagging(func(b *ram.Behaviour) { b.RevokeLag = 30 * time.Second })
		e.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", user).ok()
		if err := as.reads(bucket); err != nil {
			t.Errorf("just after the detachment: %v", err)
		}
		e.srv.Clock().Advance(30 * time.Second)
		e.refused(as.reads(bucket), 403, "AccessDenied")
	})
}
