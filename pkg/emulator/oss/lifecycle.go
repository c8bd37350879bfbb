package oss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// maxLifecycleRules limits the rules of a bucket (OSS API, PutBucketLifecycle).
const maxLifecycleRules = 1000

type lifecycleConfiguration struct {
	XMLName xml.Name        `xml:"LifecycleConfiguration"`
	Rules   []lifecycleRule `xml:"Rule"`
	Rest    []anyElement    `xml:",any"`
}

// An anyElement is an element that the emulator lacks.
type anyElement struct{ XMLName xml.Name }

// A lifecycleRule is a rule for old objects. The pointers of missing elements
// are nil.
type lifecycleRule struct {
	ID             string             `xml:"ID"`
	Prefix         string             `xml:"Prefix"`
	Status         string             `xml:"Status"`
	Tags           []tag              `xml:"Tag"`
	Days           *int               `xml:"Days"` // with Date the form of before Expiration, which ali-oss sends
	Date           string             `xml:"Date,omitempty"`
	Expiration     *lifecycleAction   `xml:"Expiration"`
	Transitions    []lifecycleAction  `xml:"Transition"`
	AbortUpload    *lifecycleAction   `xml:"AbortMultipartUpload"`
	OldExpiration  *noncurrentAction  `xml:"NoncurrentVersionExpiration"`
	OldTransitions []noncurrentAction `xml:"NoncurrentVersionTransition"`
	Rest           []anyElement       `xml:",any"`
}

type lifecycleAction struct {
	Days                *int         `xml:"Days"`
	Date                string       `xml:"Date,omitempty"`
	CreatedBeforeDate   string       `xml:"CreatedBeforeDate,omitempty"`
	StorageClass        string       `xml:"StorageClass,omitempty"`
	ExpiredDeleteMarker *bool        `xml:"ExpiredObjectDeleteMarker"`
	Rest                []anyElement `xml:",any"`
}

type noncurrentAction struct {
	NoncurrentDays *int         `xml:"NoncurrentDays"`
	StorageClass   string       `xml:"StorageClass,omitempty"`
	Rest           []anyElement `xml:",any"`
}

// putBucketLifecycle replaces the lifecycle rules of a bucket (OSS API,
// PutBucketLifecycle), which runLifecycle carries out. It refuses filters and
// last-access rules, which the emulator lacks.
func (s *Service) putBucketLifecycle(r *request) (*response, *apiError) {
	var given lifecycleConfiguration
	if xml.Unmarshal(r.body, &given) != nil || len(given.Rules) == 0 || len(given.Rules) > maxLifecycleRules {
		return nil, malformedXML()
	}
	if len(given.Rest) > 0 {
		return nil, unsupported("PUT bucket ?lifecycle with " + given.Rest[0].XMLName.Local)
	}
	ids := make(map[string]bool)
	for i := range given.Rules {
		rule := &given.Rules[i]
		if rule.ID == "" {
			rule.ID = strings.ToLower(cloud.NewRequestID())
		}
		if ids[rule.ID] {
			return nil, invalid("ID", rule.ID, "The rule id is not unique.")
		}
		ids[rule.ID] = true
		if rule.Days != nil || rule.Date != "" { // A265
			if rule.Expiration == nil {
				rule.Expiration = &lifecycleAction{Days: rule.Days, CreatedBeforeDate: rule.Date}
			}
			rule.Days, rule.Date = nil, ""
		}
		if refused := rule.check(); refused != nil {
			return nil, refused
		}
		if strings.EqualFold(r.Header.Get("x-oss-allow-same-action-overlap"), trueText) {
			continue
		}
		for _, other := range given.Rules[:i] {
			if action := rule.overlap(other); action != "" {
				return nil, invalid("Prefix", rule.Prefix, "Overlap for same action type "+action).cause("0014-00000082")
			}
		}
	}
	r.bucket.lifecycle, r.bucket.lifecycleRun = &given, midnight(s.cfg.Clock.Now())
	return newResponse(http.StatusOK), nil
}

// check checks one rule.
func (l *lifecycleRule) check() *apiError {
	if name := l.unknown(); name != "" {
		return unsupported("PUT bucket ?lifecycle with " + name)
	}
	if len(l.ID) > 255 {
		return invalid("ID", l.ID, "The rule id has at most 255 characters.")
	}
	if l.Status != versioningEnabled && l.Status != disabled {
		return malformedXML()
	}
	if l.Expiration == nil && l.AbortUpload == nil && l.OldExpiration == nil && len(l.Transitions)+len(l.OldTransitions) == 0 {
		return malformedXML()
	}
	if refused := checkTags(l.Tags, lifecycleTags); refused != nil {
		return refused
	}
	if l.AbortUpload != nil && len(l.Tags) > 0 {
		return invalid("Tag", "", "A rule with tags cannot end uploads.")
	}
	for _, a := range l.actions() {
		if refused := a.check(); refused != nil {
			return refused
		}
	}
	return l.checkOrder()
}

// actions returns the actions of a rule on current objects, uploads and delete
// markers.
func (l *lifecycleRule) actions() []*lifecycleAction {
	var list []*lifecycleAction
	for _, a := range []*lifecycleAction{l.Expiration, l.AbortUpload} {
		if a != nil {
			list = append(list, a)
		}
	}
	for i := range l.Transitions {
		list = append(list, &l.Transitions[i])
	}
	return list
}

// check requires exactly one of Days, which must be positive, a date, which must
// be midnight in UTC, and ExpiredObjectDeleteMarker. Date is the old name of
// CreatedBeforeDate, which Terraform's provider still sends. A false
// ExpiredObjectDeleteMarker comes beside one of the others (the tests of the Go SDK v2).
func (a *lifecycleAction) check() *apiError {
	given := 0
	if a.Days != nil {
		given++
		if *a.Days < 1 {
			return invalid("Days", "", "Days must be a positive number.")
		}
	}
	for _, date := range []*string{&a.Date, &a.CreatedBeforeDate} {
		if *date == "" {
			continue
		}
		given++
		at, err := time.Parse(time.RFC3339, *date)
		if err != nil || !at.UTC().Truncate(24*time.Hour).Equal(at) {
			return invalid("CreatedBeforeDate", *date, "The date must be midnight of UTC.")
		}
		*date = xmlTime(at)
	}
	if a.removesMarkers() {
		given++
	}
	if given != 1 {
		return malformedXML()
	}
	return nil
}

func (l *lifecycleRule) oldExpiration() []noncurrentAction {
	if l.OldExpiration == nil {
		return nil
	}
	return []noncurrentAction{*l.OldExpiration}
}

// overlap returns the action that two rules in force have on the same objects,
// empty for none (A070).
func (l *lifecycleRule) overlap(o lifecycleRule) string {
	if l.Status != versioningEnabled || o.Status != versioningEnabled || !slices.Equal(l.Tags, o.Tags) ||
		!strings.HasPrefix(l.Prefix, o.Prefix) && !strings.HasPrefix(o.Prefix, l.Prefix) {
		return ""
	}
	switch {
	case l.Expiration != nil && o.Expiration != nil:
		return "Expiration"
	case len(l.Transitions) > 0 && len(o.Transitions) > 0:
		return "Transition"
	case l.AbortUpload != nil && o.AbortUpload != nil:
		return "AbortMultipartUpload"
	case l.OldExpiration != nil && o.OldExpiration != nil:
		return "NoncurrentVersionExpiration"
	case len(l.OldTransitions) > 0 && len(o.OldTransitions) > 0:
		return "NoncurrentVersionTransition"
	}
	return ""
}

// unknown returns the name of an element that the emulator lacks, if any.
func (l *lifecycleRule) unknown() string {
	rest := slices.Clone(l.Rest)
	for _, a := range l.actions() {
		rest = append(rest, a.Rest...)
	}
	for _, a := range append(slices.Clone(l.OldTransitions), l.oldExpiration()...) {
		rest = append(rest, a.Rest...)
	}
	if len(rest) == 0 {
		return ""
	}
	return rest[0].XMLName.Local
}

// getBucketLifecycle lists the lifecycle rules (OSS API, GetBucketLifecycle).
func (s *Service) getBucketLifecycle(r *request) (*response, *apiError) {
	if r.bucket.lifecycle == nil {
		return nil, errorf("NoSuchLifecycle", "No Row found in Lifecycle Table.").with("BucketName", r.bucket.name)
	}
	return xmlResponse(r.bucket.lifecycle)
}

// deleteBucketLifecycle removes all lifecycle rules, also if there are none
// (OSS API, DeleteBucketLifecycle).
func (s *Service) deleteBucketLifecycle(r *request) (*response, *apiError) {
	r.bucket.lifecycle, r.bucket.lifecycleRun = nil, time.Time{}
	return newResponse(http.StatusNoContent), nil
}

// rankOf returns the place of a storage class among them, -1 for another word.
func rankOf(name string) int {
	classes := storageClasses()
	return slices.Index(classes[:], name)
}
