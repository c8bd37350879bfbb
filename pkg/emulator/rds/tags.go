package rds

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const (
	maxTags         = 20
	maxTagResources = 50
	tagsPerPage     = 100
)

// checkTags reads the tags of CreateDBInstance.
func (s *Service) checkTags(r *rpc.Request, in *instance) *rpc.Error {
	tags, fail := parseTags(r.Tags())
	in.tags = tags
	return fail
}

// parseTags checks tags as TagResources has them: keys up to 128 characters,
// not the system's, values up to 128.
func parseTags(list []rpc.Tag) (map[string]string, *rpc.Error) {
	if len(list) > maxTags {
		return nil, bad("NumberExceed.Tags", "There are at most %d tags.", maxTags)
	}
	tags := make(map[string]string, len(list))
	for _, tag := range list {
		lower := strings.ToLower(tag.Key)
		if tag.Key == "" || utf8.RuneCountInString(tag.Key) > 128 || strings.HasPrefix(lower, "aliyun") || strings.HasPrefix(lower, "acs:") || isURL(lower) {
			return nil, bad("InvalidTagKey.Malformed", "A tag key is not valid.")
		}
		if utf8.RuneCountInString(tag.Value) > 128 || isURL(strings.ToLower(tag.Value)) {
			return nil, bad("InvalidTagValue.Malformed", "A tag value is not valid.")
		}
		if _, twice := tags[tag.Key]; twice {
			return nil, bad("Duplicate.TagKey", "A tag key is there twice.")
		}
		tags[tag.Key] = tag.Value
	}
	return tags, nil
}

func isURL(s string) bool { return strings.Contains(s, "http://") || strings.Contains(s, "https://") }

// tagged finds the instances that ResourceId.1, ... name. The caller holds mu.
func (s *Service) tagged(r *rpc.Request) ([]*instance, *rpc.Error) {
	if kind, fail := r.Require("ResourceType"); fail != nil {
		return nil, fail
	} else if !strings.EqualFold(kind, "INSTANCE") {
		return nil, bad("InvalidParameter", "ResourceType must be INSTANCE.")
	}
	ids := r.List("ResourceId")
	if len(ids) > maxTagResources {
		return nil, bad("NumberExceed.ResourceIds", "There are at most %d resources.", maxTagResources)
	}
	s.sweep(r.Now)
	var list []*instance
	for _, id := range ids {
		in, ok := s.instances[id]
		if !ok || in.region != r.Region {
			return nil, rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceId.NotFound", "A DB instance does not exist.")
		}
		list = append(list, in)
	}
	return list, nil
}

// tagResources is TagResources of the RDS API.
func (s *Service) tagResources(r *rpc.Request) (any, *rpc.Error) {
	tags, fail := parseTags(r.Tags())
	if fail != nil {
		return nil, fail
	}
	if len(tags) == 0 {
		return nil, rpc.Missing("Tag")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, fail := s.tagged(r)
	if fail != nil {
		return nil, fail
	}
	if len(list) == 0 {
		return nil, rpc.Missing("ResourceId")
	}
	for _, in := range list {
		next := maps.Clone(in.tags)
		maps.Copy(next, tags)
		if len(next) > maxTags {
			return nil, bad("NumberExceed.Tags", "An instance has at most %d tags.", maxTags)
		}
		in.tags = next
	}
	return nil, nil
}

// untagResources is UntagResources of the RDS API.
func (s *Service) untagResources(r *rpc.Request) (any, *rpc.Error) {
	all, fail := r.Bool("All", false)
	if fail != nil {
		return nil, fail
	}
	keys := r.List("TagKey")
	if len(keys) == 0 && !all {
		return nil, rpc.Missing("TagKey")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, fail := s.tagged(r)
	if fail != nil {
		return nil, fail
	}
	if len(list) == 0 {
		return nil, rpc.Missing("ResourceId")
	}
	for _, in := range list {
		maps.DeleteFunc(in.tags, func(key, _ string) bool { return len(keys) == 0 || slices.Contains(keys, key) })
	}
	return nil, nil
}

// listTagResources is ListTagResources of the RDS API.
func (s *Service) listTagResources(r *rpc.Request) (any, *rpc.Error) {
	type resource struct{ ResourceId, ResourceType, TagKey, TagValue string }
	var body struct {
		NextToken    string
		TagResources struct{ TagResource []resource }
	}
	from := 0
	if token := r.Get("NextToken"); token != "" {
		var err error
		if from, err = strconv.Atoi(token); err != nil || from < 0 {
			return nil, bad("InvalidParameter", "The NextToken is not valid.")
		}
	}
	filter := r.Tags()
	s.mu.Lock()
	defer s.mu.Unlock()
	list, fail := s.tagged(r)
	if fail != nil {
		return nil, fail
	}
	if len(list) == 0 {
		if len(filter) == 0 {
			return nil, rpc.Missing("ResourceId")
		}
		list = s.order
	}
	all := []resource{}
	for _, in := range list {
		if in.region != r.Region || !in.hasTags(filter) || !s.visible(in, r.Now) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(in.tags)) {
			all = append(all, resource{in.id, "instance", key, in.tags[key]})
		}
	}
	from = min(from, len(all))
	to := min(from+tagsPerPage, len(all))
	if to < len(all) {
		body.NextToken = strconv.Itoa(to)
	}
	body.TagResources.TagResource = all[from:to]
	return body, nil
}

// hasTags tells whether an instance carries all tags of a filter; a tag
// without a value fits whatever the value is.
func (in *instance) hasTags(filter []rpc.Tag) bool {
	for _, tag := range filter {
		value, ok := in.tags[tag.Key]
		if !ok || tag.HasValue && tag.Value != value {
			return false
		}
	}
	return true
}
