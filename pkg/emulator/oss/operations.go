package oss

import (
	"bytes"
	_ "embed" // the two tables
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed operations.yaml
var operationsYAML []byte

//go:embed subresources.yaml
var subresourcesYAML []byte

// An operation is one call of the OSS API: an entry of operations.yaml.
type operation struct {
	members `yaml:",inline"`

	Request string `yaml:"request"`
	// RAMAction is the action that RAM authorises, as "oss:GetObject" for HeadObject
	// (OSS documentation, "RAM policies", table of actions); Versions the one for
	// requests that name a version.
	RAMAction  string            `yaml:"action"`
	Versions   string            `yaml:"versions"`
	Copies     *bool             `yaml:"copies"`
	Body       []string          `yaml:"body"`
	Unanswered map[string]string `yaml:"unanswered"`

	// name is the call's name, as in "oss:PutBucket": in the journal and in faults.
	name  string
	about string   // method and level of Request
	query []string // sub-resources of Request
	run   handler
}

// Members classify query members, headers and elements of a request.
type members struct {
	Implements []string          `yaml:"implements"`
	Checks     []string          `yaml:"checks"`
	Defaults   map[string]string `yaml:"defaults"`
	Ignores    []string          `yaml:"ignores"`
	Refuses    []string          `yaml:"refuses"`
}

type handler func(*Service, *request) (*response, *apiError)

// A table is all that the emulator knows of operations and sub-resources.
type table struct {
	common     members
	operations []*operation
	documents  map[string]*documentKind // by sub-resource
	signed     map[string]bool          // sub-resource or query member: whether V1's lists have it
}

// newTable reads the embedded tables. A defect in them is one of the program.
func newTable() *table {
	var file struct {
		Common     members               `yaml:"common"`
		Operations map[string]*operation `yaml:"operations"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(operationsYAML))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		panic(fmt.Errorf("operations.yaml: %w", err))
	}
	t := &table{common: file.Common, signed: readSubresources()}
	handlers := handlers()
	for name, op := range file.Operations {
		op.complete(name, handlers[name])
		t.operations = append(t.operations, op)
	}
	t.documents = documentKinds()
	for _, kind := range t.documents {
		t.operations = append(t.operations, kind.operations()...)
	}
	// The most particular request comes first.
	slices.SortFunc(t.operations, func(a, b *operation) int {
		if n := len(b.query) - len(a.query); n != 0 {
			return n
		}
		return strings.Compare(a.name, b.name)
	})
	return t
}

// readSubresources reads subresources.yaml.
func readSubresources() map[string]bool {
	var names struct{ Signed, Unlisted []string }
	if err := yaml.Unmarshal(subresourcesYAML, &names); err != nil {
		panic(fmt.Errorf("subresources.yaml: %w", err))
	}
	signed := make(map[string]bool)
	for _, name := range names.Unlisted {
		signed[name] = false
	}
	for _, name := range names.Signed {
		signed[name] = true
	}
	return signed
}

// covers reports whether signature V1 covers a query member.
func (t *table) covers(name string) bool { return t.signed[name] || strings.HasPrefix(name, ossPrefix) }

// selects reports whether a query member is a sub-resource or covered by V1.
func (t *table) selects(name string) bool {
	_, known := t.signed[name]
	return known || strings.HasPrefix(name, ossPrefix)
}

// ambiguous reports whether a query has a sub-resource that no client's list has.
func (t *table) ambiguous(query url.Values) bool {
	for name := range query {
		if t.selects(name) && !t.covers(name) {
			return true
		}
	}
	return false
}

// complete derives an operation's parts from its entry.
func (o *operation) complete(name string, run handler) {
	o.name, o.run = "oss:"+name, run
	about, query, _ := strings.Cut(o.Request, " ?")
	o.about = about
	if query != "" {
		o.query = strings.Split(query, "&")
	}
	switch o.RAMAction {
	case "":
		o.RAMAction = o.name
	case "none":
		o.RAMAction = ""
	}
	if o.Versions == "" {
		o.Versions = o.RAMAction
	}
}

// handlers are the implementations of the table's operations.
func handlers() map[string]handler {
	return map[string]handler{
		"ListBuckets":                          (*Service).listBuckets,
		"DescribeRegions":                      (*Service).describeRegions,
		"PutBucket":                            (*Service).putBucket,
		"DeleteBucket":                         (*Service).deleteBucket,
		"GetBucketInfo":                        (*Service).getBucketInfo,
		"GetBucketLocation":                    (*Service).getBucketLocation,
		"HeadBucket":                           (*Service).headBucket,
		"GetBucketStat":                        (*Service).getBucketStat,
		"GetBucketAcl":                         (*Service).getBucketACL,
		"PutBucketAcl":                         (*Service).putBucketACL,
		"PutBucketTags":                        (*Service).putBucketTags,
		"GetBucketTags":                        (*Service).getBucketTags,
		"DeleteBucketTags":                     (*Service).deleteBucketTags,
		"PutBucketVersioning":                  (*Service).putBucketVersioning,
		"GetBucketVersioning":                  (*Service).getBucketVersioning,
		"PutBucketEncryption":                  (*Service).putBucketEncryption,
		"GetBucketEncryption":                  (*Service).getBucketEncryption,
		"DeleteBucketEncryption":               (*Service).deleteBucketEncryption,
		"PutBucketCors":                        (*Service).putBucketCORS,
		"GetBucketCors":                        (*Service).getBucketCORS,
		"DeleteBucketCors":                     (*Service).deleteBucketCORS,
		"PutBucketLifecycle":                   (*Service).putBucketLifecycle,
		"GetBucketLifecycle":                   (*Service).getBucketLifecycle,
		"DeleteBucketLifecycle":                (*Service).deleteBucketLifecycle,
		"PutBucketPublicAccessBlock":           (*Service).putPublicAccessBlock,
		"GetBucketPublicAccessBlock":           (*Service).getPublicAccessBlock,
		"DeleteBucketPublicAccessBlock":        (*Service).deletePublicAccessBlock,
		"PutBucketPolicy":                      (*Service).putBucketPolicy,
		"GetBucketPolicy":                      (*Service).getBucketPolicy,
		"DeleteBucketPolicy":                   (*Service).deleteBucketPolicy,
		"GetBucketPolicyStatus":                (*Service).getBucketPolicyStatus,
		"CreateBucketDataRedundancyTransition": (*Service).createTransition,
		"GetBucketDataRedundancyTransition":    (*Service).getTransition,
		"ListBucketDataRedundancyTransition":   (*Service).listTransitions,
		"DeleteBucketDataRedundancyTransition": (*Service).deleteTransition,
		"InitiateBucketWorm":                   (*Service).initiateBucketWorm,
		"AbortBucketWorm":                      (*Service).abortBucketWorm,
		"GetBucketWorm":                        (*Service).getBucketWorm,
		"CompleteBucketWorm":                   (*Service).completeBucketWorm,
		"ExtendBucketWorm":                     (*Service).extendBucketWorm,
		"PutBucketObjectWormConfiguration":     (*Service).putObjectWorm,
		"GetBucketObjectWormConfiguration":     (*Service).getObjectWorm,
		"PutObjectLegalHold":                   (*Service).putObjectLegalHold,
		"GetObjectLegalHold":                   (*Service).getObjectLegalHold,
		"PutPublicAccessBlock":                 (*Service).putAccountBlock,
		"GetPublicAccessBlock":                 (*Service).getAccountBlock,
		"DeletePublicAccessBlock":              (*Service).deleteAccountBlock,
		"PutObjectRetention":                   (*Service).putObjectRetention,
		"GetObjectRetention":                   (*Service).getObjectRetention,
		"ListLiveChannel":                      (*Service).listLiveChannels,
		"ListObjects":                          (*Service).listObjects,
		"ListObjectsV2":                        (*Service).listObjectsV2,
		"ListObjectVersions":                   (*Service).listObjectVersions,
		"ListMultipartUploads":                 (*Service).listMultipartUploads,
		"DeleteMultipleObjects":                (*Service).deleteMultipleObjects,
		"PutObject":                            (*Service).putObject,
		"AppendObject":                         (*Service).appendObject,
		"RestoreObject":                        (*Service).restoreObject,
		"CopyObject":                           (*Service).copyObject,
		"GetObject":                            (*Service).getObject,
		"HeadObject":                           (*Service).getObject,
		"GetObjectMeta":                        (*Service).getObjectMeta,
		"DeleteObject":                         (*Service).deleteObject,
		"InitiateMultipartUpload":              (*Service).initiateMultipartUpload,
		"UploadPart":                           (*Service).uploadPart,
		"UploadPartCopy":                       (*Service).uploadPartCopy,
		"CompleteMultipartUpload":              (*Service).completeMultipartUpload,
		"AbortMultipartUpload":                 (*Service).abortMultipartUpload,
		"ListParts":                            (*Service).listParts,
		"PutObjectTagging":                     (*Service).putObjectTagging,
		"GetObjectTagging":                     (*Service).getObjectTagging,
		"DeleteObjectTagging":                  (*Service).deleteObjectTagging,
		"PutObjectAcl":                         (*Service).putObjectACL,
		"GetObjectAcl":                         (*Service).getObjectACL,
		"PutSymlink":                           (*Service).putSymlink,
		"GetSymlink":                           (*Service).getSymlink,
	}
}
