package rds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The older calls for tags, which name instances in a comma list.
const (
	maxLegacyIDs  = 30
	maxLegacyTags = 10 // on one instance
)

// legacyTags reads DBInstanceId and the tags of the older calls: a JSON object
// or up to five pairs. The caller holds mu.
func (s *Service) legacyTags(r *rpc.Request) ([]*instance, []rpc.Tag, *rpc.Error) {
	names, fail := r.Require("DBInstanceId")
	if fail != nil {
		return nil, nil, fail
	}
	tags, fail := tagFilter(r)
	if fail != nil {
		return nil, nil, fail
	}
	if len(tags) == 0 {
		return nil, nil, rpc.Missing("Tags")
	}
	list, fail := s.listOf(r, strings.Split(names, ","))
	return list, tags, fail
}

func (s *Service) listOf(r *rpc.Request, ids []string) ([]*instance, *rpc.Error) {
	if len(ids) > maxLegacyIDs {
		return nil, bad("InvalidParameter", "There are at most %d instances.", maxLegacyIDs)
	}
	s.sweep(r.Now)
	var list []*instance
	for _, id := range ids {
		in, ok := s.instances[id]
		if !ok || in.region != r.Region || !s.visible(in, r.Now) {
			return nil, unknownID()
		}
		list = append(list, in)
	}
	return list, nil
}

// addTags is AddTagsToResource of the RDS API.
func (s *Service) addTags(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, wanted, fail := s.legacyTags(r)
	if fail != nil {
		return nil, fail
	}
	tags, fail := parseTags(wanted)
	if fail != nil {
		return nil, fail
	}
	limit := maxLegacyTags
	if quota := s.behaviour.Quotas.Tags; quota > 0 {
		limit = min(limit, quota)
	}
	return nil, s.addTo(list, tags, limit)
}

// removeTags is RemoveTagsFromResource of the RDS API: it removes a tag with a
// value only if the instance has that value.
func (s *Service) removeTags(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, unwanted, fail := s.legacyTags(r)
	if fail != nil {
		return nil, fail
	}
	for _, in := range list {
		s.retag(in, slices.DeleteFunc(slices.Clone(in.tags), func(t tag) bool {
			return slices.ContainsFunc(unwanted, func(u rpc.Tag) bool { return u.Key == t.key && (u.Value == "" || u.Value == t.value) })
		}))
	}
	return nil, nil
}

// A tagInfo is a tag in the answer of DescribeTags, with the instances that
// carry it.
type tagInfo struct {
	TagKey, TagValue string
	DBInstanceIds    struct{ DBInstanceIds []string }
}

// describeTags is DescribeTags of the RDS API.
func (s *Service) describeTags(r *rpc.Request) (any, *rpc.Error) {
	var body struct{ Items struct{ TagInfos []tagInfo } }
	if kind := r.Get("ResourceType"); kind != "" && !strings.EqualFold(kind, "INSTANCE") {
		return nil, bad("InvalidParameter", "ResourceType must be INSTANCE.")
	}
	filter, fail := jsonTags(r)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(r.Now)
	list, _ := s.candidates(r.Region, filter)
	names := r.Get("DBInstanceId")
	if names != "" {
		if list, fail = s.listOf(r, strings.Split(names, ",")); fail != nil {
			return nil, fail
		}
	}
	found := map[tag]*tagInfo{}
	for _, in := range list {
		if !in.hasTags(filter) || names == "" && !s.listed(in, r.Now) {
			continue
		}
		for _, t := range in.tags {
			if found[t] == nil {
				found[t] = &tagInfo{TagKey: t.key, TagValue: t.value}
			}
			found[t].DBInstanceIds.DBInstanceIds = append(found[t].DBInstanceIds.DBInstanceIds, in.id)
		}
	}
	body.Items.TagInfos = []tagInfo{}
	for _, info := range found {
		body.Items.TagInfos = append(body.Items.TagInfos, *info)
	}
	slices.SortFunc(body.Items.TagInfos, func(a, b tagInfo) int {
		return cmp.Or(strings.Compare(a.TagKey, b.TagKey), strings.Compare(a.TagValue, b.TagValue))
	})
	return body, nil
}
