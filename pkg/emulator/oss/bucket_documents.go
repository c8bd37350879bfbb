package oss

import (
	"bytes"
	_ "embed" // bucket_documents.yaml
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed bucket_documents.yaml
var documentsYAML []byte

// The sub-resources of documents that other parts of the service read.
const (
	documentAccessMonitor = "accessmonitor"
	documentAcceleration  = "transferAcceleration"
	documentLogging       = "logging"
	documentPolicy        = "policy" // is no XML
	documentHTTPS         = "httpsConfig"
	documentPayer         = "requestPayment"
	documentResourceGroup = "resourceGroup"
	documentWebsite       = "website"
)

// A documentKind is an option of a bucket that is one document.
type documentKind struct {
	subresource string
	Name        string        `yaml:"name"`
	Delete      bool          `yaml:"delete"`
	Missing     string        `yaml:"missing"`
	Document    schemaElement `yaml:"document"`
}

// documentKinds reads bucket_documents.yaml, by sub-resource. A defect in it is
// one of the program.
func documentKinds() map[string]*documentKind {
	var kinds map[string]*documentKind
	decoder := yaml.NewDecoder(bytes.NewReader(documentsYAML))
	decoder.KnownFields(true)
	if err := decoder.Decode(&kinds); err != nil {
		panic(fmt.Errorf("bucket_documents.yaml: %w", err))
	}
	for subresource, kind := range kinds {
		if len(kind.Document.elements) != 1 {
			panic(fmt.Errorf("bucket_documents.yaml: %s has %d root elements", subresource, len(kind.Document.elements)))
		}
		kind.subresource, kind.Document = subresource, kind.Document.elements[0]
	}
	return kinds
}

// operations returns the operations on the document.
func (k *documentKind) operations() []*operation {
	of := func(method, verb string, run handler) *operation {
		o := &operation{Request: method + " bucket ?" + k.subresource}
		o.complete(verb+"Bucket"+k.Name, run)
		return o
	}
	put := of(http.MethodPut, "Put", k.put)
	put.Body = k.Document.paths()
	list := []*operation{put, of(http.MethodGet, "Get", k.get)}
	if k.Delete {
		list = append(list, of(http.MethodDelete, "Delete", k.remove))
	}
	return list
}

// put keeps the document of a request, in the form in which it is answered.
func (k *documentKind) put(s *Service, r *request) (*response, *apiError) {
	var given documentNode
	if xml.Unmarshal(r.body, &given) != nil || given.XMLName.Local != k.Document.name {
		return nil, malformedXML()
	}
	if !k.Document.fits(&given) {
		return nil, malformedXML()
	}
	if refused := s.checkDocument(k, r, &given); refused != nil {
		return nil, refused
	}
	r.bucket.keep(k.subresource, k.written(&given))
	return newResponse(http.StatusOK), nil
}

// checkDocument checks what the schema cannot say.
func (s *Service) checkDocument(k *documentKind, r *request, given *documentNode) *apiError {
	switch k.subresource {
	case documentWebsite:
		if len(given.Nodes) == 0 {
			return malformedXML()
		}
		for i := range given.Nodes {
			if rules := &given.Nodes[i]; rules.XMLName.Local == "RoutingRules" {
				if refused := checkRoutingRules(rules.Nodes); refused != nil {
					return refused
				}
			}
		}
	case documentLogging:
		// OSS API, PutBucketLogging: source and target have one owner and one region.
		name := given.text("LoggingEnabled", "TargetBucket")
		if target := s.buckets[name]; name != "" && (target == nil || target.owner != r.bucket.owner || target.region != r.bucket.region) {
			return errorf("InvalidTargetBucketForLogging", "put bucket log requester is not target bucket owner.").with("TargetBucket", name)
		}
	case documentHTTPS: // the integration tests of oss2
		if tls := given.all("TLS")[0]; tls.text("Enable") == trueText && len(tls.all("TLSVersion")) == 0 {
			return malformedXML()
		}
	case documentResourceGroup:
		return s.checkResourceGroup(given.text("ResourceGroupId"))
	}
	return nil
}

// checkRoutingRules refuses mirrors for other errors than 404 (the integration tests
// of the Java SDK).
func checkRoutingRules(rules []documentNode) *apiError {
	for _, rule := range rules {
		code := rule.text("Condition", "HttpErrorCodeReturnedEquals")
		if rule.text("Redirect", "RedirectType") == "Mirror" && code != "" && code != "404" {
			return invalid("HttpErrorCodeReturnedEquals", code, "A mirror is for the error 404.")
		}
		for i := range rule.Nodes {
			if redirect := &rule.Nodes[i]; redirect.XMLName.Local == "Redirect" {
				redirect.passQuery()
			}
		}
	}
	return nil
}

// passQuery gives the redirection of a mirror the PassQueryString that the cloud
// derives from MirrorPassQueryString (the integration tests of oss2).
func (n *documentNode) passQuery() {
	derived := n.text("MirrorPassQueryString")
	if n.text("RedirectType") != "Mirror" || derived == "" || n.text("PassQueryString") != "" {
		return
	}
	n.Nodes = append(n.Nodes, documentNode{XMLName: xml.Name{Local: "PassQueryString"}, Text: derived})
}

var resourceGroupID = regexp.MustCompile(`^rg-[0-9A-Za-z]+$`)

// checkResourceGroup checks the form of an id, and whether the account has the group
// where its groups are known (A484). An empty id is the default group (OSS API,
// PutBucketResourceGroup).
func (s *Service) checkResourceGroup(id string) *apiError {
	isUnknown := s.behaviour.ResourceGroups != nil && id != defaultGroup && !slices.Contains(s.behaviour.ResourceGroups, id)
	if id != "" && (isUnknown || !resourceGroupID.MatchString(id)) {
		return errorf("ResourceGroupIdPreCheckError", "The resource group id precheck error").cause("0039-00000003")
	}
	return nil
}

// written returns the document as it is answered; given is nil for a bucket
// without one.
func (k *documentKind) written(given *documentNode) string {
	var b strings.Builder
	b.WriteString(xml.Header)
	k.Document.write(&b, given, "")
	return b.String()
}

func (k *documentKind) get(_ *Service, r *request) (*response, *apiError) {
	document, there := r.bucket.documents[k.subresource]
	if !there {
		if k.Missing != "" {
			refused := errorf(k.Missing, "The bucket has no %s.", k.Document.name).with("BucketName", r.bucket.name)
			refused.status = http.StatusNotFound
			return nil, refused
		}
		document = k.written(nil)
	}
	answer := newResponse(http.StatusOK)
	answer.header.Set("Content-Type", "application/xml")
	answer.body = []byte(document)
	return answer, nil
}

func (k *documentKind) remove(_ *Service, r *request) (*response, *apiError) {
	r.bucket.keep(k.subresource, "")
	return newResponse(http.StatusNoContent), nil
}

// keep stores a document of the bucket, or removes it if it is empty. The old
// map stays as it was, since a snapshot may hold it.
func (b *bucket) keep(subresource, document string) {
	kept := maps.Clone(b.documents)
	if kept == nil {
		kept = make(map[string]string)
	}
	kept[subresource] = document
	if document == "" {
		delete(kept, subresource)
	}
	b.documents = kept
}

// documentText returns the text at a path of a document, or the given default.
func (b *bucket) documentText(subresource, byDefault string, path ...string) string {
	var document documentNode
	if given, there := b.documents[subresource]; there && xml.Unmarshal([]byte(given), &document) == nil {
		if text := document.text(path...); text != "" {
			return text
		}
	}
	return byDefault
}

// defaultGroup is the resource group of a bucket that was given none.
const defaultGroup = "rg-default"

func (b *bucket) resourceGroup() string {
	return b.documentText(documentResourceGroup, defaultGroup, "ResourceGroupId")
}

func (b *bucket) monitorsAccess() bool {
	return b.documentText(documentAccessMonitor, disabled, "Status") == versioningEnabled
}

// payerRequester is who pays for requests of other accounts where the bucket says
// so, and the word by which such a request agrees (OSS API,
// PutBucketRequestPayment).
const (
	payerRequester = "requester"
	headerPayer    = "x-oss-request-payer"
)

// isPaidByOthers reports whether a request of another account, or an anonymous
// one, is to be paid by its sender.
func (b *bucket) isPaidByOthers(r *request) bool {
	return (!r.caller.signed || r.caller.AccountID != b.owner) && b.documentText(documentPayer, "", "Payer") == "Requester"
}
