package oss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// bindings is the binding kind: a RAM user that reads and writes one bucket. The
// bind to an instance of before blocks public access to its bucket first.
type bindings struct {
	ramuser.Kind

	service service
}

var _ providers.Undoer = bindings{}

// An exposed is the state of a binding that has no user yet, while public access to
// the private bucket of its instance is not blocked.
type exposed struct{ ramuser.State }

// guardPlan is the part of a binding's plan beside that of ramuser. Plans of before
// lack it.
type guardPlan struct {
	Guarded bool `json:"guarded"`
}

// Prepare adds the guard to the plan of the user.
func (b bindings) Prepare(t providers.Task) (providers.Plan, error) {
	plan, err := b.Kind.Prepare(t)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if err := providers.Decode(plan, "plan of the binding", &members); err != nil {
		return nil, err
	}
	members["guarded"] = json.RawMessage("true")
	guarded, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("oss: write the plan: %w", err)
	}
	return guarded, nil
}

// Observe looks at the user, and before there is one at the bucket.
func (b bindings) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	seen, err := b.Kind.Observe(ctx, t)
	state, ok := seen.State.(ramuser.State)
	if err != nil || !ok || state.User != ramuser.Missing || t.Goal != providers.Present || t.Of == nil ||
		isBlocked(t.Facts, false) || slices.Contains(t.Refused, stepBlock) {
		return seen, err
	}
	var plan guardPlan
	if err := providers.Decode(t.Plan, "plan of the binding", &plan); err != nil || !plan.Guarded {
		return seen, err
	}
	isExposed, err := b.service.isExposed(ctx, *t.Of)
	if err != nil {
		return seen, fmt.Errorf("oss: look at the bucket before a bind: %w", err)
	}
	if isExposed {
		seen.State = exposed{state}
	}
	return seen, nil
}

// Next blocks public access first.
func (b bindings) Next(t providers.Task, seen providers.Seen) providers.Step {
	state, ok := seen.State.(exposed)
	if !ok {
		return b.Kind.Next(t, seen)
	}
	if t.Of != nil && !slices.Contains(t.Refused, stepBlock) {
		if plan, err := instancePlanOf(*t.Of); err == nil {
			return providers.CallStep(stepBlock, bucketRequest{Bucket: plan.Bucket})
		}
	}
	seen.State = state.State
	return b.Kind.Next(t, seen)
}

// Do blocks public access with the instance's key, and makes the other calls as
// ramuser does.
func (b bindings) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	if s.Name != stepBlock {
		return b.Kind.Do(ctx, t, s)
	}
	if t.Of == nil {
		return providers.Facts{}, providers.Unreadable(errNoInstance)
	}
	plan, err := planForBindings(*t.Of)
	if err != nil {
		return providers.Facts{}, err
	}
	err = b.service.withKey(ctx, *t.Of, plan, func(calls bucketCalls) error {
		_, err := doWithBucket(ctx, calls, s)
		return err
	})
	return accessFacts(s.Name, err), err
}

// errNoInstance is the cause of a failure: the record of the binding's instance is
// missing.
var errNoInstance = errors.New("oss: a binding without an instance")

// bindings returns the binding kind.
func (s service) bindings() providers.Provider {
	return bindings{service: s, Kind: ramuser.New(ramuser.Config{
		Clients: func(instance providers.Task) (*alicloud.Clients, error) {
			plan, err := planForBindings(instance)
			return s.clients(plan.key()), err
		},
		Substitute: func(ctx context.Context, instance providers.Task, err error) (*alicloud.Clients, error) {
			plan, unreadable := planForBindings(instance)
			if unreadable != nil {
				return nil, unreadable
			}
			return s.substitute(ctx, instance, plan, err)
		},
		Document: func(instance providers.Task) (string, error) {
			plan, err := instancePlanOf(instance)
			if err != nil {
				return "", err
			}
			return bucketPolicy(plan.Bucket)
		},
		Credentials: func(instance providers.Task, user string, key ramuser.Key) (map[string]string, error) {
			plan, err := instancePlanOf(instance)
			return credentialsOf(s.endpoints(plan.Region), plan, user, key), err
		},
		Explain: func(instance providers.Task, err error) error {
			plan, unreadable := planForBindings(instance)
			if unreadable != nil {
				return unreadable
			}
			return explain(plan, err)
		},
	})}
}

// credentialsOf returns the credentials of an application, under the names of the
// first broker for Alibaba Cloud (bucket, username, access_key_id,
// secret_access_key, host, uri), of SDKs (oss_region is the one that ali-oss
// takes), of Cloud Foundry's libraries (name) and of servicebinding.io (type,
// provider).
func credentialsOf(at endpoints, plan instancePlan, user string, key ramuser.Key) map[string]string {
	id, secret := key.ID, key.Secret.Reveal()
	return map[string]string{
		"type":                       "oss",
		providers.CredentialProvider: providers.CloudProvider,
		"name":                       plan.Bucket,
		"bucket":                     plan.Bucket,
		"region":                     plan.Region,
		"oss_region":                 regionOfSDK(plan.Region),
		"endpoint":                   at.public.String(),
		"internal_endpoint":          at.internal.String(),
		"host":                       at.public.Host,
		"username":                   user,
		"access_key_id":              id,
		"secret_access_key":          secret,
		"uri":                        "oss://" + providers.EscapeURI(id) + ":" + providers.EscapeURI(secret) + "@" + at.public.Host + "/" + plan.Bucket,
	}
}

// policyDocument is the grammar of a RAM policy (RAM documentation, "Policy
// structure and syntax").
type policyDocument struct {
	Version   string            `json:"Version"`
	Statement []policyStatement `json:"Statement"`
}

type policyStatement struct {
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
}

// bucketPolicy returns the document of the policy that a binding's user gets:
// this one bucket and its objects. Deleting and configuring the bucket, and access
// rights, stay with the broker (OSS documentation, "RAM policies", table of
// actions). Names of buckets are unique among all accounts and regions, so the
// resource leaves both open.
func bucketPolicy(bucket string) (string, error) {
	resource := "acs:oss:*:*:" + bucket
	b, err := json.Marshal(policyDocument{Version: "1", Statement: []policyStatement{
		{
			Effect: "Allow",
			Action: []string{
				"oss:GetBucketInfo", "oss:GetBucketLocation", "oss:GetBucketStat", "oss:GetBucketAcl", "oss:GetBucketVersioning",
				"oss:ListObjects", "oss:ListObjectVersions", "oss:ListMultipartUploads",
			},
			Resource: []string{resource},
		},
		{
			Effect: "Allow",
			Action: []string{
				"oss:GetObject", "oss:GetObjectVersion", "oss:GetObjectAcl", "oss:GetObjectTagging",
				"oss:PutObject", "oss:PutObjectTagging",
				"oss:DeleteObject", "oss:DeleteObjectVersion", "oss:DeleteObjectTagging",
				"oss:RestoreObject", "oss:ListParts", "oss:AbortMultipartUpload",
			},
			Resource: []string{resource + "/*"},
		},
	}})
	if err != nil {
		return "", fmt.Errorf("oss: write the policy: %w", err)
	}
	return string(b), nil
}
