package assumptions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	emulatedoss "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

func TestA480_RedundancyTask_WaitsAndWorksForADay(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.bucket()
		r, err := c.CreateBucketDataRedundancyTransition(e.Context(), &oss.CreateBucketDataRedundancyTransitionRequest{Bucket: oss.Ptr(name), TargetRedundancyType: oss.Ptr("ZRS")})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct {
			after              time.Duration
			status, redundancy string
		}{{0, "Queueing", "LRS"}, {2 * time.Minute, "Processing", "LRS"}, {24 * time.Hour, "Finished", "ZRS"}} {
			e.srv.Clock().Advance(want.after)
			task, err := c.GetBucketDataRedundancyTransition(e.Context(), &oss.GetBucketDataRedundancyTransitionRequest{
				Bucket: oss.Ptr(name), RedundancyTransitionTaskid: r.BucketDataRedundancyTransition.TaskId,
			})
			info, infoErr := c.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr(name)})
			if err != nil || infoErr != nil {
				t.Fatal(err, infoErr)
			}
			status, redundancy := *task.BucketDataRedundancyTransition.Status, *info.BucketInfo.DataRedundancyType
			if status != want.status || redundancy != want.redundancy {
				t.Errorf("after %s: %s, %s, want %s, %s", want.after, status, redundancy, want.status, want.redundancy)
			}
		}
	})
}

func TestA481_RedundancyTaskThatCannotBe_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		create := func(target string) error {
			_, err := c.CreateBucketDataRedundancyTransition(e.Context(), &oss.CreateBucketDataRedundancyTransitionRequest{Bucket: oss.Ptr(name), TargetRedundancyType: &target})
			return err
		}
		e.refused(create("LRS"), 400, "InvalidArgument")
		if err := create("ZRS"); err != nil {
			t.Fatal(err)
		}
		e.refused(create("ZRS"), 409, "BucketDataRedundancyTransitionTaskStatusConflict")
	})
}

func TestA482_EncryptionWithUnknownKey_Taken(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.PutBucketEncryption(e.Context(), &oss.PutBucketEncryptionRequest{Bucket: oss.Ptr(name), ServerSideEncryptionRule: &oss.ServerSideEncryptionRule{
			ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{SSEAlgorithm: oss.Ptr("KMS"), KMSMasterKeyID: oss.Ptr("no-such-key")},
		}})
		if err != nil {
			t.Errorf("a key that KMS lacks: %v", err)
		}
	})
}

func TestA483_ObjectWithUnknownKey_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.keys(kms.Key{ID: "key-1"})
		if err := e.putWith("key-1"); err != nil {
			t.Error(err)
		}
		if text := e.refused(e.putWith("key-2"), 400, "InvalidArgument"); !strings.Contains(text, "<EC>0005-00000208</EC>") {
			t.Errorf("the refusal is %s", text)
		}
	})
}

func TestA484_UnknownResourceGroup_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.ResourceGroups = []string{"rg-known"} })
		c, name := e.bucket()
		move := func(id string) error {
			_, err := c.PutBucketResourceGroup(e.Context(), &oss.PutBucketResourceGroupRequest{
				Bucket: oss.Ptr(name), BucketResourceGroupConfiguration: &oss.BucketResourceGroupConfiguration{ResourceGroupId: oss.Ptr(id)},
			})
			return err
		}
		if err := move("rg-known"); err != nil {
			t.Error(err)
		}
		e.refused(move("rg-unknown"), 400, "ResourceGroupIdPreCheckError")
		_, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(e.name()), ResourceGroupId: oss.Ptr("rg-unknown")})
		e.refused(err, 400, "InvalidArgument")
	})
}
