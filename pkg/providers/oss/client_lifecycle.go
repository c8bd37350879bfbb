package oss

import (
	"context"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Lifecycle reads the rules of a bucket (OSS API, GetBucketLifecycle).
func (c client) Lifecycle(ctx context.Context, bucket string) (rules lifecycle, err error) {
	err = c.read(ctx, "GetBucketLifecycle", func(client *oss.Client) error {
		r, err := client.GetBucketLifecycle(ctx, &oss.GetBucketLifecycleRequest{Bucket: &bucket})
		if err != nil || r.LifecycleConfiguration == nil {
			return err
		}
		for _, rule := range r.LifecycleConfiguration.Rules {
			rules = append(rules, toldRule(rule))
		}
		return nil
	})
	return rules, providers.UnlessMissing(err)
}

// PutLifecycle replaces the rules of a bucket as a whole (OSS API,
// PutBucketLifecycle), or removes them.
func (c client) PutLifecycle(ctx context.Context, bucket string, rules lifecycle) error {
	if len(rules) == 0 {
		return c.write(ctx, "DeleteBucketLifecycle", func(client *oss.Client) error {
			_, err := client.DeleteBucketLifecycle(ctx, &oss.DeleteBucketLifecycleRequest{Bucket: &bucket})
			return err
		})
	}
	configuration := &oss.LifecycleConfiguration{}
	for _, rule := range rules {
		configuration.Rules = append(configuration.Rules, rule.sent())
	}
	return c.write(ctx, "PutBucketLifecycle", func(client *oss.Client) error {
		_, err := client.PutBucketLifecycle(ctx, &oss.PutBucketLifecycleRequest{Bucket: &bucket, LifecycleConfiguration: configuration})
		return err
	})
}

// toldRule reads a rule of the SDK.
func toldRule(r oss.LifecycleRule) lifecycleRule {
	rule := lifecycleRule{ID: oss.ToString(r.ID), Prefix: oss.ToString(r.Prefix), Status: oss.ToString(r.Status)}
	for _, tag := range r.Tags {
		rule.Tag = append(rule.Tag, objectTag{oss.ToString(tag.Key), oss.ToString(tag.Value)})
	}
	if e := r.Expiration; e != nil {
		rule.Expiration = &lifecycleExpiration{toldAge(e.Days, e.CreatedBeforeDate), oss.ToBool(e.ExpiredObjectDeleteMarker)}
	}
	for _, t := range r.Transitions {
		rule.Transition = append(rule.Transition, lifecycleTransition{toldAge(t.Days, t.CreatedBeforeDate), string(t.StorageClass)})
	}
	if a := r.AbortMultipartUpload; a != nil {
		rule.AbortMultipartUpload = new(toldAge(a.Days, a.CreatedBeforeDate))
	}
	if e := r.NoncurrentVersionExpiration; e != nil {
		rule.NoncurrentVersionExpiration = &noncurrentAge{number(e.NoncurrentDays)}
	}
	for _, t := range r.NoncurrentVersionTransitions {
		rule.NoncurrentVersionTransition = append(rule.NoncurrentVersionTransition, noncurrentMove{noncurrentAge{number(t.NoncurrentDays)}, string(t.StorageClass)})
	}
	return rule
}

func number(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

func toldAge(days *int32, date *string) lifecycleAge {
	return lifecycleAge{number(days), oss.ToString(date)}
}

// sent writes the rule for the SDK. OSS wants the element Prefix, empty for all
// objects.
func (r *lifecycleRule) sent() oss.LifecycleRule {
	rule := oss.LifecycleRule{ID: &r.ID, Prefix: &r.Prefix, Status: &r.Status}
	for _, tag := range r.Tag {
		rule.Tags = append(rule.Tags, oss.Tag{Key: &tag.Key, Value: &tag.Value})
	}
	if e := r.Expiration; e != nil {
		rule.Expiration = &oss.LifecycleRuleExpiration{}
		rule.Expiration.Days, rule.Expiration.CreatedBeforeDate = e.sent()
		if e.ExpiredObjectDeleteMarker {
			rule.Expiration.ExpiredObjectDeleteMarker = &e.ExpiredObjectDeleteMarker
		}
	}
	for _, t := range r.Transition {
		sent := oss.LifecycleRuleTransition{StorageClass: oss.StorageClassType(t.StorageClass)}
		sent.Days, sent.CreatedBeforeDate = t.sent()
		rule.Transitions = append(rule.Transitions, sent)
	}
	if a := r.AbortMultipartUpload; a != nil {
		rule.AbortMultipartUpload = &oss.LifecycleRuleAbortMultipartUpload{}
		rule.AbortMultipartUpload.Days, rule.AbortMultipartUpload.CreatedBeforeDate = a.sent()
	}
	if e := r.NoncurrentVersionExpiration; e != nil {
		rule.NoncurrentVersionExpiration = &oss.NoncurrentVersionExpiration{NoncurrentDays: &e.NoncurrentDays}
	}
	for _, t := range r.NoncurrentVersionTransition {
		rule.NoncurrentVersionTransitions = append(rule.NoncurrentVersionTransitions, oss.NoncurrentVersionTransition{
			NoncurrentDays: &t.NoncurrentDays, StorageClass: oss.StorageClassType(t.StorageClass),
		})
	}
	return rule
}

func (a *lifecycleAge) sent() (days *int32, date *string) {
	if a.Days > 0 {
		days = &a.Days
	}
	return days, emptyAsNil(a.CreatedBeforeDate)
}
