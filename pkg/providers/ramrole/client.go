package ramrole

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// calls are the calls to RAM that bindings need. A missing role or policy is
// ErrNotFound.
type calls interface {
	reads
	writes
}

type reads interface {
	// Role returns the ARN and the Description of a role, Policy the Description of a
	// policy.
	Role(ctx context.Context, name string) (arn, description string, err error)
	Policy(ctx context.Context, name string) (description string, err error)
	Attached(ctx context.Context, role string) ([]rampolicy.Attachment, error)
}

type writes interface {
	CreateRole(ctx context.Context, r request) (arn string, err error)
	CreatePolicy(ctx context.Context, name, document, description string) error
	Attach(ctx context.Context, role string, a rampolicy.Attachment) error

	Detach(ctx context.Context, role string, a rampolicy.Attachment) error
	// DeletePolicy removes all versions of a policy.
	DeletePolicy(ctx context.Context, name string) error
	DeleteRole(ctx context.Context, name string) error
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

func (c client) Role(ctx context.Context, name string) (arn, description string, err error) {
	req, resp := ram.CreateGetRoleRequest(), ram.CreateGetRoleResponse()
	req.RoleName = name
	err = c.cloud.Do(ctx, alicloud.Read, req, resp)
	return resp.Role.Arn, resp.Role.Description, err
}

func (c client) Attached(ctx context.Context, role string) ([]rampolicy.Attachment, error) {
	req, resp := ram.CreateListPoliciesForRoleRequest(), ram.CreateListPoliciesForRoleResponse()
	req.RoleName = role
	if err := c.cloud.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	var list []rampolicy.Attachment
	for _, p := range resp.Policies.Policy {
		list = append(list, rampolicy.Attachment{Type: p.PolicyType, Policy: p.PolicyName})
	}
	return list, nil
}

// CreateRole makes a role with its tags, which RAM takes as JSON text (A361).
func (c client) CreateRole(ctx context.Context, r request) (string, error) {
	tags, err := json.Marshal(r.Tags)
	if err != nil {
		return "", fmt.Errorf("write the tags: %w", err)
	}
	req, resp := ram.CreateCreateRoleRequest(), ram.CreateCreateRoleResponse()
	req.RoleName, req.AssumeRolePolicyDocument, req.Description = r.Role, r.Trust, r.Mark
	req.QueryParams["Tag"] = string(tags) // the SDK's request has no field for it
	err = c.cloud.Do(ctx, alicloud.Write, req, resp)
	return resp.Role.Arn, err
}

func (c client) Attach(ctx context.Context, role string, a rampolicy.Attachment) error {
	req, resp := ram.CreateAttachPolicyToRoleRequest(), ram.CreateAttachPolicyToRoleResponse()
	req.RoleName, req.PolicyName, req.PolicyType = role, a.Policy, a.Type
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c client) Detach(ctx context.Context, role string, a rampolicy.Attachment) error {
	req, resp := ram.CreateDetachPolicyFromRoleRequest(), ram.CreateDetachPolicyFromRoleResponse()
	req.RoleName, req.PolicyName, req.PolicyType = role, a.Policy, a.Type
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

func (c client) DeleteRole(ctx context.Context, name string) error {
	req, resp := ram.CreateDeleteRoleRequest(), ram.CreateDeleteRoleResponse()
	req.RoleName = name
	return c.cloud.Do(ctx, alicloud.Write, req, resp)
}

// tagsOf returns tags in the form of a request.
func tagsOf(tags []providers.Tag) []tag {
	var list []tag
	for _, t := range tags {
		list = append(list, tag{Key: t.Key, Value: t.Value})
	}
	return list
}

// A tag is one of a role.
type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}
