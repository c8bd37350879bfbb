package oss

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The algorithms of encryption (OSS API, PutBucketEncryption).
const (
	encryptionAES = "AES256"
	encryptionKMS = "KMS"
	encryptionSM4 = "SM4"
)

// An encryptionRule is how OSS encrypts new objects of a bucket.
type encryptionRule struct {
	SSEAlgorithm      string `xml:"SSEAlgorithm"`
	KMSMasterKeyID    string `xml:"KMSMasterKeyID,omitempty"`
	KMSDataEncryption string `xml:"KMSDataEncryption,omitempty"`
}

type encryptionConfiguration struct {
	XMLName xml.Name        `xml:"ServerSideEncryptionRule"`
	Default *encryptionRule `xml:"ApplyServerSideEncryptionByDefault"`
}

// check checks the algorithms and what goes with them. The code of an unknown
// algorithm is the one that the integration tests of the Java SDK expect.
func (e *encryptionRule) check() *apiError {
	switch {
	case !slices.Contains([]string{encryptionAES, encryptionSM4, encryptionKMS}, e.SSEAlgorithm):
		return errorf("InvalidEncryptionAlgorithmError", "The encryption request you specified is not valid. Supported value: AES256/KMS/SM4.")
	case e.SSEAlgorithm != encryptionKMS && e.KMSMasterKeyID != "":
		return invalid("KMSMasterKeyID", e.KMSMasterKeyID, "A key id goes with KMS only.")
	}
	if refused := e.checkData(); refused != nil {
		return refused
	}
	if e.SSEAlgorithm != encryptionKMS {
		e.KMSDataEncryption = "" // taken without effect: the integration tests of oss2
	}
	return nil
}

// checkData checks the algorithm of data, which has one value besides the default.
func (e *encryptionRule) checkData() *apiError {
	if e.KMSDataEncryption != "" && e.KMSDataEncryption != encryptionSM4 {
		return invalid("KMSDataEncryption", e.KMSDataEncryption, "KMSDataEncryption is SM4.")
	}
	return nil
}

// encryptionOf reads the encryption that the headers of a request ask for, nil
// for none (OSS API, PutObject and PutBucket).
func encryptionOf(h http.Header) (*encryptionRule, *apiError) {
	rule := encryptionRule{
		strings.Clone(h.Get("x-oss-server-side-encryption")), strings.Clone(h.Get("x-oss-server-side-encryption-key-id")),
		strings.Clone(h.Get("x-oss-server-side-data-encryption")),
	}
	if rule.SSEAlgorithm == "" && rule.KMSMasterKeyID == "" { // a data encryption alone is taken without effect
		return nil, rule.checkData()
	}
	return &rule, rule.check()
}

// encryptionFor returns how OSS encrypts what a request with these headers puts
// into the bucket: as they say, or as the bucket's rule does; the zero value: not
// at all.
func (b *bucket) encryptionFor(h http.Header) encryptionRule {
	var rule encryptionRule
	if asked, _ := encryptionOf(h); asked != nil { // was checked
		rule = *asked
	} else if b.encryption != nil {
		rule = *b.encryption
	}
	if rule.SSEAlgorithm == encryptionKMS && rule.KMSMasterKeyID == "" {
		rule.KMSMasterKeyID = ownKey(b.owner)
	}
	return rule
}

// refuseUnknownKey refuses an object whose key KMS does not have (A483) or has
// disabled (A487).
func (s *Service) refuseUnknownKey(r *request) *apiError {
	rule := r.bucket.encryptionFor(r.Header)
	if s.cfg.KMS == nil || rule.KMSMasterKeyID == "" || rule.KMSMasterKeyID == ownKey(r.bucket.owner) {
		return nil
	}
	switch exists, enabled := s.cfg.KMS.State(r.bucket.region, rule.KMSMasterKeyID); {
	case !exists:
		return invalid("x-oss-server-side-encryption-key-id", rule.KMSMasterKeyID, "The key of KMS does not exist.").cause("0005-00000208")
	case !enabled:
		return invalid("x-oss-server-side-encryption-key-id", rule.KMSMasterKeyID, "The key of KMS is not enabled.").cause("0005-00000214")
	}
	return nil
}

// noEncryption refuses the headers of an encryption in the later requests of a
// multipart upload, which has the one that its first request asked for (A244).
func noEncryption(h http.Header) *apiError {
	asked, refused := encryptionOf(h)
	if asked != nil {
		return invalid("x-oss-server-side-encryption", asked.SSEAlgorithm, "The encryption is set by InitiateMultipartUpload.")
	}
	return refused
}

// ownKey is the id of the key that OSS has of its own in an account, which
// encrypts where a request with KMS names none (OSS documentation, "Server-side
// encryption"; the integration tests of the Go SDK v2 find it in answers).
func ownKey(account string) string {
	id := sha256.Sum256([]byte("acs:kms::" + account + ":alias/acs/oss"))
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// writeTo adds the headers that tell how an object is encrypted.
func (e *encryptionRule) writeTo(h http.Header) {
	for name, value := range map[string]string{
		"x-oss-server-side-encryption": e.SSEAlgorithm, "x-oss-server-side-encryption-key-id": e.KMSMasterKeyID,
		"x-oss-server-side-data-encryption": e.KMSDataEncryption,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
}

// putBucketEncryption sets the encryption of new objects (OSS API,
// PutBucketEncryption). The emulator only keeps the rule.
func (s *Service) putBucketEncryption(r *request) (*response, *apiError) {
	var given encryptionConfiguration
	if xml.Unmarshal(r.body, &given) != nil || given.Default == nil {
		return nil, malformedXML()
	}
	if refused := given.Default.check(); refused != nil {
		return nil, refused
	}
	r.bucket.encryption = given.Default
	return newResponse(http.StatusOK), nil
}

func (s *Service) getBucketEncryption(r *request) (*response, *apiError) {
	if r.bucket.encryption == nil {
		return nil, errorf("NoSuchServerSideEncryptionRule", "The server side encryption configuration does not exist.").with("BucketName", r.bucket.name)
	}
	return xmlResponse(encryptionConfiguration{Default: r.bucket.encryption})
}

func (s *Service) deleteBucketEncryption(r *request) (*response, *apiError) {
	r.bucket.encryption = nil
	return newResponse(http.StatusNoContent), nil
}
