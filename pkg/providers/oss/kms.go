package oss

import (
	"context"
	"errors"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// OSS takes every KMSMasterKeyID for a bucket and refuses the first object if the key
// is of no use (A482, A483). So the broker looks at the key before it makes a bucket,
// and before an update sets another key.

// kmsProduct returns KMS as the cloud's clients need it: hosts (page "Endpoints" of KMS;
// the SDK has no table), and error codes (pages "Common error codes" and DescribeKey).
func kmsProduct() alicloud.Product {
	return alicloud.Product{
		Name: "kms", Version: "2016-01-20",
		Host: func(region string) string { return "kms." + region + ".aliyuncs.com" },
		Codes: map[string]error{
			"Forbidden.KeyNotFound":   providers.ErrNotFound,
			"Forbidden.AliasNotFound": providers.ErrNotFound,
			"Forbidden.InDebt":        providers.ErrArrears,
			"Forbidden.InDebtOverdue": providers.ErrArrears,
			"InternalFailure":         providers.ErrOutcomeUnknown,
		},
	}
}

// A kmsKey has the read members of a key.
type kmsKey struct{ State, Usage, Spec string }

// KMSKey calls DescribeKey in the region of the buckets, where their keys are.
func (c client) KMSKey(ctx context.Context, id string) (kmsKey, error) {
	req, resp := kms.CreateDescribeKeyRequest(), kms.CreateDescribeKeyResponse()
	req.RegionId, req.KeyId = c.region, id
	if err := c.cloud.Do(ctx, alicloud.Read, req, resp); err != nil {
		return kmsKey{}, err
	}
	told := resp.KeyMetadata
	return kmsKey{told.KeyState, told.KeyUsage, told.KeySpec}, nil
}

// The words of KMS that make a key good.
const (
	keyIsEnabled   = "Enabled"
	keyIsToEncrypt = "ENCRYPT/DECRYPT"
)

// productNameKMS names KMS in errors.
const productNameKMS = "Kms"

// Sentences for users about KMS keys.
const (
	textKMSMissing = "The KMS key of Encryption/KMSMasterKeyID does not exist in the region and the cloud account of the bucket; choose another, or leave KMSMasterKeyID out."
	textKMSUsage   = "The KMS key of Encryption/KMSMasterKeyID is not for this; choose a symmetric key with the usage ENCRYPT/DECRYPT, or leave KMSMasterKeyID out."
	textKMSState   = "The KMS key of Encryption/KMSMasterKeyID is not enabled; choose another, or leave KMSMasterKeyID out."
	textKMSOfPlan  = "The KMS key that the plan sets as Encryption/KMSMasterKeyID is missing, not enabled or not for encryption; give another Encryption, or ask the operator of the broker to correct the plan."
	textKMSDenied  = "The broker may not look at the KMS key of Encryption/KMSMasterKeyID; ask the operator of the broker to grant kms:DescribeKey on it, and to activate KMS where the cloud account has none."
	textKMSUserKey = "The AccessKeyId of this instance may not look at the KMS key of Encryption/KMSMasterKeyID; grant it kms:DescribeKey on the key, choose another key, or leave KMSMasterKeyID out."
)

// kmsStates are the sentences of states, beside Enabled (KMS API, DescribeKey).
func kmsStates() map[string]string {
	return map[string]string{
		"Disabled":        "The KMS key of Encryption/KMSMasterKeyID is disabled; enable it and try again, choose another, or leave KMSMasterKeyID out.",
		"PendingDeletion": "The KMS key of Encryption/KMSMasterKeyID is about to be deleted; cancel that and try again, choose another, or leave KMSMasterKeyID out.",
		"PendingImport":   "The KMS key of Encryption/KMSMasterKeyID lacks its key material; import it and try again, choose another, or leave KMSMasterKeyID out.",
	}
}

// problem returns the sentence of a key that encrypts no objects; empty for a good one.
// Keys with the usage ENCRYPT/DECRYPT include asymmetric ones, which make no data keys
// (A488).
func (k kmsKey) problem() string {
	switch {
	case k.Usage != "" && k.Usage != keyIsToEncrypt, strings.HasPrefix(k.Spec, "RSA_"), strings.HasPrefix(k.Spec, "EC_"):
		return textKMSUsage
	case k.State == keyIsEnabled:
		return ""
	}
	if text := kmsStates()[k.State]; text != "" {
		return text
	}
	return textKMSState
}

// keyToLookAt returns the KMS key of a bucket that is to be made, or the one that an
// update changes to; empty for none. A bucket that a create has made was looked at
// before, and one that is gone is not made again.
func keyToLookAt(t providers.Task, plan instancePlan, s bucketState) (string, error) {
	wasMade := t.Usable || t.Was != nil
	id, err := kmsKeyOf(plan)
	if err != nil || t.Goal != providers.Present || s.Foreign || s.There != wasMade || s.Told.Encryption.KMSMasterKeyID == id {
		return "", err
	}
	return id, nil
}

// lookAtKey returns the failure of a plan with a KMS key that is of no use, or nil.
func lookAtKey(ctx context.Context, calls optionLooks, t providers.Task, plan instancePlan, s bucketState) (*providers.Failure, error) {
	id, err := keyToLookAt(t, plan, s)
	if err != nil || id == "" {
		return nil, err
	}
	key, err := calls.KMSKey(ctx, id)
	text := key.problem()
	switch {
	case errors.Is(err, providers.ErrNotFound), errors.Is(err, providers.ErrInvalid):
		text = textKMSMissing
	case errors.Is(err, providers.ErrDenied):
		return nil, providers.WithSentence(err, textKMSDenied)
	case err != nil:
		return nil, err
	case text == "":
		return nil, nil
	}
	if given, err := parametersOf(t.Parameters); err == nil && given.Options["Encryption"] == nil {
		return providers.Failf(providers.Broken, textKMSOfPlan), nil
	}
	return providers.Failf(providers.Invalid, "%s", text), nil
}
