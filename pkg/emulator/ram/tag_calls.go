package ram

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

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

// readTagged reads and checks ResourceType and ResourceNames. A list may leave
// the names out.
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
