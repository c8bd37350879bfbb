package ram

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The limits of tags (RAM API, TagResources).
const (
	maxTags      = 20 // on one resource, and in one call
	maxTagKey    = 128
	maxTagValue  = 256
	maxTagged    = 50 // resources in one call
	maxTagResult = 100
)

// tags are the tags of a role or policy, by key.
type tags map[string]string

// readTags reads the parameter Tag, a JSON list of objects with Key and Value
// (A361).
func readTags(req *rpc.Request) (tags, *rpc.Error) {
	var sent []struct{ Key, Value string }
	if text := req.Get("Tag"); text != "" {
		if err := json.Unmarshal([]byte(text), &sent); err != nil {
			return nil, badTags("InvalidParameter.Tag.Format", "The parameter %q must be a JSON list of objects with Key and Value.", "Tag")
		}
	}
	read := tags{}
	for _, t := range sent {
		switch _, twice := read[t.Key]; {
		case t.Key == "" || len(t.Key) > maxTagKey || reserved(t.Key):
			return nil, badTags("InvalidParameter.TagKey", "The key of a tag must have 1 to %d characters and no reserved word.", maxTagKey)
		case len(t.Value) > maxTagValue || reserved(t.Value):
			return nil, badTags("InvalidParameter.TagValue", "The value of a tag must have at most %d characters and no reserved word.", maxTagValue)
		case twice:
			return nil, badTags("Duplicate.TagKey", "The key %q of a tag comes twice.", t.Key)
		}
		read[t.Key] = t.Value
	}
	if len(read) > maxTags {
		return nil, tooManyTags()
	}
	return read, nil
}

// reserved reports whether a key or value begins as those of the cloud, or has a
// URL.
func reserved(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(text, "aliyun") || strings.HasPrefix(text, "acs:") || strings.Contains(text, "http://") || strings.Contains(text, "https://")
}

// badTags is the answer to tags, and to a call about tags, of a wrong form.
func badTags(code, format string, args ...any) *rpc.Error {
	return rpc.Errorf(http.StatusBadRequest, code, format, args...)
}

// tooManyTags is the answer to a call after which a resource had more tags than
// are allowed.
func tooManyTags() *rpc.Error {
	return badTags("LimitExceeded.Tag", "A resource has at most %d tags.", maxTags)
}

// readNames reads a JSON list of texts.
func readNames(req *rpc.Request, parameter string) (names []string, refused *rpc.Error) {
	if text := req.Get(parameter); text != "" {
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return nil, badTags("InvalidParameter."+parameter, "The parameter %q must be a JSON list of texts.", parameter)
		}
	}
	return names, nil
}

// matches reports whether a resource has all the tags that filter a list.
func (t tags) matches(filter tags) bool {
	for key, value := range filter {
		if have, ok := t[key]; !ok || value != "" && have != value {
			return false
		}
	}
	return true
}

// shown returns a copy, nil for no tags, as a saved state has none.
func (t tags) shown() map[string]string {
	if len(t) == 0 {
		return nil
	}
	return maps.Clone(t)
}

// A tagEntry is a tag in the answers of ListRoles and ListPolicies.
type tagEntry struct {
	TagKey   string `json:"TagKey"`
	TagValue string `json:"TagValue"`
}

type tagList struct {
	Tag []tagEntry `json:"Tag"`
}

// list returns the tags by key.
func (t tags) list() tagList {
	list := tagList{[]tagEntry{}}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		list.Tag = append(list.Tag, tagEntry{key, t[key]})
	}
	return list
}
