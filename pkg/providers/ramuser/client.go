package ramuser

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// calls are the calls to RAM that bindings need. A missing user, policy or key
// is ErrNotFound.
type calls interface {
	reads
	writes
}

type reads interface {
	// User returns the Comments of a user, Policy the Description of a policy.
	User(ctx context.Context, name string) (comments string, err error)
	Policy(ctx context.Context, name string) (description string, err error)
	Attached(ctx context.Context, user string) ([]rampolicy.Attachment, error)
	Keys(ctx context.Context, user string) (ids []string, err error)
}

type writes interface {
	CreateUser(ctx context.Context, name, comments string) error
	CreatePolicy(ctx context.Context, name, document, description string) error
	Attach(ctx context.Context, user string, a rampolicy.Attachment) error
	CreateKey(ctx context.Context, user string) (Key, error)

	DeleteKey(ctx context.Context, user, id string) error
	Detach(ctx context.Context, user string, a rampolicy.Attachment) error
	// DeletePolicy removes all versions of a policy.
	DeletePolicy(ctx context.Context, name string) error
	DeleteUser(ctx context.Context, name string) error
}

// client makes the calls to RAM (RAM API, version 2015-05-01).
type client struct {
	rampolicy.Client

	cloud *alicloud.Clients
}

var _ calls = client{}

func newClient(cloud *alicloud.Clients) client {
	return client{rampolicy.Client{Cloud: cloud}, cloud}
}

func (c client) User(ctx context.Context, name string) (string, error) {
	req, resp := ram.CreateGetUserRequest(), ram.CreateGetUserResponse()
	req.UserName = name
	err := c.cloud.Do(ctx, alicloud.Read, req, resp)
	return resp.User.Comments, err
}

func (c client) Attached(ctx context.Context, user string) ([]rampolicy.Attachment, error) {
	req, resp := ram.CreateListPoliciesForUserRequest(), ram.CreateListPoliciesForUserResponse()
	req.UserName = user
	if err := c.cloud.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	var list []rampolicy.Attachment
	for _, p := range resp.Policies.Policy {
		list = append(list, rampolicy.Attachment{Type: p.PolicyType, Policy: p.PolicyName})
	}
	return list, nil
}

func (c client) Keys(ctx context.Context, user string) ([]string, error) {
	req, resp := ram.CreateListAccessKeysRequest(), ram.CreateListAccessKeysResponse()
	req.UserName = user
	if err := c.cloud.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	var ids []string
	for _, k := range resp.AccessKeys.AccessKey {
		ids = append(ids, k.AccessKeyId)
	}
	return ids, nil
}

func (c client) CreateUser(ctx context.Context, name, comments string) error {
	req, resp := ram.CreateCreateUserRequest(), ram.CreateCreateUserResponse()
	req.UserName, req.Comments = name, comments
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c client) Attach(ctx context.Context, user string, a rampolicy.Attachment) error {
	req, resp := ram.CreateAttachPolicyToUserRequest(), ram.CreateAttachPolicyToUserResponse()
	req.UserName, req.PolicyName, req.PolicyType = user, a.Policy, a.Type
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c client) CreateKey(ctx context.Context, user string) (Key, error) {
	req, resp := ram.CreateCreateAccessKeyRequest(), ram.CreateCreateAccessKeyResponse()
	req.UserName = user
	if err := c.cloud.Do(ctx, alicloud.Write, req, resp); err != nil {
		return Key{}, err
	}
	return Key{ID: resp.AccessKey.AccessKeyId, Secret: providers.Secret(resp.AccessKey.AccessKeySecret)}, nil
}

func (c client) DeleteKey(ctx context.Context, user, id string) error {
	req, resp := ram.CreateDeleteAccessKeyRequest(), ram.CreateDeleteAccessKeyResponse()
	req.UserName, req.UserAccessKeyId = user, id
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c client) Detach(ctx context.Context, user string, a rampolicy.Attachment) error {
	req, resp := ram.CreateDetachPolicyFromUserRequest(), ram.CreateDetachPolicyFromUserResponse()
	req.UserName, req.PolicyName, req.PolicyType = user, a.Policy, a.Type
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c client) DeleteUser(ctx context.Context, name string) error {
	req, resp := ram.CreateDeleteUserRequest(), ram.CreateDeleteUserResponse()
	req.UserName = name
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}
