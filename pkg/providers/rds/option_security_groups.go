package rds

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// securityGroupsOption lets the members of security groups of ECS connect, beside the
// whitelist.
func securityGroupsOption() option {
	const name = "SecurityGroupIds"
	return option{
		name: name, step: "security-groups", text: "The security groups of the database server are being set.", reads: "DescribeSecurityGroupConfiguration",
		refused: "RDS refuses these SecurityGroupIds; choose security groups of the instance's VPC.",
		normal: func(c optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			ids := valueOf[[]string](value)
			if c.plan.Engine == engineMariaDB && len(ids) > 0 {
				return nil, providers.Unprocessablef("%s: RDS for MariaDB has no security groups; use Whitelist.", name)
			}
			return sortedTexts(ids), nil
		},
		remove: removedTo("[]"),
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			ids, err := l.securityGroups(ctx, l.instance.ID)
			return ids, providers.Facts{}, err
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			ids, _ := s.options[name].([]string)
			return slices.Equal(valueOf[[]string](want), ids)
		},
		put: func(ctx context.Context, c client, r optionRequest, _ string) error {
			return c.setSecurityGroups(ctx, r.InstanceID, valueOf[[]string](r.Value))
		},
	}
}

// sortedTexts returns a list of texts in order, each once.
func sortedTexts(texts []string) json.RawMessage {
	sorted := slices.Clone(texts)
	slices.Sort(sorted)
	raw, err := json.Marshal(slices.Compact(sorted))
	if err != nil || len(sorted) == 0 {
		return json.RawMessage("[]")
	}
	return raw
}

// securityGroups returns the security groups in order (RDS API,
// DescribeSecurityGroupConfiguration).
func (c client) securityGroups(ctx context.Context, id string) ([]string, error) {
	req, resp := rds.CreateDescribeSecurityGroupConfigurationRequest(), rds.CreateDescribeSecurityGroupConfigurationResponse()
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	ids := []string{}
	for _, g := range resp.Items.EcsSecurityGroupRelation {
		ids = append(ids, g.SecurityGroupId)
	}
	slices.Sort(ids)
	return ids, nil
}

// setSecurityGroups replaces the security groups (RDS API,
// ModifySecurityGroupConfiguration). Terraform's provider sends this word for none.
func (c client) setSecurityGroups(ctx context.Context, id string, ids []string) error {
	req, resp := rds.CreateModifySecurityGroupConfigurationRequest(), rds.CreateModifySecurityGroupConfigurationResponse()
	req.RegionId, req.DBInstanceId, req.SecurityGroupId = c.region, id, "Empty"
	if len(ids) > 0 {
		req.SecurityGroupId = strings.Join(ids, ",")
	}
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
