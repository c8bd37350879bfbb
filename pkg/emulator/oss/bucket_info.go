package oss

import (
	"encoding/xml"
	"maps"
	"net/http"
	"regexp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// disabled is the state of features that the emulator lacks.
const disabled = "Disabled"

type accessControlList struct {
	Grant string
}

type accessControlPolicy struct {
	XMLName           xml.Name `xml:"AccessControlPolicy"`
	Owner             ownerElement
	AccessControlList accessControlList
}

type bucketInfo struct {
	XMLName xml.Name `xml:"BucketInfo"`
	Bucket  bucketInfoBucket
}

// A bucketInfoLog is where the accesses to a bucket are logged.
type bucketInfoLog struct{ LogBucket, LogPrefix string }

type bucketInfoBucket struct {
	Name                     string
	Location                 string
	CreationDate             string
	ExtranetEndpoint         string
	IntranetEndpoint         string
	StorageClass             string
	DataRedundancyType       string
	AccessMonitor            string
	BlockPublicAccess        bool
	TransferAcceleration     string
	CrossRegionReplication   string
	ResourceGroupID          string `xml:"ResourceGroupId"`
	Comment                  string
	Versioning               string `xml:",omitempty"`
	Owner                    ownerElement
	AccessControlList        accessControlList
	ServerSideEncryptionRule encryptionRule
	BucketPolicy             bucketInfoLog
}

// getBucketInfo describes a bucket in full (OSS API, GetBucketInfo).
func (s *Service) getBucketInfo(r *request) (*response, *apiError) {
	b := r.bucket
	sse := encryptionRule{SSEAlgorithm: "None"}
	if b.encryption != nil {
		sse = *b.encryption
	}
	acceleration := disabled
	if b.documentText(documentAcceleration, "", "Enabled") == trueText {
		acceleration = versioningEnabled
	}
	return xmlResponse(bucketInfo{Bucket: bucketInfoBucket{
		Name: b.name, Location: b.location(), CreationDate: xmlTime(b.created),
		ExtranetEndpoint: b.location() + ".aliyuncs.com", IntranetEndpoint: b.location() + "-internal.aliyuncs.com",
		StorageClass: b.storageClass, DataRedundancyType: b.redundancyAt(s.cfg.Clock.Now()),
		AccessMonitor:        b.documentText(documentAccessMonitor, disabled, "Status"),
		TransferAcceleration: acceleration, CrossRegionReplication: disabled,
		ResourceGroupID: b.resourceGroup(), Versioning: b.versioning, Owner: owner(b.owner),
		AccessControlList: accessControlList{b.acl}, BlockPublicAccess: b.publicBlocked, ServerSideEncryptionRule: sse,
		BucketPolicy: bucketInfoLog{
			b.documentText(documentLogging, "", "LoggingEnabled", "TargetBucket"), b.documentText(documentLogging, "", "LoggingEnabled", "TargetPrefix"),
		},
	}})
}

// getBucketLocation returns the region of a bucket (OSS API,
// GetBucketLocation).
func (s *Service) getBucketLocation(r *request) (*response, *apiError) {
	return xmlResponse(struct {
		XMLName  xml.Name `xml:"LocationConstraint"`
		Location string   `xml:",chardata"`
	}{Location: r.bucket.location()})
}

// headBucket says where a bucket is (getBucketMetadata of aliyun-sdk-oss for Java;
// no page of the API has the request).
func (s *Service) headBucket(r *request) (*response, *apiError) {
	return &response{status: http.StatusOK, header: http.Header{"X-Oss-Bucket-Region": {r.bucket.location()}}}, nil
}

// getBucketACL returns a bucket's ACL and owner (OSS API, GetBucketAcl).
func (s *Service) getBucketACL(r *request) (*response, *apiError) {
	return xmlResponse(accessControlPolicy{Owner: owner(r.bucket.owner), AccessControlList: accessControlList{r.bucket.acl}})
}

// putBucketACL changes a bucket's ACL, or makes the bucket with it (OSS API,
// PutBucketAcl; A264).
func (s *Service) putBucketACL(r *request) (*response, *apiError) {
	acl := r.Header.Get("x-oss-acl")
	if !validACL(acl) {
		return nil, errorf("InvalidArgument", "no such bucket access control exists").with("ArgumentName", "x-oss-acl").with("ArgumentValue", acl)
	}
	if r.bucket == nil {
		return s.putBucket(r)
	}
	if refused := mayBePublic(r.bucket.isBlocked(), acl); refused != nil {
		return nil, refused
	}
	r.bucket.acl = acl
	return created(r.bucket), nil // with Location, which ali-oss reads
}

// mayBePublic refuses a public ACL where public access is blocked (A073).
func mayBePublic(blocked bool, acl string) *apiError {
	if blocked && acl != aclPrivate && acl != "" {
		return errorf("AccessDenied", "Put public bucket acl is not allowed.")
	}
	return nil
}

// elementText matches an element that has text alone, with its name and its text.
var elementText = regexp.MustCompile(`<(\w+)>([^<]+)</`)

// withoutSecrets masks the text of elements with a secret name, as the secret of
// the key for a mirror in a website.
func withoutSecrets(document string) string {
	return elementText.ReplaceAllStringFunc(document, func(element string) string {
		if name := elementText.FindStringSubmatch(element)[1]; cloud.Secret(name) {
			return "<" + name + ">***</"
		}
		return element
	})
}

// optionsOf returns the options of a bucket that are set, by sub-resource and
// as they are answered, without secrets.
func (s *Service) optionsOf(b *bucket) map[string]string {
	options := maps.Clone(b.documents)
	add := func(name string, there bool, get func(*Service, *request) (*response, *apiError)) {
		if !there {
			return
		}
		if answer, refused := get(s, &request{bucket: b}); refused == nil {
			if options == nil {
				options = make(map[string]string)
			}
			options[name] = string(answer.body)
		}
	}
	add("versioning", b.versioning != "", (*Service).getBucketVersioning)
	add("encryption", b.encryption != nil, (*Service).getBucketEncryption)
	add("cors", b.cors != nil, (*Service).getBucketCORS)
	add("lifecycle", b.lifecycle != nil, (*Service).getBucketLifecycle)
	add("worm", b.worm != nil, (*Service).getBucketWorm)
	add("objectWorm", b.objectWorm != nil, (*Service).getObjectWorm)
	for name, document := range options {
		options[name] = withoutSecrets(document)
	}
	return options
}

func validACL(acl string) bool {
	return acl == aclPrivate || acl == aclPublicRead || acl == aclPublicReadWrite
}
