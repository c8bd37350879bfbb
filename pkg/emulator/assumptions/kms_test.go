package assumptions_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
)

func (e *environment) kms(action string, pairs ...string) answer {
	e.Helper()
	return e.call("kms", action, pairs...)
}

// keys sets the account's keys.
func (e *environment) keys(list ...kms.Key) {
	e.srv.KMS().Behave(func(b *kms.Behaviour) { b.Keys = list })
}

// putWith puts an object into a bucket that encrypts with a key.
func (e *environment) putWith(key string) error {
	e.Helper()
	c, name := e.bucket()
	_, err := c.PutBucketEncryption(e.Context(), &oss.PutBucketEncryptionRequest{Bucket: oss.Ptr(name), ServerSideEncryptionRule: &oss.ServerSideEncryptionRule{
		ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{SSEAlgorithm: oss.Ptr("KMS"), KMSMasterKeyID: oss.Ptr(key)},
	}})
	if err != nil {
		e.Fatal(err)
	}
	_, err = c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
	return err
}

func TestA485_UnknownKey_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		if e.srv != nil {
			e.keys(kms.Key{ID: "elsewhere", Region: "cn-shanghai"})
			e.kms("DescribeKey", "KeyId", "elsewhere").want(404, "Forbidden.KeyNotFound")
		}
		e.kms("DescribeKey", "KeyId", "00000000-0000-4000-8000-000000000000").want(404, "Forbidden.KeyNotFound")
		e.kms("DescribeKey", "KeyId", "alias/"+e.name()).want(404, "Forbidden.AliasNotFound")
	})
}

func TestA486_DescribeKeyWithoutPermission_Forbidden(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, k := e.user("")
		e.as(k).kms("DescribeKey", "KeyId", "00000000-0000-4000-8000-000000000000").want(403, "Forbidden.NoPermission")
		if e.srv == nil {
			return // the account may have no key
		}
		name, k := e.user("")
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:DescribeKey","Resource":"acs:kms:*:*:key/mine"}]}`), name)
		e.as(k).kms("DescribeKey", "KeyId", "mine").ok()
		e.as(k).kms("DescribeKey", "KeyId", "other").want(403, "Forbidden.NoPermission")
	})
}

func TestA487_ObjectWithKeyOutOfUse_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		for _, state := range []string{kms.Disabled, kms.PendingDeletion, kms.PendingImport} {
			e.keys(kms.Key{ID: "key-1", State: state})
			if text := e.refused(e.putWith("key-1"), 400, "InvalidArgument"); !strings.Contains(text, "<EC>0005-00000214</EC>") {
				t.Errorf("the refusal with a key that is %s: %s", state, text)
			}
		}
	})
}

func TestA488_AsymmetricKey_MayHaveTheUsageEncrypt(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.keys(kms.Key{ID: "key-1", Spec: "RSA_2048"})
		if key := e.describedKey("key-1"); key.KeyUsage != "ENCRYPT/DECRYPT" || key.KeySpec != "RSA_2048" {
			t.Errorf("the key is %+v", key)
		}
	})
}

func TestA489_KeyInAnyState_IsDescribed(t *testing.T) {
	verify(t, never, func(e *environment) {
		for _, state := range []string{kms.Enabled, kms.Disabled, kms.PendingDeletion, kms.PendingImport} {
			e.keys(kms.Key{ID: "key-1", State: state, Instance: "kst-1"})
			if key := e.describedKey("key-1"); key.KeyState != state || key.DKMSInstanceId != "kst-1" {
				t.Errorf("the key is %+v, want %s", key, state)
			}
		}
	})
}

type describedKey struct{ KeyState, KeyUsage, KeySpec, DKMSInstanceId string }

func (e *environment) describedKey(id string) describedKey {
	e.Helper()
	return into[struct{ KeyMetadata describedKey }](e.kms("DescribeKey", "KeyId", id)).KeyMetadata
}
