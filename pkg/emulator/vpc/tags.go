package vpc

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The limits of tags (VPC API, TagResources).
const (
	maxTags      = 20 // on one network, and in one call
	maxTagText   = 128
	maxTagged    = 50 // networks in one call
	maxTagResult = 50
)

// readTags reads and checks the tags of a call.
func readTags(r *rpc.Request) ([]Tag, *rpc.Error) {
	sent := r.Tags()
	if len(sent) > maxTags {
		return nil, tooManyTags()
	}
	var tags []Tag
	for _, t := range sent {
		if t.Key == "" || badTagText(t.Key) {
			return nil, bad("InvalidTagKey", "The key of a tag has 1 to %d characters, begins with neither aliyun nor acs:, and has no URL.", maxTagText)
		}
		if badTagText(t.Value) {
			return nil, bad("InvalidTagValue", "The value of a tag has at most %d characters, begins with neither aliyun nor acs:, and has no URL.", maxTagText)
		}
		if slices.ContainsFunc(tags, func(u Tag) bool { return u.Key == t.Key }) {
			return nil, bad("Duplicate.TagKey", "The key of a tag comes twice.")
		}
		tags = append(tags, Tag{strings.Clone(t.Key), strings.Clone(t.Value)})
	}
	return tags, nil
}

// badTagText reports whether a key or value is too long, or is of the kind that
// the cloud keeps for itself.
func badTagText(text string) bool {
	lower := strings.ToLower(text)
	return utf8.RuneCountInString(text) > maxTagText || strings.HasPrefix(lower, "aliyun") || strings.HasPrefix(lower, "acs:") ||
		strings.Contains(lower, "http://") || strings.Contains(lower, "https://")
}

func tooManyTags() *rpc.Error {
	return bad("NumberExceed.Tags", "A network has at most %d tags.", maxTags)
}

// tagsOf finds the tags of a network of a type.
func (r *Region) tagsOf(kind, id string) (*[]Tag, *rpc.Error) {
	switch kind {
	case "VPC":
		if v := r.vpc(id); v != nil {
			return &v.Tags, nil
		}
		return nil, unknownVPC()
	case "VSWITCH":
		if in, at := r.vswitch(id); in != nil {
			return &in.VSwitches[at].Tags, nil
		}
		return nil, unknownVSwitch()
	case "ROUTETABLE":
		if at := slices.IndexFunc(r.VPCs, func(v VPC) bool { return v.routeTableID() == id }); at >= 0 {
			return &r.VPCs[at].RouteTable.Tags, nil
		}
		return nil, unknownRouteTable()
	}
	return nil, rpc.Errorf(http.StatusNotFound, "InvalidResourceId.NotFound", "Specified resource does not exist.")
}

// otherTypes are the types that the API can tag and the emulator has no resource
// of (VPC API, TagResources).
const otherTypes = " EIP VPNGATEWAY NATGATEWAY COMMONBANDWIDTHPACKAGE PREFIXLIST PUBLICIPADDRESSPOOL IPV4GATEWAY IPV6GATEWAY NETWORKACL " +
	"TRAFFICMIRRORFILTER TRAFFICMIRRORSESSION FLOWLOG HAVIP DHCPOPTIONSSET GATEWAYENDPOINT IPV6ADDRESS "

// taggedNetworks reads ResourceType and ResourceId.N.
func taggedNetworks(r *rpc.Request) (kind string, ids []string, fail *rpc.Error) {
	if kind, fail = r.Require("ResourceType"); fail != nil {
		return "", nil, fail
	}
	switch kind = strings.ToUpper(kind); {
	case kind == "VPC", kind == "VSWITCH", kind == "ROUTETABLE", strings.Contains(otherTypes, " "+kind+" "):
	default:
		return "", nil, bad("InvalidResourceType.NotFound", "The ResourceType %q is not known.", kind)
	}
	if ids = r.List("ResourceId"); len(ids) > maxTagged {
		return "", nil, bad("NumberExceed.ResourceIds", "A call names at most %d networks.", maxTagged)
	}
	return kind, ids, nil
}

// changeTags changes the tags of the networks of a call, of all or none.
func (s *Service) changeTags(r *rpc.Request, change func([]Tag) ([]Tag, *rpc.Error)) (any, *rpc.Error) {
	kind, ids, fail := taggedNetworks(r)
	if fail != nil {
		return nil, fail
	}
	if len(ids) == 0 {
		return nil, rpc.Missing("ResourceId")
	}
	return nil, s.change(r.Region, func(region *Region) *rpc.Error {
		for _, id := range ids {
			tags, fail := region.tagsOf(kind, id)
			if fail != nil {
				return fail
			}
			if *tags, fail = change(slices.Clone(*tags)); fail != nil {
				return fail
			}
		}
		return nil
	})
}

// tagResources is TagResources of the VPC API.
func (s *Service) tagResources(r *rpc.Request) (any, *rpc.Error) {
	added, fail := readTags(r)
	if fail != nil {
		return nil, fail
	}
	if len(added) == 0 {
		return nil, rpc.Missing("Tag")
	}
	return s.changeTags(r, func(tags []Tag) ([]Tag, *rpc.Error) {
		for _, t := range added {
			tags = slices.DeleteFunc(tags, func(u Tag) bool { return u.Key == t.Key })
			tags = append(tags, t)
		}
		if len(tags) > maxTags {
			return nil, tooManyTags()
		}
		return tags, nil
	})
}

// untagResources is UnTagResources of the VPC API.
func (s *Service) untagResources(r *rpc.Request) (any, *rpc.Error) {
	all, fail := r.Bool("All", false)
	if fail != nil {
		return nil, fail
	}
	keys, pairs := r.List("TagKey"), r.Tags()
	switch {
	case len(keys) > maxTags || len(pairs) > maxTags:
		return nil, tooManyTags()
	case len(keys)+len(pairs) == 0 && !all:
		return nil, rpc.Missing("TagKey")
	}
	return s.changeTags(r, func(tags []Tag) ([]Tag, *rpc.Error) {
		return slices.DeleteFunc(tags, func(t Tag) bool {
			return len(keys)+len(pairs) == 0 || slices.Contains(keys, t.Key) || slices.ContainsFunc(pairs, t.fits)
		}), nil
	})
}

// fits reports whether a filter names the tag: its key, and its value if it has
// one.
func (t Tag) fits(filter rpc.Tag) bool {
	return t.Key == filter.Key && (!filter.HasValue || t.Value == filter.Value)
}

func unknownRouteTable() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidRouteTableId.NotFound", "Specified route table does not exist.")
}
