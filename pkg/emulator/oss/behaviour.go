package oss

import (
	"maps"
	"net"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A Behaviour is the set of switches in which accounts and buckets of different
// ages differ. The zero value is an account of 2024.
type Behaviour struct {
	// BlockPublicAccess makes new buckets with public access blocked (A087).
	BlockPublicAccess bool
	// RefuseV1 refuses signatures of version 1 (A018) but for buckets that were made
	// while it and RefuseV1OfNewBuckets were unset.
	RefuseV1 bool
	// RefuseV1OfNewBuckets refuses them for the buckets that are made while it is set
	// (A403).
	RefuseV1OfNewBuckets bool
	// RefusePublicData refuses calls for objects and lists of them at public
	// endpoints of mainland regions (A019).
	RefusePublicData bool
	// IgnoreBucketPolicies leaves the policies of buckets without effect (A404).
	IgnoreBucketPolicies bool
	// IgnoreReferers serves objects for every Referer (A410).
	IgnoreReferers bool
	// UserDisable refuses a RAM user, named here, or all callers for "*", as OSS does
	// that is overdue or not activated (A407).
	UserDisable string
	// NameLag is the time in which the name of a deleted bucket is not free (A408).
	NameLag time.Duration
	// ResourceGroups are the ids of the account's resource groups; nil: every id is one
	// (A484).
	ResourceGroups []string
}

// Behave changes the behaviour from now on.
func (s *Service) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// refuseV1 refuses a signature of version 1 where the account or the bucket no longer
// has them. A bucket that takes them goes on with them.
func (s *Service) refuseV1(bucket string) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, exists := s.buckets[bucket]
	switch {
	case exists && !b.withoutV1:
		return nil
	case s.behaviour.RefuseV1, exists && s.behaviour.RefuseV1OfNewBuckets:
		return errorf("AccessDenied", "The V1 signature is not supported. Use the V4 signature.").cause("0002-00000080")
	}
	return nil
}

// refuseDisabled refuses a caller that OSS does not serve.
func (s *Service) refuseDisabled(caller identity) *apiError {
	isNamed := caller.Kind == cloud.User && caller.Name == s.behaviour.UserDisable
	if s.behaviour.UserDisable == "*" || s.behaviour.UserDisable != "" && isNamed {
		return errorf("UserDisable", "UserDisable")
	}
	return nil
}

// refuseRecent refuses the name of a bucket that was deleted a moment ago.
func (s *Service) refuseRecent(name string) *apiError {
	at, known := s.deleted[name]
	if !known || !s.cfg.Clock.Now().Before(at.Add(s.behaviour.NameLag)) {
		return nil
	}
	return errorf("BucketAlreadyExists", "The bucket was deleted a short time ago, and its name is still in use. Please try again later.").
		with("BucketName", name).cause("0015-00000103")
}

// noteDeleted remembers the name of a deleted bucket while it is not free.
func (s *Service) noteDeleted(name string) {
	now := s.cfg.Clock.Now()
	maps.DeleteFunc(s.deleted, func(_ string, at time.Time) bool { return !now.Before(at.Add(s.behaviour.NameLag)) })
	if s.behaviour.NameLag > 0 {
		s.deleted[name] = now
	}
}

// refusePublicData refuses a call for objects at a public endpoint where the
// account's data are reached by internal endpoints and domains of its own alone.
// Addresses, localhost and names outside of aliyuncs.com count as internal.
func (s *Service) refusePublicData(op *operation, r *request) *apiError {
	if !s.behaviour.RefusePublicData || !isMainland(r.bucket.region) || !isPublicEndpoint(r.Host) || !isDataCall(op, r.key) {
		return nil
	}
	return errorf("PublicEndpointForbidden", "Public endpoints are not available for calls of data of your account. Use a CNAME of the bucket or an internal endpoint.").
		cause("0048-00000401")
}

// isDataCall reports whether an operation reads or writes objects or lists them;
// others manage the bucket.
func isDataCall(op *operation, key string) bool {
	switch op.name {
	case "oss:ListObjects", "oss:ListObjectsV2", "oss:ListObjectVersions", "oss:ListMultipartUploads", "oss:DeleteMultipleObjects":
		return true
	}
	return key != ""
}

// isPublicEndpoint reports whether a host is a public one of the real service.
func isPublicEndpoint(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	return strings.HasSuffix(host, ".aliyuncs.com") && !strings.HasSuffix(host, "-internal.aliyuncs.com") && !strings.Contains(host, "vpc100-oss-")
}

// isMainland reports whether a region is in mainland China.
func isMainland(region string) bool {
	return strings.HasPrefix(region, "cn-") && region != "cn-hongkong"
}
