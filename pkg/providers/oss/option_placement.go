package oss

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The options that PutBucket sets, and the tags of the user.

// The redundancies: data are in one zone, which is OSS's default, or in three (OSS API,
// PutBucket).
const (
	redundancyLRS = "LRS"
	redundancyZRS = "ZRS"
)

// redundancyOption makes a bucket with its redundancy. A later step from LRS to ZRS is
// a task of OSS that takes days, so the option is reached once OSS has the task (OSS
// API, CreateBucketDataRedundancyTransition; OSS documentation, "Convert the
// redundancy type of a bucket": there is no way back).
func redundancyOption() option {
	oneWay := func(string) string { return "Redundancy: a bucket with ZRS stays so. Make another instance instead." }
	return option{
		name: "Redundancy", step: "redundancy", oneWay: true, reads: "ListBucketDataRedundancyTransition, after a change alone",
		refused: "OSS refuses this Redundancy. ZRS is for buckets of the StorageClass Standard, IA or Archive, in regions with three zones.",
		normal: func(value, before json.RawMessage) (json.RawMessage, string) {
			if textOf(before) == redundancyZRS && textOf(value) != redundancyZRS {
				return nil, oneWay(textOf(value))
			}
			return value, ""
		},
		remove: func(before json.RawMessage) (json.RawMessage, string) {
			if textOf(before) == redundancyZRS {
				return nil, oneWay("")
			}
			return before, ""
		},
		look: func(ctx context.Context, calls optionLooks, bucket string, want json.RawMessage, told toldOptions) (any, error) {
			if textOf(want) == told.Redundancy {
				return false, nil
			}
			return calls.IsTransitioning(ctx, bucket)
		},
		isReached: func(want json.RawMessage, s bucketState) bool {
			isTransitioning, _ := s.Looked["Redundancy"].(bool)
			return textOf(want) == s.Told.Redundancy || isTransitioning
		},
		put: func(ctx context.Context, calls bucketCalls, bucket string, want json.RawMessage) error {
			return calls.ChangeRedundancy(ctx, bucket, textOf(want))
		},
	}
}

func resourceGroupOption() option {
	return option{
		name: "ResourceGroupId", step: "resource-group",
		refused: "OSS refuses this ResourceGroupId; choose a resource group of the bucket's account.",
		normal:  func(value, _ json.RawMessage) (json.RawMessage, string) { return value, "" },
		remove: func(json.RawMessage) (json.RawMessage, string) {
			return nil, "ResourceGroupId: send the id of another resource group, such as the default one's."
		},
		isReached: func(want json.RawMessage, s bucketState) bool { return textOf(want) == s.Told.ResourceGroup },
		put: func(ctx context.Context, calls bucketCalls, bucket string, want json.RawMessage) error {
			return calls.PutResourceGroup(ctx, bucket, textOf(want))
		},
	}
}

// textOf reads a JSON string; "" for anything else.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// userTags are the tags of the user beside ours. The value of a tag that an update
// took away is nil. Other tags stay as people set them.
type userTags map[string]*string

func tagsOption() option {
	read := func(raw json.RawMessage) (tags userTags) {
		if json.Unmarshal(raw, &tags) != nil {
			return nil
		}
		return tags
	}
	without := func(before json.RawMessage, tags userTags) (json.RawMessage, string) {
		for key, value := range read(before) {
			if _, kept := tags[key]; !kept && value != nil {
				tags[key] = nil
			}
		}
		raw, err := json.Marshal(tags)
		if err != nil {
			return nil, "Tags cannot be stored."
		}
		return raw, ""
	}
	return option{
		name: "Tags", step: "user-tags", refused: "OSS refuses these Tags; use letters, digits, blanks and the signs + - = . _ : / @ alone.",
		normal: func(value, before json.RawMessage) (json.RawMessage, string) {
			tags := read(value)
			if tags == nil {
				return nil, "Tags are an object of texts."
			}
			for _, key := range slices.Sorted(maps.Keys(tags)) {
				if wrong := wrongTag(key, tags[key]); wrong != "" {
					return nil, fmt.Sprintf("Tags: %q %s", key, wrong)
				}
			}
			return without(before, tags)
		},
		remove: func(before json.RawMessage) (json.RawMessage, string) { return without(before, userTags{}) },
		isReached: func(want json.RawMessage, s bucketState) bool {
			for key, value := range read(want) {
				i := slices.IndexFunc(s.Tags, func(tag providers.Tag) bool { return tag.Key == key })
				if (i < 0) != (value == nil) || i >= 0 && s.Tags[i].Value != *value {
					return false
				}
			}
			return true
		},
		put: func(ctx context.Context, calls bucketCalls, bucket string, want json.RawMessage) error {
			return putUserTags(ctx, calls, bucket, read(want))
		},
	}
}

// Bounds of tags (OSS API, PutBucketTags).
const (
	maxTagKey   = 64  // bytes
	maxTagValue = 128 // bytes
	// ownTags begins the keys of the broker's tags.
	ownTags = "osb-"
)

// wrongTag says what is wrong with a tag of the user.
func wrongTag(key string, value *string) string {
	lower := strings.ToLower(key)
	switch {
	case value == nil:
		return "has no text."
	case key == "" || len(key) > maxTagKey:
		return fmt.Sprintf("is no key: keys have 1 to %d bytes.", maxTagKey)
	case len(*value) > maxTagValue:
		return fmt.Sprintf("has a value of more than %d bytes.", maxTagValue)
	case strings.HasPrefix(lower, ownTags):
		return "belongs to the broker, as every key that begins with " + ownTags + "."
	case strings.HasPrefix(lower, "aliyun"), strings.HasPrefix(lower, "acs:"), strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		return "begins with a word that the cloud reserves."
	}
	return ""
}

// putUserTags changes the user's tags and keeps all others.
func putUserTags(ctx context.Context, calls bucketCalls, bucket string, wanted userTags) error {
	tags, err := calls.Tags(ctx, bucket)
	if err := providers.UnlessMissing(err); err != nil {
		return err
	}
	tags = slices.DeleteFunc(tags, func(tag providers.Tag) bool {
		_, ok := wanted[tag.Key]
		return ok
	})
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if value := wanted[key]; value != nil {
			tags = append(tags, providers.Tag{Key: key, Value: *value})
		}
	}
	return calls.PutTags(ctx, bucket, tags)
}
