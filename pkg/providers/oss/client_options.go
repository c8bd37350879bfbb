package oss

import (
	"context"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// optionLooks are the calls that read options which GetBucketInfo does not tell. A
// missing configuration is the zero value.
type optionLooks interface {
	Lifecycle(ctx context.Context, bucket string) (lifecycle, error)
	CORS(ctx context.Context, bucket string) (cors, error)
	Referer(ctx context.Context, bucket string) (referer, error)
	// IsTransitioning reports whether OSS has a task that makes the bucket one with
	// ZRS and has not failed.
	IsTransitioning(ctx context.Context, bucket string) (bool, error)
	// KMSKey describes a key of KMS in the region of the buckets.
	KMSKey(ctx context.Context, id string) (kmsKey, error)
}

// optionChanges are the calls that set options. A zero value removes the option.
type optionChanges interface {
	PutEncryption(ctx context.Context, bucket string, rule encryption) error
	PutLogging(ctx context.Context, bucket string, to logging) error
	PutVersioning(ctx context.Context, bucket string, state versioning) error
	PutLifecycle(ctx context.Context, bucket string, rules lifecycle) error
	PutCORS(ctx context.Context, bucket string, rules cors) error
	PutReferer(ctx context.Context, bucket string, rule referer) error
	PutAcceleration(ctx context.Context, bucket string, enabled acceleration) error
	PutResourceGroup(ctx context.Context, bucket, id string) error
	// ChangeRedundancy begins the task that moves the data.
	ChangeRedundancy(ctx context.Context, bucket, redundancy string) error
}

// toldBy reads the options from the answer of GetBucketInfo.
func toldBy(b oss.BucketInfo) toldOptions {
	return toldOptions{
		Redundancy:    oss.ToString(b.DataRedundancyType),
		ResourceGroup: oss.ToString(b.ResourceGroupId),
		Versioning:    versioning(oss.ToString(b.Versioning)),
		Encryption: encryption{
			oss.ToString(b.SseRule.SSEAlgorithm), oss.ToString(b.SseRule.KMSMasterKeyID), oss.ToString(b.SseRule.KMSDataEncryption),
		},
		Logging:      logging{oss.ToString(b.BucketPolicy.LogBucket), oss.ToString(b.BucketPolicy.LogPrefix)},
		Acceleration: oss.ToString(b.TransferAcceleration) == "Enabled",
	}
}

// read and write make one call of the SDK.
func (c client) read(ctx context.Context, action string, do func(*oss.Client) error) error {
	return c.call(ctx, action, alicloud.Read, do)
}

func (c client) write(ctx context.Context, action string, do func(*oss.Client) error) error {
	return c.call(ctx, action, alicloud.Write, do)
}

func emptyAsNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (c client) CORS(ctx context.Context, bucket string) (rules cors, err error) {
	err = c.read(ctx, "GetBucketCors", func(client *oss.Client) error {
		r, err := client.GetBucketCors(ctx, &oss.GetBucketCorsRequest{Bucket: &bucket})
		if err != nil || r.CORSConfiguration == nil {
			return err
		}
		for _, rule := range r.CORSConfiguration.CORSRules {
			rules = append(rules, corsRule{
				rule.AllowedOrigins, rule.AllowedMethods, rule.AllowedHeaders, rule.ExposeHeaders, oss.ToInt64(rule.MaxAgeSeconds),
			})
		}
		return nil
	})
	return rules, providers.UnlessMissing(err)
}

func (c client) PutCORS(ctx context.Context, bucket string, rules cors) error {
	if len(rules) == 0 {
		return c.write(ctx, "DeleteBucketCors", func(client *oss.Client) error {
			_, err := client.DeleteBucketCors(ctx, &oss.DeleteBucketCorsRequest{Bucket: &bucket})
			return err
		})
	}
	configuration := &oss.CORSConfiguration{}
	for _, rule := range rules {
		sent := oss.CORSRule{
			AllowedOrigins: rule.AllowedOrigin, AllowedMethods: rule.AllowedMethod, AllowedHeaders: rule.AllowedHeader, ExposeHeaders: rule.ExposeHeader,
		}
		if rule.MaxAgeSeconds > 0 {
			sent.MaxAgeSeconds = &rule.MaxAgeSeconds
		}
		configuration.CORSRules = append(configuration.CORSRules, sent)
	}
	return c.write(ctx, "PutBucketCors", func(client *oss.Client) error {
		_, err := client.PutBucketCors(ctx, &oss.PutBucketCorsRequest{Bucket: &bucket, CORSConfiguration: configuration})
		return err
	})
}

func (c client) Referer(ctx context.Context, bucket string) (rule referer, err error) {
	err = c.read(ctx, "GetBucketReferer", func(client *oss.Client) error {
		r, err := client.GetBucketReferer(ctx, &oss.GetBucketRefererRequest{Bucket: &bucket})
		if err != nil || r.RefererConfiguration == nil {
			return err
		}
		told := r.RefererConfiguration
		rule = referer{AllowEmptyReferer: told.AllowEmptyReferer, AllowTruncateQueryString: told.AllowTruncateQueryString, TruncatePath: told.TruncatePath}
		if told.RefererList != nil {
			rule.RefererList = told.RefererList.Referers
		}
		if told.RefererBlacklist != nil {
			rule.RefererBlacklist = told.RefererBlacklist.Referers
		}
		return nil
	})
	return rule, err
}

// PutReferer sends a list also where it is empty, since there is no call that removes
// the configuration (OSS API, PutBucketReferer).
func (c client) PutReferer(ctx context.Context, bucket string, rule referer) error {
	rule, _ = rule.normal()
	configuration := &oss.RefererConfiguration{
		AllowEmptyReferer: rule.AllowEmptyReferer, AllowTruncateQueryString: rule.AllowTruncateQueryString, TruncatePath: rule.TruncatePath,
		RefererList: &oss.RefererList{Referers: rule.RefererList},
	}
	if len(rule.RefererBlacklist) > 0 {
		configuration.RefererBlacklist = &oss.RefererBlacklist{Referers: rule.RefererBlacklist}
	}
	return c.write(ctx, "PutBucketReferer", func(client *oss.Client) error {
		_, err := client.PutBucketReferer(ctx, &oss.PutBucketRefererRequest{Bucket: &bucket, RefererConfiguration: configuration})
		return err
	})
}

func (c client) PutEncryption(ctx context.Context, bucket string, rule encryption) error {
	if rule == (encryption{}) {
		return c.write(ctx, "DeleteBucketEncryption", func(client *oss.Client) error {
			_, err := client.DeleteBucketEncryption(ctx, &oss.DeleteBucketEncryptionRequest{Bucket: &bucket})
			return err
		})
	}
	return c.write(ctx, "PutBucketEncryption", func(client *oss.Client) error {
		_, err := client.PutBucketEncryption(ctx, &oss.PutBucketEncryptionRequest{
			Bucket: &bucket, ServerSideEncryptionRule: &oss.ServerSideEncryptionRule{
				ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{
					SSEAlgorithm: &rule.SSEAlgorithm, KMSMasterKeyID: emptyAsNil(rule.KMSMasterKeyID), KMSDataEncryption: emptyAsNil(rule.KMSDataEncryption),
				},
			},
		})
		return err
	})
}

func (c client) PutLogging(ctx context.Context, bucket string, to logging) error {
	if to.TargetBucket == "" {
		return c.write(ctx, "DeleteBucketLogging", func(client *oss.Client) error {
			_, err := client.DeleteBucketLogging(ctx, &oss.DeleteBucketLoggingRequest{Bucket: &bucket})
			return err
		})
	}
	return c.write(ctx, "PutBucketLogging", func(client *oss.Client) error {
		_, err := client.PutBucketLogging(ctx, &oss.PutBucketLoggingRequest{
			Bucket:              &bucket,
			BucketLoggingStatus: &oss.BucketLoggingStatus{LoggingEnabled: &oss.LoggingEnabled{TargetBucket: &to.TargetBucket, TargetPrefix: &to.TargetPrefix}},
		})
		return err
	})
}

func (c client) PutVersioning(ctx context.Context, bucket string, state versioning) error {
	state, _ = state.normal()
	return c.write(ctx, "PutBucketVersioning", func(client *oss.Client) error {
		_, err := client.PutBucketVersioning(ctx, &oss.PutBucketVersioningRequest{
			Bucket: &bucket, VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersioningStatusType(state)},
		})
		return err
	})
}

func (c client) PutAcceleration(ctx context.Context, bucket string, enabled acceleration) error {
	return c.write(ctx, "PutBucketTransferAcceleration", func(client *oss.Client) error {
		_, err := client.PutBucketTransferAcceleration(ctx, &oss.PutBucketTransferAccelerationRequest{
			Bucket: &bucket, TransferAccelerationConfiguration: &oss.TransferAccelerationConfiguration{Enabled: new(bool(enabled))},
		})
		return err
	})
}

func (c client) PutResourceGroup(ctx context.Context, bucket, id string) error {
	return c.write(ctx, "PutBucketResourceGroup", func(client *oss.Client) error {
		_, err := client.PutBucketResourceGroup(ctx, &oss.PutBucketResourceGroupRequest{
			Bucket: &bucket, BucketResourceGroupConfiguration: &oss.BucketResourceGroupConfiguration{ResourceGroupId: &id},
		})
		return err
	})
}

func (c client) IsTransitioning(ctx context.Context, bucket string) (is bool, err error) {
	err = c.read(ctx, "ListBucketDataRedundancyTransition", func(client *oss.Client) error {
		r, err := client.ListBucketDataRedundancyTransition(ctx, &oss.ListBucketDataRedundancyTransitionRequest{Bucket: &bucket})
		is = err == nil && r.ListBucketDataRedundancyTransition != nil && len(r.ListBucketDataRedundancyTransition.BucketDataRedundancyTransitions) > 0
		return err
	})
	return is, err
}

func (c client) ChangeRedundancy(ctx context.Context, bucket, redundancy string) error {
	return c.write(ctx, "CreateBucketDataRedundancyTransition", func(client *oss.Client) error {
		_, err := client.CreateBucketDataRedundancyTransition(ctx, &oss.CreateBucketDataRedundancyTransitionRequest{Bucket: &bucket, TargetRedundancyType: &redundancy})
		return err
	})
}
