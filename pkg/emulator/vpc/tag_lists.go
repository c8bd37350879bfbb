package vpc

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A tagResource is a tag of a network in the answer of ListTagResources.
type tagResource struct{ ResourceType, ResourceId, TagKey, TagValue string }

// allTags lists the tags of a region's networks by type, id and key.
func (s *Service) allTags(region Region) []tagResource {
	var list []tagResource
	add := func(kind, id string, tags []Tag) {
		for _, t := range tags {
			list = append(list, tagResource{kind, id, t.Key, t.Value})
		}
	}
	for _, v := range region.VPCs {
		add("VPC", v.ID, v.Tags)
		add("ROUTETABLE", v.routeTableID(), v.RouteTable.Tags)
		for _, w := range v.VSwitches {
			add("VSWITCH", w.ID, w.Tags)
		}
	}
	slices.SortFunc(list, func(a, b tagResource) int {
		return cmp.Or(cmp.Compare(a.ResourceType, b.ResourceType), cmp.Compare(a.ResourceId, b.ResourceId), cmp.Compare(a.TagKey, b.TagKey))
	})
	return list
}

// listTagResources is ListTagResources of the VPC API. A network must have all
// the tags that the call names.
func (s *Service) listTagResources(r *rpc.Request) (any, *rpc.Error) {
	kind, ids, fail := taggedNetworks(r)
	if fail != nil {
		return nil, fail
	}
	if len(ids) == 0 && len(r.Tags()) == 0 {
		return nil, rpc.Missing("ResourceId")
	}
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	of := map[string][]Tag{}
	all := slices.DeleteFunc(s.allTags(region), func(t tagResource) bool {
		return t.ResourceType != kind || len(ids) > 0 && !slices.Contains(ids, t.ResourceId)
	})
	for _, t := range all {
		of[t.ResourceId] = append(of[t.ResourceId], Tag{t.TagKey, t.TagValue})
	}
	all = slices.DeleteFunc(all, func(t tagResource) bool { return !tagged(r, of[t.ResourceId]) })
	cut, next, fail := tagPage(r, "MaxResults", all)
	if fail != nil {
		return nil, fail
	}
	type resources struct{ TagResource []tagResource }
	return struct {
		NextToken    string
		TagResources resources
	}{next, resources{cut}}, nil
}

// tagPage cuts the page that starts at NextToken, a number that is opaque to
// clients.
func tagPage[T any](r *rpc.Request, parameter string, all []T) (cut []T, next string, fail *rpc.Error) {
	size, fail := r.Int(parameter, maxTagResult)
	if fail != nil {
		return nil, "", fail
	}
	if size < 1 || size > maxTagResult {
		return nil, "", bad("InvalidParameter", "%s is from 1 to %d.", parameter, maxTagResult)
	}
	from := 0
	if token := r.Get("NextToken"); token != "" {
		var err error
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(all) {
			return nil, "", bad("InvalidParameter.NextToken", "The NextToken is not from an answer.")
		}
	}
	to := min(from+size, len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}

// describeTags is DescribeTags of the VPC API: the different tags of the
// networks that have one of the tags that the call names.
func (s *Service) describeTags(r *rpc.Request) (any, *rpc.Error) {
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	kind, ids, filter := strings.ToUpper(r.Get("ResourceType")), r.List("ResourceId"), r.Tags()
	type pair struct{ TagKey, TagValue string }
	found := []pair{}
	for _, t := range s.allTags(region) {
		tag, p := Tag{t.TagKey, t.TagValue}, pair{t.TagKey, t.TagValue}
		if fits(kind, t.ResourceType) && (len(ids) == 0 || slices.Contains(ids, t.ResourceId)) &&
			(len(filter) == 0 || slices.ContainsFunc(filter, tag.fits)) && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	cut, next, fail := tagPage(r, "MaxResult", found)
	if fail != nil {
		return nil, fail
	}
	type resources struct{ TagResource []pair }
	return struct {
		NextToken    string
		TagResources resources
	}{next, resources{cut}}, nil
}
