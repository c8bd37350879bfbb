package oss

import (
	"encoding/xml"
	"net/http"
)

// The states of a legal hold (OSS API, PutObjectLegalHold).
const (
	holdOn  = "ON"
	holdOff = "OFF"
)

type holdDocument struct {
	XMLName xml.Name `xml:"LegalHold"`
	Status  string   `xml:"Status"`
}

// putObjectLegalHold keeps a version without an end, or ends that (OSS API,
// PutObjectLegalHold).
func (s *Service) putObjectLegalHold(r *request) (*response, *apiError) {
	if r.bucket.objectWorm == nil {
		return nil, errorf("InvalidRequest", "Object retention is not enabled for the bucket.").with("BucketName", r.bucket.name) // A391
	}
	var given holdDocument
	if xml.Unmarshal(r.body, &given) != nil || given.Status != holdOn && given.Status != holdOff {
		return nil, malformedXML()
	}
	return s.changeOptions(r, http.StatusOK, func(o *options) { o.held = given.Status == holdOn })
}

// getObjectLegalHold tells whether a version is held (OSS API,
// GetObjectLegalHold).
func (s *Service) getObjectLegalHold(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	status := holdOff
	if v.held() {
		status = holdOn
	}
	answer, refused := xmlResponse(holdDocument{Status: status})
	return versioned(answer, r.bucket, v), refused
}

func (v *version) held() bool { return v.options != nil && v.options.held }
