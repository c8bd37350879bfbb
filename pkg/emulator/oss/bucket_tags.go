package oss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// A tag of a bucket or of an object.
type tag struct {
	Key   string `xml:"Key"`
	Value string `xml:"Value"`
}

type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	TagSet  *tagSet  `xml:"TagSet"`
}

type tagSet struct {
	Tags []tag `xml:"Tag"`
}

// putBucketTags replaces the tags of a bucket (OSS API, PutBucketTags, and
// its error pages 0010-00000002, 0010-00000103, 0010-00000207 and
// 0010-00000219).
func (s *Service) putBucketTags(r *request) (*response, *apiError) {
	tags, refused := readTags(r.body, bucketTags)
	if refused != nil {
		return nil, refused
	}
	r.bucket.tags = tags
	return newResponse(http.StatusOK), nil
}

// getBucketTags lists the tags of a bucket; the list may be empty (OSS API,
// GetBucketTags; A060).
func (s *Service) getBucketTags(r *request) (*response, *apiError) {
	return xmlResponse(tagging{TagSet: &tagSet{r.bucket.tags}})
}

// deleteBucketTags removes the tags that the query names, as k1,k2, or all
// (OSS API, DeleteBucketTags).
func (s *Service) deleteBucketTags(r *request) (*response, *apiError) {
	named := strings.Split(r.query.Get("tagging"), ",")
	r.bucket.tags = slices.DeleteFunc(slices.Clone(r.bucket.tags), func(t tag) bool {
		return named[0] == "" || slices.Contains(named, t.Key)
	})
	return newResponse(http.StatusNoContent), nil
}
