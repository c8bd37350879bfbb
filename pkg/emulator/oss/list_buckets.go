package oss

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

type bucketEntry struct {
	Name             string
	Location         string
	Region           string
	CreationDate     string
	StorageClass     string
	ExtranetEndpoint string
	IntranetEndpoint string
	ResourceGroupID  string  `xml:"ResourceGroupId"`
	TagSet           *tagSet `xml:"TagSet"`
}

type bucketList struct {
	XMLName     xml.Name `xml:"ListAllMyBucketsResult"`
	Prefix      string   `xml:",omitempty"`
	Marker      string   `xml:",omitempty"`
	MaxKeys     int      `xml:",omitempty"`
	IsTruncated bool     `xml:",omitempty"`
	NextMarker  string   `xml:",omitempty"`
	Owner       ownerElement
	Buckets     bucketEntries
}

// bucketEntries are there in an answer without buckets too.
type bucketEntries struct {
	Bucket []bucketEntry
}

// listBuckets lists the account's buckets of all regions (OSS API,
// ListBuckets). A complete list omits the members about pages.
func (s *Service) listBuckets(r *request) (*response, *apiError) {
	size, refused := maxKeys(r.query, "max-keys", 100)
	if refused != nil {
		return nil, refused
	}
	list := bucketList{Owner: owner(r.caller.AccountID)}
	prefix, marker, group := r.query.Get("prefix"), r.query.Get("marker"), r.Header.Get("x-oss-resource-group-id")
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		b := s.buckets[name]
		if b.owner != r.caller.AccountID || name <= marker || !strings.HasPrefix(name, prefix) || !b.hasTag(r.query.Get("tag-key"), r.query.Get("tag-value")) {
			continue
		}
		if !b.hasTags(r.query.Get("tagging")) || group != "" && group != b.resourceGroup() {
			continue
		}
		if len(list.Buckets.Bucket) == size {
			list.Prefix, list.Marker, list.MaxKeys, list.IsTruncated = prefix, marker, size, true
			list.NextMarker = list.Buckets.Bucket[size-1].Name
			break
		}
		var shown *tagSet
		if r.query.Has("tagging") { // A250
			shown = &tagSet{b.tags}
		}
		list.Buckets.Bucket = append(list.Buckets.Bucket, bucketEntry{
			Name: name, Location: b.location(), Region: b.region, CreationDate: xmlTime(b.created), StorageClass: b.storageClass,
			ExtranetEndpoint: b.location() + ".aliyuncs.com", IntranetEndpoint: b.location() + "-internal.aliyuncs.com",
			ResourceGroupID: b.resourceGroup(), TagSet: shown,
		})
	}
	return xmlResponse(list)
}

// hasTag reports whether the bucket has a tag of the key, and of the value
// unless that is empty. Every bucket has the empty key.
func (b *bucket) hasTag(key, value string) bool {
	return key == "" || slices.ContainsFunc(b.tags, func(t tag) bool {
		return t.Key == key && (value == "" || t.Value == value)
	})
}

// hasTags reports whether the bucket has all tags of a list such as "k1":"v1",
// "k2":"v2" (OSS API, ListBuckets). Every bucket has those of an empty list.
func (b *bucket) hasTags(list string) bool {
	for pair := range strings.SplitSeq(list, ",") {
		key, value, _ := strings.Cut(pair, ":")
		if !b.hasTag(strings.Trim(key, `" `), strings.Trim(value, `" `)) {
			return false
		}
	}
	return true
}
