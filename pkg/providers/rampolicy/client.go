package rampolicy

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// Custom is the type of an account's own policies (RAM API, CreatePolicy).
const Custom = "Custom"

// An Attachment is a policy that a user or role has.
type Attachment struct{ Type, Policy string }

// A Client makes the calls for a policy (RAM API, version 2015-05-01).
type Client struct{ Cloud *alicloud.Clients }

// Policy returns the Description of a policy. A missing one is ErrNotFound.
func (c Client) Policy(ctx context.Context, name string) (string, error) {
	req, resp := ram.CreateGetPolicyRequest(), ram.CreateGetPolicyResponse()
	req.PolicyName, req.PolicyType = name, Custom
	err := c.Cloud.Do(ctx, alicloud.Read, req, resp)
	return resp.Policy.Description, err
}

// CreatePolicy makes a policy.
func (c Client) CreatePolicy(ctx context.Context, name, document, description string) error {
	req, resp := ram.CreateCreatePolicyRequest(), ram.CreateCreatePolicyResponse()
	req.PolicyName, req.PolicyDocument, req.Description = name, document, description
	return c.Cloud.Do(ctx, alicloud.Write, req, resp)
}

// DeletePolicy removes all versions of a policy.
func (c Client) DeletePolicy(ctx context.Context, name string) error {
	req, resp := ram.CreateDeletePolicyRequest(), ram.CreateDeletePolicyResponse()
	req.PolicyName = name
	req.QueryParams["CascadingDelete"] = "true" // the SDK's request has no field for it
	return c.Cloud.Do(ctx, alicloud.Write, req, resp)
}
