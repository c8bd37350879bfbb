package oss

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An operation is one call of the OSS API.
type operation struct {
	// name is the call's name, as in "oss:PutBucket": in the journal and in
	// faults. HeadObject and ListObjectsV2 have names of their own.
	name string
	// action is the action that RAM authorises, as "oss:GetObject" for
	// HeadObject (OSS documentation, "RAM policies", table of actions). Empty:
	// the operation asks RAM itself, object by object.
	action string
	run    func(*Service, *request) (*response, *apiError)
}

// route finds the operation of a request. unknown describes a request that has
// none.
func route(r *http.Request, query url.Values, t target) (op *operation, unknown string) {
	level := "object"
	switch {
	case t.bucket == "":
		level = "service"
	case t.key == "":
		level = "bucket"
	}
	var selected []string
	for name := range query {
		if selecting(name) {
			selected = append(selected, name)
		}
	}
	slices.Sort(selected)
	what := r.Method + " " + level
	if len(selected) > 0 {
		what += " ?" + strings.Join(selected, "&")
	}
	if name, there := unsupportedHeader(r.Header); there {
		return nil, what + " with the header " + name
	}
	if op = find(what, r, query); op == nil {
		return nil, what
	}
	return op, ""
}

// selecting reports whether a query parameter names a sub-resource, and with it
// another operation. Other parameters qualify an operation, or are ignored.
func selecting(name string) bool {
	switch name {
	case "callback-var", "continuation-token", "endTime", "startTime", "partNumber", "position", "security-token", "versionId",
		"response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language",
		"response-content-type", "response-expires":
		return false
	case "accessPoint", "accessPointPolicy", "accessmonitor", "bucketArchiveDirectRead", "httpsConfig", "policyStatus",
		"publicAccessBlock", "regions", "resourcePool", "x-oss-process", "x-oss-async-process", "bucketOverwriteConfig", "qosConfiguration":
		return true
	}
	return subresourcesV1(name) && !strings.HasPrefix(name, "x-oss-")
}

// unsupportedHeader finds a header that would change an operation in a way that
// the emulator lacks.
func unsupportedHeader(h http.Header) (name string, there bool) {
	for _, name := range []string{
		"x-oss-callback", "x-oss-server-side-data-encryption", "x-oss-agentic-bucket",
	} {
		if h.Get(name) != "" {
			return name, true
		}
	}
	if h.Get("x-oss-hns-status") == "enabled" {
		return "x-oss-hns-status", true
	}
	return "", false
}

// plain returns an operation that has the same name in RAM.
func plain(name string, run func(*Service, *request) (*response, *apiError)) *operation {
	return &operation{name, name, run}
}

// find is the table of the operations.
func find(what string, r *http.Request, query url.Values) *operation {
	switch what {
	case "GET service":
		return plain("oss:ListBuckets", (*Service).listBuckets)
	case "GET service ?regions":
		return plain("oss:DescribeRegions", (*Service).describeRegions)
	case "PUT bucket":
		return plain(actionPutBucket, (*Service).putBucket)
	case "DELETE bucket":
		return plain("oss:DeleteBucket", (*Service).deleteBucket)
	case "GET bucket ?bucketInfo":
		return plain("oss:GetBucketInfo", (*Service).getBucketInfo)
	case "GET bucket ?location":
		return plain("oss:GetBucketLocation", (*Service).getBucketLocation)
	case "GET bucket ?stat":
		return plain("oss:GetBucketStat", (*Service).getBucketStat)
	case "GET bucket ?acl":
		return plain("oss:GetBucketAcl", (*Service).getBucketACL)
	case "PUT bucket ?acl":
		return plain("oss:PutBucketAcl", (*Service).putBucketACL)
	case "PUT bucket ?tagging":
		return &operation{"oss:PutBucketTags", "oss:PutBucketTagging", (*Service).putBucketTags}
	case "GET bucket ?tagging":
		return &operation{"oss:GetBucketTags", "oss:GetBucketTagging", (*Service).getBucketTags}
	case "DELETE bucket ?tagging":
		return &operation{"oss:DeleteBucketTags", "oss:DeleteBucketTagging", (*Service).deleteBucketTags}
	case "PUT bucket ?versioning":
		return plain("oss:PutBucketVersioning", (*Service).putBucketVersioning)
	case "GET bucket ?versioning":
		return plain("oss:GetBucketVersioning", (*Service).getBucketVersioning)
	case "PUT bucket ?encryption":
		return plain("oss:PutBucketEncryption", (*Service).putBucketEncryption)
	case "GET bucket ?encryption":
		return plain("oss:GetBucketEncryption", (*Service).getBucketEncryption)
	case "DELETE bucket ?encryption":
		return plain("oss:DeleteBucketEncryption", (*Service).deleteBucketEncryption)
	case "PUT bucket ?cors":
		return plain("oss:PutBucketCors", (*Service).putBucketCORS)
	case "GET bucket ?cors":
		return plain("oss:GetBucketCors", (*Service).getBucketCORS)
	case "DELETE bucket ?cors":
		return plain("oss:DeleteBucketCors", (*Service).deleteBucketCORS)
	case "PUT bucket ?lifecycle":
		return plain("oss:PutBucketLifecycle", (*Service).putBucketLifecycle)
	case "GET bucket ?lifecycle":
		return plain("oss:GetBucketLifecycle", (*Service).getBucketLifecycle)
	case "DELETE bucket ?lifecycle":
		return plain("oss:DeleteBucketLifecycle", (*Service).deleteBucketLifecycle)
	case "PUT bucket ?publicAccessBlock":
		return plain("oss:PutBucketPublicAccessBlock", (*Service).putPublicAccessBlock)
	case "GET bucket ?publicAccessBlock":
		return plain("oss:GetBucketPublicAccessBlock", (*Service).getPublicAccessBlock)
	case "DELETE bucket ?publicAccessBlock":
		return plain("oss:DeleteBucketPublicAccessBlock", (*Service).deletePublicAccessBlock)
	case "GET bucket":
		if query.Get("list-type") == "2" {
			return &operation{"oss:ListObjectsV2", actionListObjects, (*Service).listObjectsV2}
		}
		return plain(actionListObjects, (*Service).listObjects)
	case "GET bucket ?versions":
		return plain("oss:ListObjectVersions", (*Service).listObjectVersions)
	case "GET bucket ?uploads":
		return plain("oss:ListMultipartUploads", (*Service).listMultipartUploads)
	case "POST bucket ?delete":
		return &operation{"oss:DeleteMultipleObjects", "", (*Service).deleteMultipleObjects}
	}
	return findObject(what, r, query)
}

// findObject is the part of the table that speaks of objects.
func findObject(what string, r *http.Request, query url.Values) *operation {
	suffix := ""
	if query.Has("versionId") {
		suffix = actionOfOldVersions // RAM has separate actions for old versions
	}
	copying := r.Header.Get("x-oss-copy-source") != ""
	switch what {
	case "PUT object":
		if copying {
			return &operation{"oss:CopyObject", actionPutObject, (*Service).copyObject}
		}
		return plain(actionPutObject, (*Service).putObject)
	case "GET object":
		return &operation{actionGetObject, actionGetObject + suffix, (*Service).getObject}
	case "HEAD object":
		return &operation{"oss:HeadObject", actionGetObject + suffix, (*Service).getObject}
	case "HEAD object ?objectMeta":
		return &operation{"oss:GetObjectMeta", actionGetObject + suffix, (*Service).getObjectMeta}
	case "DELETE object":
		return &operation{actionDeleteObject, actionDeleteObject + suffix, (*Service).deleteObject}
	case "POST object ?uploads":
		return &operation{"oss:InitiateMultipartUpload", actionPutObject, (*Service).initiateMultipartUpload}
	case "PUT object ?uploadId":
		if copying {
			return &operation{"oss:UploadPartCopy", actionPutObject, (*Service).uploadPartCopy}
		}
		return &operation{"oss:UploadPart", actionPutObject, (*Service).uploadPart}
	case "POST object ?uploadId":
		return &operation{"oss:CompleteMultipartUpload", actionPutObject, (*Service).completeMultipartUpload}
	case "DELETE object ?uploadId":
		return plain(actionAbortUpload, (*Service).abortMultipartUpload)
	case "GET object ?uploadId":
		return plain(actionListParts, (*Service).listParts)
	}
	return findOptions(what, suffix)
}

// findOptions is the part of the table for options of objects, besides their
// content.
func findOptions(what, suffix string) *operation {
	of := func(name string) string {
		if suffix == "" {
			return name
		}
		// oss:PutObjectVersionTagging, oss:GetObjectVersionAcl.
		return strings.Replace(name, "Object", "Object"+suffix, 1)
	}
	switch what {
	case "PUT object ?tagging":
		return &operation{"oss:PutObjectTagging", of("oss:PutObjectTagging"), (*Service).putObjectTagging}
	case "GET object ?tagging":
		return &operation{"oss:GetObjectTagging", of("oss:GetObjectTagging"), (*Service).getObjectTagging}
	case "DELETE object ?tagging":
		return &operation{"oss:DeleteObjectTagging", of("oss:DeleteObjectTagging"), (*Service).deleteObjectTagging}
	case "PUT object ?acl":
		return &operation{"oss:PutObjectAcl", of("oss:PutObjectAcl"), (*Service).putObjectACL}
	case "GET object ?acl":
		return &operation{"oss:GetObjectAcl", of("oss:GetObjectAcl"), (*Service).getObjectACL}
	case "PUT object ?symlink":
		return &operation{"oss:PutSymlink", actionPutObject, (*Service).putSymlink}
	case "GET object ?symlink":
		return &operation{"oss:GetSymlink", actionGetObject + suffix, (*Service).getSymlink}
	}
	return nil
}
