package oss

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// The states of a retention policy (OSS API, GetBucketWorm).
const (
	wormInProgress = "InProgress"
	wormLocked     = "Locked"
)

// A retention policy that is not locked in time is void (OSS documentation,
// "Retention policies"). It keeps objects for 1 day to 70 years.
const (
	wormLockTime = 24 * time.Hour
	wormMostDays = 25550
)

// A wormPolicy is a bucket's retention policy.
type wormPolicy struct {
	XMLName xml.Name  `xml:"WormConfiguration" json:"-"`
	ID      string    `xml:"WormId" json:"id"`
	State   string    `xml:"State" json:"state"`
	Days    int       `xml:"RetentionPeriodInDays" json:"days"`
	Created time.Time `xml:"-" json:"created"`
	Since   string    `xml:"CreationDate" json:"-"`
}

// wormPolicy returns the bucket's retention policy if it has one in force.
func (b *bucket) wormPolicy(now time.Time) (*wormPolicy, *apiError) {
	if b.worm == nil || b.worm.State == wormInProgress && now.Sub(b.worm.Created) > wormLockTime {
		return nil, errorf("NoSuchWORMConfiguration", "The WORM Configuration does not exist.").with("BucketName", b.name)
	}
	return b.worm, nil
}

// immutable refuses to remove or replace a version that the retention policy or a
// retention of its own keeps; id is empty for the version that a request without an
// id removes.
func (b *bucket) immutable(key, id string, now time.Time) *apiError {
	policy, none := b.wormPolicy(now)
	if none != nil && b.objectWorm == nil || id == "" && b.versioning == versioningEnabled {
		return nil
	}
	if id == "" {
		id = nullVersion
	}
	for _, v := range b.objects.get(key) {
		if v.id == id && !v.marker && (v.held() || v.retention().keeps(now) || policy != nil && now.Before(v.modified.AddDate(0, 0, policy.Days))) {
			return errorf("FileImmutable", "The object you specified is immutable.").with("Key", key)
		}
	}
	return nil
}

// readRetention reads the days from the body of a request.
func readRetention(r *request, root string) (int, *apiError) {
	var given documentNode
	if xml.Unmarshal(r.body, &given) != nil || given.XMLName.Local != root {
		return 0, malformedXML()
	}
	days, err := strconv.Atoi(given.text("RetentionPeriodInDays"))
	if err != nil {
		return 0, malformedXML()
	}
	if days < 1 || days > wormMostDays {
		return 0, invalid("RetentionPeriodInDays", strconv.Itoa(days), "The retention period must be between 1 and 25550 days.")
	}
	return days, nil
}

// initiateBucketWorm makes a retention policy, which can be aborted until it is
// locked (OSS API, InitiateBucketWorm). A new one takes the place of one that
// is not locked (A236).
func (s *Service) initiateBucketWorm(r *request) (*response, *apiError) {
	days, refused := readRetention(r, "InitiateWormConfiguration")
	if refused != nil {
		return nil, refused
	}
	now := s.cfg.Clock.Now()
	if old, none := r.bucket.wormPolicy(now); none == nil && old.State == wormLocked {
		return nil, wormIsLocked(r.bucket)
	}
	if r.bucket.objectWorm != nil {
		return nil, errorf("InvalidRequest", "The bucket has object retention.").with("BucketName", r.bucket.name) // A391
	}
	r.bucket.worm = &wormPolicy{
		ID: strings.ToUpper(strings.ReplaceAll(cloud.NewRequestID(), "-", "")), State: wormInProgress, Days: days, Created: now,
	}
	answer := newResponse(http.StatusOK)
	answer.header.Set("x-oss-worm-id", r.bucket.worm.ID)
	return answer, nil
}

func wormIsLocked(b *bucket) *apiError {
	return errorf("WORMConfigurationLocked", "The WORM Configuration is locked.").with("BucketName", b.name)
}

// getBucketWorm describes the retention policy (OSS API, GetBucketWorm).
func (s *Service) getBucketWorm(r *request) (*response, *apiError) {
	policy, refused := r.bucket.wormPolicy(s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	shown := *policy
	shown.Since = xmlTime(policy.Created)
	return xmlResponse(shown)
}

// abortBucketWorm removes a policy that is not locked (OSS API,
// AbortBucketWorm).
func (s *Service) abortBucketWorm(r *request) (*response, *apiError) {
	policy, refused := r.bucket.wormPolicy(s.cfg.Clock.Now())
	switch {
	case refused != nil:
		return nil, refused
	case policy.State == wormLocked:
		return nil, wormIsLocked(r.bucket)
	}
	r.bucket.worm = nil
	return newResponse(http.StatusNoContent), nil
}

// namedWorm returns the policy that a request names by its id.
func (s *Service) namedWorm(r *request) (*wormPolicy, *apiError) {
	policy, refused := r.bucket.wormPolicy(s.cfg.Clock.Now())
	if refused == nil && policy.ID != r.query.Get("wormId") {
		_, refused = (&bucket{name: r.bucket.name}).wormPolicy(time.Time{})
	}
	return policy, refused
}

// completeBucketWorm locks the policy for good (OSS API, CompleteBucketWorm).
func (s *Service) completeBucketWorm(r *request) (*response, *apiError) {
	policy, refused := s.namedWorm(r)
	switch {
	case refused != nil:
		return nil, refused
	case policy.State == wormLocked:
		return nil, wormIsLocked(r.bucket)
	}
	locked := *policy
	locked.State = wormLocked
	r.bucket.worm = &locked
	return newResponse(http.StatusOK), nil
}

// extendBucketWorm lengthens a locked policy (OSS API, ExtendBucketWorm).
func (s *Service) extendBucketWorm(r *request) (*response, *apiError) {
	days, refused := readRetention(r, "ExtendWormConfiguration")
	if refused != nil {
		return nil, refused
	}
	policy, refused := s.namedWorm(r)
	switch {
	case refused != nil:
		return nil, refused
	case policy.State != wormLocked || days < policy.Days:
		return nil, errorf("InvalidWORMConfiguration", "The WORM Configuration is not locked, or the period is shorter than before.").with("BucketName", r.bucket.name)
	}
	longer := *policy
	longer.Days = days
	r.bucket.worm = &longer
	return newResponse(http.StatusOK), nil
}
