package rds

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The options by which people find and keep an instance: resource group, tags and the
// protection against deletion.

func resourceGroupOption() option {
	const name = "ResourceGroupId"
	return option{
		name: name, step: "resource-group", text: "The database server is being put into its resource group.",
		refused: "RDS refuses this ResourceGroupId; choose a resource group of the account.",
		normal:  asGiven,
		remove: func(c optionContext, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			if c.takenBack {
				return nil, invalid("%s: send the id of another resource group, such as the default one's.", name)
			}
			return nil, nil
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			return valueOf[string](want) == s.instance.ResourceGroup
		},
		put: func(ctx context.Context, c client, r optionRequest, token string) error {
			return c.setResourceGroup(ctx, r.InstanceID, valueOf[string](r.Value), token)
		},
	}
}

// setResourceGroup moves an instance (RDS API, ModifyResourceGroup).
func (c client) setResourceGroup(ctx context.Context, id, group, token string) error {
	req, resp := rds.CreateModifyResourceGroupRequest(), rds.CreateModifyResourceGroupResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.ResourceGroupId = c.region, token, id, group
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// protectionOption protects an instance from deletion at the console and by the API.
func protectionOption() option {
	return option{
		name: optionProtection, step: "deletion-protection", text: "The protection of the database server is being set.",
		refused:   "RDS refuses DeletionProtection for this instance; leave it out.",
		normal:    asGiven,
		remove:    removedTo("false"),
		isReached: func(want json.RawMessage, s instanceState) bool { return valueOf[bool](want) == s.instance.Protected },
		put: func(ctx context.Context, c client, r optionRequest, token string) error {
			return c.setProtection(ctx, r.InstanceID, valueOf[bool](r.Value), token)
		},
	}
}

// setProtection sets the protection against deletion (RDS API,
// ModifyDBInstanceDeletionProtection).
func (c client) setProtection(ctx context.Context, id string, isProtected bool, token string) error {
	req, resp := rds.CreateModifyDBInstanceDeletionProtectionRequest(), rds.CreateModifyDBInstanceDeletionProtectionResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.DeletionProtection = c.region, token, id, requests.NewBoolean(isProtected)
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// userTags are the tags of the user beside the broker's. The value of a tag that an
// update took away is nil. Other tags stay as people set them.
type userTags map[string]*string

func tagsOption() option {
	const name = "Tags"
	without := func(before json.RawMessage, tags userTags) (json.RawMessage, *providers.Failure) {
		for key, value := range valueOf[userTags](before) {
			if _, isKept := tags[key]; !isKept && value != nil {
				tags[key] = nil
			}
		}
		raw, err := json.Marshal(tags)
		if err != nil {
			return nil, invalid("%s cannot be stored.", name)
		}
		return raw, nil
	}
	return option{
		name: name, step: "user-tags", text: "The database server is being tagged.", reads: "ListTagResources",
		refused: "RDS refuses these Tags; use letters, digits, blanks and the signs + - = . _ : / @ alone.",
		normal: func(_ optionContext, value, before json.RawMessage) (json.RawMessage, *providers.Failure) {
			tags := userTags{}
			maps.Copy(tags, valueOf[userTags](value))
			for _, key := range slices.Sorted(maps.Keys(tags)) {
				if wrong := wrongTag(key, tags[key]); wrong != "" {
					return nil, invalid("%s: %q %s", name, key, wrong)
				}
			}
			return without(before, tags)
		},
		remove: func(_ optionContext, before json.RawMessage) (json.RawMessage, *providers.Failure) {
			return without(before, userTags{})
		},
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			tags, err := l.tags(ctx, l.instance.ID)
			return tags, providers.Facts{}, err
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			seen, _ := s.options[name].(map[string]string)
			for key, value := range valueOf[userTags](want) {
				have, isThere := seen[key]
				if isThere != (value != nil) || isThere && have != *value {
					return false
				}
			}
			return true
		},
		next: nextForTags,
		put: func(ctx context.Context, c client, r optionRequest, _ string) error {
			return c.changeTags(ctx, r.InstanceID, valueOf[userTags](r.Value))
		},
	}
}

// nextForTags takes tags off, then sets others: two calls of one step.
func nextForTags(o option, _ providers.Task, plan instancePlan, s instanceState) providers.Step {
	seen, _ := s.options[o.name].(map[string]string)
	set, gone := userTags{}, userTags{}
	for key, value := range valueOf[userTags](plan.Options[o.name]) {
		if _, isThere := seen[key]; value == nil && isThere {
			gone[key] = nil
		} else if value != nil {
			set[key] = value
		}
	}
	change, target := set, ""
	if len(gone) > 0 {
		change, target = gone, "off"
	}
	value, err := json.Marshal(change)
	if err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	step := providers.CallStep(o.step, optionRequest{InstanceID: s.instance.ID, Value: value})
	step.Target, step.Text = target, o.text
	return step
}

// Bounds of tags, in characters (RDS API, TagResources).
const (
	maxTagKey   = 64
	maxTagValue = 128
	// ownTags begins the keys of the broker's tags.
	ownTags = "osb-"
)

// wrongTag says what is wrong with a tag of the user.
func wrongTag(key string, value *string) string {
	switch {
	case value == nil:
		return "has no text."
	case key == "" || len([]rune(key)) > maxTagKey:
		return fmt.Sprintf("is no key: keys have 1 to %d characters.", maxTagKey)
	case len([]rune(*value)) > maxTagValue:
		return fmt.Sprintf("has a value of more than %d characters.", maxTagValue)
	case strings.HasPrefix(strings.ToLower(key), ownTags):
		return "belongs to the broker, as every key that begins with " + ownTags + "."
	case beginsReserved(key):
		return "begins with a word that the cloud reserves."
	case beginsReserved(*value):
		return "has a value that begins with a word that the cloud reserves."
	}
	return ""
}

// beginsReserved reports whether keys and values of tags must not begin so.
func beginsReserved(text string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc([]string{"aliyun", "acs:", "http://", "https://"}, func(word string) bool { return strings.HasPrefix(lower, word) })
}

// tags returns all tags of an instance (RDS API, ListTagResources).
func (c client) tags(ctx context.Context, id string) (map[string]string, error) {
	tags := map[string]string{}
	for next := ""; ; {
		req, resp := rds.CreateListTagResourcesRequest(), rds.CreateListTagResourcesResponse()
		req.RegionId, req.ResourceType, req.ResourceId, req.NextToken = c.region, instanceType, &[]string{id}, next
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, err
		}
		for _, tag := range resp.TagResources.TagResource {
			tags[tag.TagKey] = tag.TagValue
		}
		if next = resp.NextToken; next == "" {
			return tags, nil
		}
	}
}

// instanceType is the type of instances in the actions about tags.
const instanceType = "INSTANCE"

// changeTags sets tags, or takes the ones off that have no value (RDS API, TagResources
// and UntagResources). Both may be repeated.
func (c client) changeTags(ctx context.Context, id string, wanted userTags) error {
	var tags []providers.Tag
	var gone []string
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if value := wanted[key]; value != nil {
			tags = append(tags, providers.Tag{Key: key, Value: *value})
		} else {
			gone = append(gone, key)
		}
	}
	if len(gone) > 0 {
		req, resp := rds.CreateUntagResourcesRequest(), rds.CreateUntagResourcesResponse()
		req.RegionId, req.ResourceType, req.ResourceId, req.TagKey = c.region, instanceType, &[]string{id}, &gone
		return c.clients.Do(ctx, alicloud.Write, req, resp)
	}
	return c.tag(ctx, tagRequest{InstanceID: id, Tags: tags})
}
