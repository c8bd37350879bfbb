package oss

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// ramClient makes the calls to RAM (RAM API, version 2015-05-01).
type ramClient struct{ cloud *alicloud.Clients }

var _ userCalls = ramClient{}

func (c ramClient) User(ctx context.Context, name string) (string, error) {
	req, resp := ram.CreateGetUserRequest(), ram.CreateGetUserResponse()
	req.UserName = name
	err := c.cloud.Do(ctx, alicloud.Read, req, resp)
	return resp.User.Comments, err
}

func (c ramClient) Policy(ctx context.Context, name string) (string, error) {
	req, resp := ram.CreateGetPolicyRequest(), ram.CreateGetPolicyResponse()
	req.PolicyName, req.PolicyType = name, customPolicy
	err := c.cloud.Do(ctx, alicloud.Read, req, resp)
	return resp.Policy.Description, err
}

func (c ramClient) Attached(ctx context.Context, user string) ([]attachment, error) {
	req, resp := ram.CreateListPoliciesForUserRequest(), ram.CreateListPoliciesForUserResponse()
	req.UserName = user
	if err := c.cloud.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	var list []attachment
	for _, p := range resp.Policies.Policy {
		list = append(list, attachment{Type: p.PolicyType, Policy: p.PolicyName})
	}
	return list, nil
}

func (c ramClient) Keys(ctx context.Context, user string) ([]string, error) {
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

func (c ramClient) CreateUser(ctx context.Context, name, comments string) error {
	req, resp := ram.CreateCreateUserRequest(), ram.CreateCreateUserResponse()
	req.UserName, req.Comments = name, comments
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c ramClient) CreatePolicy(ctx context.Context, name, document, description string) error {
	req, resp := ram.CreateCreatePolicyRequest(), ram.CreateCreatePolicyResponse()
	req.PolicyName, req.PolicyDocument, req.Description = name, document, description
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c ramClient) Attach(ctx context.Context, user string, a attachment) error {
	req, resp := ram.CreateAttachPolicyToUserRequest(), ram.CreateAttachPolicyToUserResponse()
	req.UserName, req.PolicyName, req.PolicyType = user, a.Policy, a.Type
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c ramClient) CreateKey(ctx context.Context, user string) (key, error) {
	req, resp := ram.CreateCreateAccessKeyRequest(), ram.CreateCreateAccessKeyResponse()
	req.UserName = user
	if err := c.cloud.Do(ctx, alicloud.Write, req, resp); err != nil {
		return key{}, err
	}
	return key{ID: resp.AccessKey.AccessKeyId, Secret: providers.Secret(resp.AccessKey.AccessKeySecret)}, nil
}

func (c ramClient) DeleteKey(ctx context.Context, user, id string) error {
	req, resp := ram.CreateDeleteAccessKeyRequest(), ram.CreateDeleteAccessKeyResponse()
	req.UserName, req.UserAccessKeyId = user, id
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c ramClient) Detach(ctx context.Context, user string, a attachment) error {
	req, resp := ram.CreateDetachPolicyFromUserRequest(), ram.CreateDetachPolicyFromUserResponse()
	req.UserName, req.PolicyName, req.PolicyType = user, a.Policy, a.Type
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c ramClient) DeletePolicy(ctx context.Context, name string) error {
	req, resp := ram.CreateDeletePolicyRequest(), ram.CreateDeletePolicyResponse()
	req.PolicyName = name
	req.QueryParams["CascadingDelete"] = "true" // the SDK's request has no field for it
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c ramClient) DeleteUser(ctx context.Context, name string) error {
	req, resp := ram.CreateDeleteUserRequest(), ram.CreateDeleteUserResponse()
	req.UserName = name
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}
