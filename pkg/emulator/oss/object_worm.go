package oss

import (
	"encoding/xml"
	"net/http"
	"time"
)

// Headers of an object's retention (OSS API, PutObject and HeadObject).
const (
	headerWormMode  = "x-oss-object-worm-mode"
	headerWormUntil = "x-oss-object-worm-retain-until-date"
)

// wormCompliance is the only mode: the date can be put off, by no user brought
// forward (OSS documentation, "Object-level retention policy").
const wormCompliance = "COMPLIANCE"

// wormGovernance is a mode that the emulator lacks: users with a permission end it.
const wormGovernance = "GOVERNANCE"

// An objectWorm is what a bucket says of the retention of its objects (OSS API,
// PutBucketObjectWormConfiguration). It is there for good.
type objectWorm struct {
	XMLName xml.Name        `xml:"ObjectWormConfiguration" json:"-"`
	Enabled string          `xml:"ObjectWormEnabled" json:"enabled"`
	Rule    *objectWormRule `xml:"Rule" json:"rule,omitempty"`
}

// An objectWormRule is for new objects that come without a retention of their own.
type objectWormRule struct {
	Default struct {
		Mode  string `xml:"Mode" json:"mode"`
		Days  int    `xml:"Days,omitempty" json:"days,omitempty"`
		Years int    `xml:"Years,omitempty" json:"years,omitempty"`
	} `xml:"DefaultRetention" json:"default"`
}

// A retention keeps one version of an object until a date.
type retention struct {
	XMLName xml.Name `xml:"Retention" json:"-"`
	Mode    string   `xml:"Mode" json:"mode"`
	Until   string   `xml:"RetainUntilDate" json:"until"`
}

// keeps reports whether the retention is in force.
func (r *retention) keeps(now time.Time) bool {
	if r == nil {
		return false
	}
	until, err := time.Parse(time.RFC3339, r.Until)
	return err == nil && now.Before(until)
}

// checked returns the retention in the form in which it is answered. Its date lies
// in the future.
func (r *retention) checked(b *bucket, now time.Time) (*retention, *apiError) {
	if b.objectWorm == nil {
		return nil, errorf("InvalidRequest", "Object retention is not enabled for the bucket.").with("BucketName", b.name) // A391
	}
	until, err := time.Parse(time.RFC3339, r.Until)
	switch {
	case r.Mode == wormGovernance:
		return nil, unsupported("object retention of the mode " + r.Mode)
	case r.Mode != wormCompliance:
		return nil, invalid(headerWormMode, r.Mode, "The mode must be COMPLIANCE.")
	case err != nil || !until.After(now):
		return nil, invalid(headerWormUntil, r.Until, "The date must be a time in the future, as 2026-09-30T00:00:00.000Z.")
	}
	return &retention{Mode: r.Mode, Until: xmlTime(until)}, nil
}

// retentionOf returns the retention that a request gives a new object: its own, or
// the default of the bucket, or none.
func retentionOf(b *bucket, h http.Header, now time.Time) (*retention, *apiError) {
	given := retention{Mode: h.Get(headerWormMode), Until: h.Get(headerWormUntil)}
	switch {
	case given != retention{}:
		return given.checked(b, now)
	case b.objectWorm == nil || b.objectWorm.Rule == nil:
		return nil, nil
	}
	rule := b.objectWorm.Rule.Default
	return &retention{Mode: rule.Mode, Until: xmlTime(now.AddDate(rule.Years, 0, rule.Days))}, nil
}

// writeTo adds the headers of a retention.
func (r *retention) writeTo(h http.Header) {
	if r != nil {
		h.Set(headerWormMode, r.Mode)
		h.Set(headerWormUntil, r.Until)
	}
}

// putObjectWorm lets a bucket's objects have retentions (OSS API,
// PutBucketObjectWormConfiguration).
func (s *Service) putObjectWorm(r *request) (*response, *apiError) {
	var given objectWorm
	if xml.Unmarshal(r.body, &given) != nil || given.Enabled != versioningEnabled {
		return nil, malformedXML()
	}
	if rule := given.Rule; rule != nil {
		days, years := rule.Default.Days, rule.Default.Years
		if rule.Default.Mode == wormGovernance {
			return nil, unsupported("PUT bucket ?objectWorm with the mode " + rule.Default.Mode)
		}
		if rule.Default.Mode != wormCompliance || days < 0 || years < 0 || (days == 0) == (years == 0) {
			return nil, malformedXML()
		}
	}
	if _, none := r.bucket.wormPolicy(s.cfg.Clock.Now()); none == nil || r.bucket.versioning != versioningEnabled {
		return nil, errorf("InvalidRequest", "The bucket must have versioning, and no retention policy.").with("BucketName", r.bucket.name) // A391
	}
	r.bucket.objectWorm = &given
	return newResponse(http.StatusOK), nil
}

// getObjectWorm answers what putObjectWorm was sent (OSS API,
// GetBucketObjectWormConfiguration; the code is A391).
func (s *Service) getObjectWorm(r *request) (*response, *apiError) {
	if r.bucket.objectWorm == nil {
		return nil, errorf("NoSuchObjectWormConfiguration", "The bucket has no object retention.").with("BucketName", r.bucket.name)
	}
	return xmlResponse(r.bucket.objectWorm)
}

// putObjectRetention gives a version a retention, or puts off the end of the one
// that it has (OSS API, PutObjectRetention).
func (s *Service) putObjectRetention(r *request) (*response, *apiError) {
	var given retention
	if xml.Unmarshal(r.body, &given) != nil {
		return nil, malformedXML()
	}
	checked, refused := given.checked(r.bucket, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	if old := v.retention(); old.keeps(s.cfg.Clock.Now()) && checked.Until < old.Until {
		return nil, invalid("RetainUntilDate", given.Until, "The date must not be brought forward.")
	}
	return s.changeOptions(r, http.StatusOK, func(o *options) { o.retention = checked })
}

// getObjectRetention answers the retention of a version (OSS API,
// GetObjectRetention; the code is A391).
func (s *Service) getObjectRetention(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	if v.retention() == nil {
		return nil, errorf("NoSuchObjectRetention", "The object has no retention.").with("Key", r.key)
	}
	answer, refused := xmlResponse(v.retention())
	return versioned(answer, r.bucket, v), refused
}

func (v *version) retention() *retention {
	if v.options == nil {
		return nil
	}
	return v.options.retention
}
