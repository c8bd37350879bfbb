package oss

import (
	"encoding/xml"
	"net/http"
)

type versioningConfiguration struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:"Status,omitempty"`
}

// putBucketVersioning turns versioning on or suspends it, for good (OSS API,
// PutBucketVersioning).
func (s *Service) putBucketVersioning(r *request) (*response, *apiError) {
	var given versioningConfiguration
	if xml.Unmarshal(r.body, &given) != nil || given.Status != versioningEnabled && given.Status != versioningSuspended {
		return nil, malformedXML()
	}
	if r.bucket.objectWorm != nil && given.Status != versioningEnabled {
		return nil, errorf("InvalidRequest", "The versioning of a bucket with object retention stays.").with("BucketName", r.bucket.name) // A391
	}
	r.bucket.versioning = given.Status
	return newResponse(http.StatusOK), nil
}

// getBucketVersioning returns the state of versioning; the Status of a bucket
// is missing before the first change (OSS API, GetBucketVersioning).
func (s *Service) getBucketVersioning(r *request) (*response, *apiError) {
	return xmlResponse(versioningConfiguration{Status: r.bucket.versioning})
}
