package oss

import (
	"slices"
	"strings"
)

// The values of options, with the names of the elements of OSS (OSS API, the pages of
// PutBucketEncryption, PutBucketLifecycle, PutBucketCors, PutBucketLogging and
// PutBucketReferer). The zero value of each is a bucket without the option.

// encryption is how OSS encrypts new objects.
type encryption struct {
	SSEAlgorithm      string `json:"SSEAlgorithm,omitempty"`
	KMSMasterKeyID    string `json:"KMSMasterKeyID,omitempty"`
	KMSDataEncryption string `json:"KMSDataEncryption,omitempty"`
}

func (e encryption) normal() (encryption, string) {
	if e.SSEAlgorithm == "None" { // of GetBucketInfo
		e = encryption{}
	}
	if e.SSEAlgorithm != "KMS" && (e.KMSMasterKeyID != "" || e.KMSDataEncryption != "") {
		return e, "KMSMasterKeyID and KMSDataEncryption go with the SSEAlgorithm KMS alone."
	}
	return e, ""
}

// logging is the place of the access logs.
type logging struct {
	TargetBucket string `json:"TargetBucket,omitempty"`
	TargetPrefix string `json:"TargetPrefix,omitempty"`
}

func (l logging) normal() (logging, string) {
	if l.TargetBucket == "" && l.TargetPrefix != "" {
		return l, "TargetPrefix goes with TargetBucket."
	}
	return l, ""
}

// The states of versioning. A bucket that had versions never loses them: it is
// suspended at most (OSS API, PutBucketVersioning).
const (
	versioningEnabled   versioning = "Enabled"
	versioningSuspended versioning = "Suspended"
)

type versioning string

// normal counts a bucket that never had versions as suspended.
func (v versioning) normal() (versioning, string) { //nolint:unparam // as checked wants it
	if v == "" {
		return versioningSuspended, ""
	}
	return v, ""
}

// acceleration is transfer acceleration.
type acceleration bool

func (a acceleration) normal() (acceleration, string) { return a, "" }

// cors are the rules of cross-origin requests.
type cors []corsRule

type corsRule struct {
	AllowedOrigin []string `json:"AllowedOrigin"`
	AllowedMethod []string `json:"AllowedMethod"`
	AllowedHeader []string `json:"AllowedHeader,omitempty"`
	ExposeHeader  []string `json:"ExposeHeader,omitempty"`
	MaxAgeSeconds int64    `json:"MaxAgeSeconds,omitempty"`
}

// normal writes headers in lower case, as OSS tells them (A271).
func (c cors) normal() (cors, string) {
	if len(c) == 0 {
		return nil, ""
	}
	rules := make(cors, 0, len(c))
	for _, rule := range c {
		for _, pattern := range slices.Concat(rule.AllowedOrigin, rule.AllowedHeader) {
			if strings.Count(pattern, "*") > 1 {
				return c, "an AllowedOrigin and an AllowedHeader have one asterisk at most."
			}
		}
		rule.AllowedHeader = lowered(rule.AllowedHeader)
		rule.ExposeHeader = noneAsNil(rule.ExposeHeader)
		rules = append(rules, rule)
	}
	return rules, ""
}

func lowered(texts []string) []string {
	var lower []string
	for _, text := range texts {
		lower = append(lower, strings.ToLower(text))
	}
	return lower
}

func noneAsNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// referer decides on requests by the page that they come from. A pointer is nil for
// the value of OSS.
type referer struct {
	AllowEmptyReferer        *bool    `json:"AllowEmptyReferer,omitempty"`
	AllowTruncateQueryString *bool    `json:"AllowTruncateQueryString,omitempty"`
	TruncatePath             *bool    `json:"TruncatePath,omitempty"`
	RefererList              []string `json:"RefererList,omitempty"`
	RefererBlacklist         []string `json:"RefererBlacklist,omitempty"`
}

// normal fills in the values of OSS (OSS API, PutBucketReferer).
func (r referer) normal() (referer, string) {
	fill := func(value **bool, byDefault bool) {
		if *value == nil {
			*value = &byDefault
		}
	}
	fill(&r.AllowEmptyReferer, true)
	fill(&r.AllowTruncateQueryString, true)
	fill(&r.TruncatePath, false)
	wrong := ""
	if *r.TruncatePath && !*r.AllowTruncateQueryString {
		wrong = "TruncatePath needs AllowTruncateQueryString."
	}
	r.RefererList, r.RefererBlacklist = noneAsNil(r.RefererList), noneAsNil(r.RefererBlacklist)
	return r, wrong
}
