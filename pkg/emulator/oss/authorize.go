package oss

import (
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// The actions that RAM or a bucket's ACL decide on and that more than one
// operation needs.
const (
	actionListObjects   = "oss:ListObjects"
	actionGetObject     = "oss:GetObject"
	actionPutObject     = "oss:PutObject"
	actionDeleteObject  = "oss:DeleteObject"
	actionAbortUpload   = "oss:AbortMultipartUpload"
	actionListParts     = "oss:ListParts"
	actionPutBucket     = "oss:PutBucket"
	actionPutBucketACL  = "oss:PutBucketAcl"
	actionOfOldVersions = "Version" // follows GetObject and DeleteObject
)

// The access control lists of a bucket (OSS API, PutBucketAcl).
const (
	aclPrivate         = "private"
	aclPublicRead      = "public-read"
	aclPublicReadWrite = "public-read-write"
)

// admit finds the bucket of a request, at the endpoint of its region (A066), and
// decides whether the caller may do the operation there.
func (s *Service) admit(op *operation, r *request) *apiError {
	if r.target.bucket == "" {
		if !r.caller.signed {
			return errorf("AccessDenied", "Anonymous user has no right to access this bucket.")
		}
		return s.authorize(r, op.RAMAction, "*")
	}
	if !validBucketName(r.target.bucket) {
		return errorf("InvalidBucketName", "The specified bucket is not valid.").with("BucketName", r.target.bucket)
	}
	b, ok := s.buckets[r.target.bucket]
	if op.name == actionPutBucket || op.name == actionPutBucketACL && !ok { // A264
		if !r.caller.signed {
			return errorf("AccessDenied", "Anonymous user has no right to create a bucket.")
		}
		return s.authorize(r, actionPutBucket, r.target.bucket)
	}
	if r.key != "" && !validKey(r.key) {
		return invalidKey(r.key)
	}
	if !ok {
		return noSuchBucket(r.target.bucket)
	}
	if r.region != "" && r.region != b.region {
		return errorf("AccessDenied", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.").
			with("Bucket", b.name).with("Endpoint", b.location()+".aliyuncs.com")
	}
	if r.region == "" && r.signedRegion != "" && r.signedRegion != b.region {
		return wrongSigningRegion(r.Request)
	}
	r.bucket = b
	if b.isPaidByOthers(r) && (!r.caller.signed || r.Header.Get(headerPayer) != payerRequester) {
		return errorf("AccessDenied", "Access denied for requester pay bucket")
	}
	if refused := s.refusePublicData(op, r); refused != nil {
		return refused
	}
	if refused := s.refuseReferer(r); refused != nil {
		return refused
	}
	action := op.RAMAction
	if r.query.Has("versionId") {
		action = op.Versions // RAM has separate actions for old versions
	}
	if action == "" {
		return nil
	}
	r.caller.Keys = conditionKeys(r, action)
	return s.authorizeIn(r, b, action, r.key)
}

// authorizeIn decides on an action on the object key of a bucket, or on the
// bucket if key is empty. A denial by RAM or the bucket's policy is final; else
// either may allow, and the ACL can allow more unless public access is blocked
// (A084).
func (s *Service) authorizeIn(r *request, b *bucket, action, key string) *apiError {
	resource := b.name
	if key != "" {
		resource += "/" + key
	}
	verdict := s.judge(r, b, action, resource)
	if verdict == policyDenies {
		return errorf("AccessDenied", "Access denied by bucket policy.")
	}
	own := r.caller.signed && r.caller.AccountID == b.owner
	switch {
	case own && s.authorize(r, action, resource) == nil:
		return nil
	case own && s.isDenied(r, action, resource):
		return forbidden()
	case verdict == policyAllows:
		return nil
	case !b.isBlocked() && publicly(b.aclOf(key, r.query.Get("versionId")), action):
		return nil
	case !r.caller.signed:
		return errorf("AccessDenied", "You have no right to access this object because of bucket acl.").cause("0003-00000001")
	case !own:
		return errorf("AccessDenied", "The bucket you access does not belong to you.")
	}
	return forbidden()
}

// aclOf is the ACL that counts for a key: its object's own, or the bucket's.
func (b *bucket) aclOf(key, id string) string {
	if key != "" {
		if v, refused := b.find(key, id); refused == nil && v.acl() != "" {
			return v.acl()
		}
	}
	return b.acl
}

// authorize asks RAM for permission on a resource of the caller's account.
func (s *Service) authorize(r *request, action, resource string) *apiError {
	if s.cfg.Authorizer.Allowed(r.caller.Caller, action, "acs:oss:*:"+r.caller.AccountID+":"+resource) {
		return nil
	}
	return forbidden()
}

// isDenied reports whether a policy of RAM denies the action.
func (s *Service) isDenied(r *request, action, resource string) bool {
	denier, ok := s.cfg.Authorizer.(cloud.Denier)
	return ok && denier.Denies(r.caller.Caller, action, "acs:oss:*:"+r.caller.AccountID+":"+resource)
}

func forbidden() *apiError {
	return errorf("AccessDenied", "You have no right to access this object because of bucket acl.")
}

// publicly reports whether a bucket's ACL allows an action to everyone: reading
// objects, or reading and writing them. By the strict reading it excludes
// listing (A065).
func publicly(acl, action string) bool {
	switch action {
	case actionGetObject:
		return acl == aclPublicRead || acl == aclPublicReadWrite
	case actionPutObject, actionDeleteObject, actionAbortUpload, actionListParts:
		return acl == aclPublicReadWrite
	}
	return false
}

func noSuchBucket(name string) *apiError {
	return errorf("NoSuchBucket", "The specified bucket does not exist.").with("BucketName", name)
}

// validBucketName checks 3 to 63 lower-case letters, digits and hyphens, with a
// letter or digit at both ends (OSS API, PutBucket).
func validBucketName(name string) bool {
	if len(name) < 3 || len(name) > 63 || name[0] == '-' || name[len(name)-1] == '-' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// validKey checks 1 to 1,023 bytes of UTF-8 that begin with another character
// than a slash or backslash (OSS API, PutObject).
func validKey(key string) bool {
	return key != "" && len(key) <= 1023 && utf8.ValidString(key) && key[0] != '/' && key[0] != '\\'
}

func invalidKey(key string) *apiError {
	return errorf("InvalidObjectName", "The specified object is not valid.").with("ObjectName", key)
}
