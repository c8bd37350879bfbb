package oss

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/http"
	"time"
)

// bucketsPerRegion limits the buckets of an account in one region (OSS
// documentation, "Limits").
const bucketsPerRegion = 100

// The default storage class and redundancy of a bucket, and the other
// redundancy (OSS API, PutBucket).
const (
	classStandard = "Standard"
	redundancyLRS = "LRS"
	redundancyZRS = "ZRS"
)

// A bucket and all that is in it.
type bucket struct {
	name, owner, region           string
	acl, storageClass, redundancy string
	created                       time.Time
	versioning                    string // empty, Enabled or Suspended
	tags                          []tag
	encryption                    *encryptionRule
	cors                          *corsConfiguration
	lifecycle                     *lifecycleConfiguration
	lifecycleRun                  time.Time         // the midnight of UTC until which the rules have run
	documents                     map[string]string // options that are one document, by sub-resource; replaced as a whole
	worm                          *wormPolicy
	transitions                   []redundancyTask // replaced as a whole
	objectWorm                    *objectWorm      // nil: objects have no retention
	withoutV1                     bool             // signatures of version 1 are refused (A403)
	publicBlocked                 bool             // PutBucketPublicAccessBlock
	accountBlocked                bool             // BlockAccount
	objects                       index
	uploads                       map[string]*upload
}

func newBucket(name, owner, region string, now time.Time) *bucket {
	return &bucket{
		name: name, owner: owner, region: region, created: now,
		acl: aclPrivate, storageClass: classStandard, redundancy: redundancyLRS,
		uploads: make(map[string]*upload),
	}
}

// isBlocked reports whether public access is blocked, for the bucket or for its
// account.
func (b *bucket) isBlocked() bool { return b.publicBlocked || b.accountBlocked }

// location is the region as OSS spells it.
func (b *bucket) location() string { return locationOf(b.region) }

// An ownerElement names an account.
type ownerElement struct {
	ID          string
	DisplayName string
}

func owner(account string) ownerElement { return ownerElement{account, account} }

// xmlTime is a time in the format of OSS: UTC in whole seconds, followed by
// milliseconds of zero, which some clients insist on.
func xmlTime(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}

// createConfiguration is the body of PutBucket.
type createConfiguration struct {
	XMLName            xml.Name `xml:"CreateBucketConfiguration"`
	StorageClass       string   `xml:"StorageClass"`
	DataRedundancyType string   `xml:"DataRedundancyType"`
	Location           string   `xml:"LocationConstraint"`
}

// checkLocation refuses a bucket in another region than the endpoint's (A270).
func (c *createConfiguration) checkLocation(region string) *apiError {
	if c.Location == "" || c.Location == "oss-"+region {
		return nil
	}
	return errorf("InvalidLocationConstraint", "The specified location-constraint is not valid.").with("LocationConstraint", c.Location)
}

// putBucket makes a bucket (OSS API, PutBucket). Putting one's own bucket again
// succeeds if it changes at most the ACL (A062, A063, A064).
func (s *Service) putBucket(r *request) (*response, *apiError) {
	acl, config, refused := readCreation(r)
	if refused != nil {
		return nil, refused
	}
	encryption, refused := encryptionOf(r.Header)
	if refused != nil {
		return nil, refused
	}
	group := r.Header.Get("x-oss-resource-group-id")
	if s.checkResourceGroup(group) != nil { // the integration tests of the Java SDK expect another code here
		return nil, invalid("x-oss-resource-group-id", group, "The resource group id is invalid.")
	}
	region := cmp.Or(r.region, r.signedRegion, s.cfg.Region)
	if refused := config.checkLocation(region); refused != nil {
		return nil, refused
	}
	if b, ok := s.buckets[r.target.bucket]; ok {
		return b.putAgain(r.caller.AccountID, region, acl, config, s.cfg.Clock.Now())
	}
	if refused := s.refuseRecent(r.target.bucket); refused != nil {
		return nil, refused
	}
	if s.bucketsOf(r.caller.AccountID, region) >= bucketsPerRegion {
		return nil, errorf("TooManyBuckets", "You have attempted to create more buckets than allowed.")
	}
	if refused := mayBePublic(s.behaviour.BlockPublicAccess || s.blockedAccounts[r.caller.AccountID], acl); refused != nil {
		return nil, refused
	}
	b := newBucket(r.target.bucket, r.caller.AccountID, region, s.cfg.Clock.Now())
	b.publicBlocked, b.accountBlocked = s.behaviour.BlockPublicAccess, s.blockedAccounts[b.owner]
	b.withoutV1 = s.behaviour.RefuseV1 || s.behaviour.RefuseV1OfNewBuckets
	if acl != "" {
		b.acl = acl
	}
	if config.StorageClass != "" {
		b.storageClass = config.StorageClass
	}
	if config.DataRedundancyType != "" {
		b.redundancy = config.DataRedundancyType
	}
	b.encryption = encryption
	if group != "" {
		kind := s.table.documents[documentResourceGroup]
		b.keep(documentResourceGroup, kind.written(&documentNode{Nodes: []documentNode{{XMLName: xml.Name{Local: "ResourceGroupId"}, Text: group}}}))
	}
	s.buckets[b.name] = b
	return created(b), nil
}

// putAgain answers PutBucket of a bucket that exists.
func (b *bucket) putAgain(accountID, region, acl string, config createConfiguration, now time.Time) (*response, *apiError) {
	if b.owner != accountID || b.region != region ||
		config.StorageClass != "" && config.StorageClass != b.storageClass ||
		config.DataRedundancyType != "" && config.DataRedundancyType != b.redundancyAt(now) {
		return nil, errorf("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.").
			with("BucketName", b.name)
	}
	if refused := mayBePublic(b.isBlocked(), acl); refused != nil {
		return nil, refused
	}
	if acl != "" {
		b.acl = acl
	}
	return created(b), nil
}

// bucketsOf counts the buckets of an account in a region.
func (s *Service) bucketsOf(accountID, region string) int {
	count := 0
	for _, b := range s.buckets {
		if b.owner == accountID && b.region == region {
			count++
		}
	}
	return count
}

// readCreation reads the settings of a new bucket; empty ones have their
// defaults.
func readCreation(r *request) (acl string, config createConfiguration, refused *apiError) {
	acl = r.Header.Get("x-oss-acl")
	if acl != "" && !validACL(acl) {
		return "", config, errorf("InvalidArgument", "no such bucket access control exists").with("ArgumentName", "x-oss-acl").with("ArgumentValue", acl)
	}
	if len(bytes.TrimSpace(r.body)) == 0 {
		return acl, config, nil
	}
	if xml.Unmarshal(r.body, &config) != nil ||
		config.StorageClass != "" && !validClass(config.StorageClass) ||
		config.DataRedundancyType != "" && config.DataRedundancyType != redundancyLRS && config.DataRedundancyType != redundancyZRS {
		return "", config, malformedXML()
	}
	return acl, config, nil
}

func created(b *bucket) *response {
	answer := newResponse(http.StatusOK)
	answer.header.Set("Location", "/"+b.name)
	return answer
}

// deleteBucket removes an empty bucket (OSS API, DeleteBucket).
func (s *Service) deleteBucket(r *request) (*response, *apiError) {
	what := ""
	switch {
	case r.bucket.objects.count > 0:
		what = "objects"
	case len(r.bucket.uploads) > 0: // the words of the integration tests of the Java SDK
		what = "Multipart Uploads"
	}
	if what != "" {
		return nil, errorf("BucketNotEmpty", "The bucket has %s. Please delete them first.", what).with("BucketName", r.bucket.name)
	}
	delete(s.buckets, r.bucket.name)
	s.noteDeleted(r.bucket.name)
	return newResponse(http.StatusNoContent), nil
}

func malformedXML() *apiError {
	return errorf("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema.")
}
