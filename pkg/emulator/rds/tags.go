package rds

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const (
	maxTagsAtOnce   = 20
	maxTagResources = 50
	tagsPerPage     = 100 // A036
)

// checkTags reads the tags of CreateDBInstance.
func (s *Service) checkTags(r *rpc.Request, in *instance) *rpc.Error {
	tags, fail := parseTags(r.Tags())
	in.tags = tags
	return fail
}

// parseTags checks tags as TagResources does: keys and values up to 128 characters,
// without the system's prefixes (A130).
func parseTags(list []rpc.Tag) ([]tag, *rpc.Error) {
	if len(list) > maxTagsAtOnce {
		return nil, tooManyAtOnce()
	}
	tags := make([]tag, 0, len(list))
	for _, t := range list {
		if t.Key == "" || !isTagText(t.Key) {
			return nil, bad("InvalidTagKey.Malformed", "A tag key is not valid.")
		}
		if !isTagText(t.Value) {
			return nil, bad("InvalidTagValue.Malformed", "A tag value is not valid.") // A034
		}
		at, twice := slices.BinarySearchFunc(tags, t.Key, byKey)
		if twice {
			return nil, bad("Duplicate.TagKey", "A tag key is there twice.")
		}
		tags = slices.Insert(tags, at, tag{t.Key, strings.Clone(t.Value)})
	}
	return tags, nil
}

func tooManyAtOnce() *rpc.Error {
	return bad("NumberExceed.Tags", "There are at most %d tags.", maxTagsAtOnce)
}

// isTagText reports whether a key or value is of the form that tags have. The
// refusal of signs that do not print is a guess (A131).
func isTagText(text string) bool {
	lower := strings.ToLower(text)
	return utf8.RuneCountInString(text) <= 128 && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) &&
		!strings.HasPrefix(lower, "aliyun") && !strings.HasPrefix(lower, "acs:") && !isURL(lower)
}

func byKey(t tag, key string) int { return strings.Compare(t.key, key) }

// merge returns the tags of an instance with the tags of next added or
// replaced.
func (in *instance) merge(next []tag) []tag {
	tags := slices.Clone(in.tags)
	for _, t := range next {
		at, there := slices.BinarySearchFunc(tags, t.key, byKey)
		if there {
			tags[at] = t
		} else {
			tags = slices.Insert(tags, at, t)
		}
	}
	return tags
}

func (in *instance) tag(key string) (value string, ok bool) {
	at, ok := slices.BinarySearchFunc(in.tags, key, byKey)
	if !ok {
		return "", false
	}
	return in.tags[at].value, true
}

// tagMap returns a copy of the tags, nil for none.
func (in *instance) tagMap() map[string]string {
	if len(in.tags) == 0 {
		return nil
	}
	tags := make(map[string]string, len(in.tags))
	for _, t := range in.tags {
		tags[t.key] = t.value
	}
	return tags
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
		return nil, bad("NumberExceed.ResourceIds", "There are at most %d resources.", maxTagResources) // A033
	}
	s.sweep(r.Now)
	var list []*instance
	for _, id := range ids {
		in, ok := s.instances[id]
		if !ok || in.region != r.Region || !s.visible(in, r.Now) {
			return nil, rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceId.NotFound", "A DB instance does not exist.")
		}
		list = append(list, in)
	}
	return list, nil
}

// someTagged is tagged for a call that must name instances.
func (s *Service) someTagged(r *rpc.Request) ([]*instance, *rpc.Error) {
	list, fail := s.tagged(r)
	if fail == nil && len(list) == 0 {
		fail = rpc.Missing("ResourceId")
	}
	return list, fail
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
	list, fail := s.someTagged(r)
	if fail != nil {
		return nil, fail
	}
	return nil, s.addTo(list, tags, s.behaviour.Quotas.Tags)
}

// addTo adds tags to all instances of a list, or to none. The caller holds mu.
func (s *Service) addTo(list []*instance, tags []tag, limit int) *rpc.Error {
	for _, in := range list {
		if over(len(in.merge(tags)), limit) {
			return tooManyTags(limit)
		}
	}
	for _, in := range list {
		s.retag(in, in.merge(tags))
	}
	return nil
}

// untagResources is UntagResources of the RDS API.
func (s *Service) untagResources(r *rpc.Request) (any, *rpc.Error) {
	all, fail := r.Bool("All", false)
	if fail != nil {
		return nil, fail
	}
	keys := r.List("TagKey")
	switch {
	case len(keys) > maxTagsAtOnce:
		return nil, tooManyAtOnce()
	case len(keys) == 0 && !all:
		return nil, rpc.Missing("TagKey")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, fail := s.someTagged(r)
	if fail != nil {
		return nil, fail
	}
	for _, in := range list {
		s.retag(in, slices.DeleteFunc(slices.Clone(in.tags), func(t tag) bool { return len(keys) == 0 || slices.Contains(keys, t.key) }))
	}
	return nil, nil
}

// listTagResources is ListTagResources of the RDS API. Its token is the serial
// of an instance and how many of its tags were listed.
func (s *Service) listTagResources(r *rpc.Request) (any, *rpc.Error) {
	type resource struct{ ResourceId, ResourceType, TagKey, TagValue string }
	var body struct {
		NextToken    string
		TagResources struct{ TagResource []resource }
	}
	serial, skip, fail := tagToken(r.Get("NextToken"))
	if fail != nil {
		return nil, fail
	}
	filter := r.Tags()
	s.mu.Lock()
	defer s.mu.Unlock()
	list, fail := s.tagged(r)
	if fail != nil {
		return nil, fail
	}
	byID := len(list) > 0
	if !byID {
		if len(filter) == 0 {
			return nil, rpc.Missing("ResourceId")
		}
		list, _ = s.candidates(r.Region, filter)
	} else {
		slices.SortFunc(list, func(a, b *instance) int { return cmp.Compare(a.serial, b.serial) })
	}
	body.TagResources.TagResource = []resource{}
	for _, in := range since(list, serial) {
		if !in.hasTags(filter) || !byID && !s.listed(in, r.Now) {
			continue
		}
		if in.serial != serial {
			skip = 0
		}
		for i, t := range in.tags[min(skip, len(in.tags)):] {
			if len(body.TagResources.TagResource) == tagsPerPage {
				body.NextToken = fmt.Sprintf("%d.%d", in.serial, skip+i)
				return body, nil
			}
			body.TagResources.TagResource = append(body.TagResources.TagResource, resource{in.id, "ALIYUN::RDS::INSTANCE", t.key, t.value})
		}
	}
	return body, nil
}

func tagToken(token string) (serial uint64, skip int, fail *rpc.Error) {
	if token == "" {
		return 0, 0, nil
	}
	if _, err := fmt.Sscanf(token, "%d.%d", &serial, &skip); err != nil || skip < 0 {
		return 0, 0, bad("InvalidParameter", "The NextToken is not valid.")
	}
	return serial, skip, nil
}

// hasTags reports whether an instance carries all tags of a filter; a tag
// without a value fits every value.
func (in *instance) hasTags(filter []rpc.Tag) bool {
	for _, t := range filter {
		value, ok := in.tag(t.Key)
		if !ok || t.HasValue && t.Value != value {
			return false
		}
	}
	return true
}
