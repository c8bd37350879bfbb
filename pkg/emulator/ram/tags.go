package ram

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
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

func badTags(code, format string, args ...any) *rpc.Error {
	return rpc.Errorf(http.StatusBadRequest, code, format, args...)
}

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

func (t tags) list() tagList {
	list := tagList{[]tagEntry{}}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		list.Tag = append(list.Tag, tagEntry{key, t[key]})
	}
	return list
}

// The types of resources that carry tags.
const (
	taggedRole   = "role"
	taggedPolicy = "policy"
)

// A taggedCall is a call on the tags of roles or policies.
type taggedCall struct {
	kind  string
	names []string
}

func readTagged(req *rpc.Request) (c taggedCall, err *rpc.Error) {
	if c.kind, err = req.Require("ResourceType"); err != nil {
		return c, err
	}
	if c.kind != taggedRole && c.kind != taggedPolicy {
		return c, badTags("InvalidParameter.ResourceType", "The parameter %q must be role or policy.", "ResourceType")
	}
	if c.names, err = readNames(req, "ResourceNames"); err == nil && len(c.names) > maxTagged {
		err = badTags("InvalidParameter.ResourceNames", "The parameter %q has at most %d names.", "ResourceNames", maxTagged)
	}
	return c, err
}

// tagsOf finds the tags of a resource; the caller holds mu.
func (r *RAM) tagsOf(kind, name string) (*tags, *rpc.Error) {
	if kind == taggedPolicy {
		if p := r.policies[name]; p != nil {
			return &p.tags, nil
		}
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Policy", "The custom policy %q does not exist.", name)
	}
	if o := r.roles[name]; o != nil {
		return &o.tags, nil
	}
	return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Role", "The role %q does not exist.", name)
}

// changeTags gives each resource of a call other tags, all or none.
func (r *RAM) changeTags(req *rpc.Request, change func(tags)) *rpc.Error {
	call, err := readTagged(req)
	if err != nil {
		return err
	}
	if len(call.names) == 0 {
		return rpc.Missing("ResourceNames")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := map[*tags]tags{}
	for _, name := range call.names {
		old, err := r.tagsOf(call.kind, name)
		if err != nil {
			return err
		}
		next := tags{}
		maps.Copy(next, *old)
		if change(next); len(next) > maxTags {
			return tooManyTags()
		}
		changed[old] = next
	}
	for of, next := range changed {
		*of = next
	}
	return nil
}

// tagResources sets tags of roles or policies (RAM API, TagResources).
func (r *RAM) tagResources(req *rpc.Request) (any, *rpc.Error) {
	added, err := readTags(req)
	if err != nil {
		return nil, err
	}
	if len(added) == 0 {
		return nil, rpc.Missing("Tag")
	}
	return nil, r.changeTags(req, func(t tags) { maps.Copy(t, added) })
}

// untagResources removes tags of roles or policies (RAM API, UntagResources).
// Terraform's provider sends the keys a second time as TagKey.N.
func (r *RAM) untagResources(req *rpc.Request) (any, *rpc.Error) {
	all, err := req.Bool("All", false)
	if err != nil {
		return nil, err
	}
	keys, err := readNames(req, "TagKeys")
	if err != nil {
		return nil, err
	}
	keys = append(keys, req.List("TagKey")...)
	if len(keys) == 0 && !all {
		return nil, rpc.Missing("TagKeys")
	}
	return nil, r.changeTags(req, func(t tags) {
		maps.DeleteFunc(t, func(key, _ string) bool { return len(keys) == 0 || slices.Contains(keys, key) })
	})
}

// A tagResource is a tag of a resource in the answer of ListTagResources.
type tagResource struct {
	ResourceName string `json:"ResourceName"`
	ResourceType string `json:"ResourceType"`
	TagKey       string `json:"TagKey"`
	TagValue     string `json:"TagValue"`
}

// listTagResources lists the tags of roles or policies by name and key, in pages
// (RAM API, ListTagResources).
func (r *RAM) listTagResources(req *rpc.Request) (any, *rpc.Error) {
	call, err := readTagged(req)
	if err != nil {
		return nil, err
	}
	filter, err := readTags(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]tags{}
	for name, p := range r.policies {
		if call.kind == taggedPolicy {
			all[name] = p.tags
		}
	}
	for name, o := range r.roles {
		if call.kind == taggedRole {
			all[name] = o.tags
		}
	}
	list := []tagResource{}
	for name, of := range all {
		if len(call.names) > 0 && !slices.Contains(call.names, name) || !of.matches(filter) {
			continue
		}
		for key, value := range of {
			list = append(list, tagResource{name, call.kind, key, value})
		}
	}
	slices.SortFunc(list, func(a, b tagResource) int {
		return cmp.Or(cmp.Compare(a.ResourceName, b.ResourceName), cmp.Compare(a.TagKey, b.TagKey))
	})
	return tagPage(req, list)
}

// tagPage cuts the page that begins at NextToken, a number that is opaque to
// clients.
func tagPage(req *rpc.Request, list []tagResource) (any, *rpc.Error) {
	size, err := req.Int("PageSize", maxTagResult)
	if err != nil || size < 1 || size > maxTagResult {
		return nil, badTags("InvalidParameter.PageSize", "The parameter %q must be between 1 and %d.", "PageSize", maxTagResult)
	}
	from := 0
	if token := req.Get("NextToken"); token != "" {
		n, bad := strconv.Atoi(token)
		if bad != nil || n < 0 || n > len(list) {
			return nil, badTags("InvalidParameter.NextToken", "The parameter %q is from no answer.", "NextToken")
		}
		from = n
	}
	to, next := min(from+size, len(list)), ""
	if to < len(list) {
		next = strconv.Itoa(to)
	}
	return struct {
		NextToken    string        `json:"NextToken"`
		TagResources []tagResource `json:"TagResources"`
	}{next, list[from:to]}, nil
}
