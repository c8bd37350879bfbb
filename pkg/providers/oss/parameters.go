package oss

import (
	"encoding/json"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// settings is the member "settings" of a plan: what a bucket gets where the
// user says nothing.
type settings struct {
	ACL          string `json:"acl"`
	StorageClass string `json:"storageClass"`
}

// parameters are the user's. null and the empty string are the same as absent.
type parameters struct {
	Region          string           `json:"Region"`
	Acl             string           `json:"Acl"` //nolint:revive,staticcheck // both spellings were in use
	ACL             string           `json:"ACL"`
	StorageClass    string           `json:"StorageClass"`
	AccessKeyID     string           `json:"AccessKeyId"`
	AccessKeySecret providers.Secret `json:"AccessKeySecret"`
}

// readParameters reads the user's parameters and puts them in the API's
// words. Its errors are the user's to mend.
func readParameters(raw json.RawMessage) (parameters, error) {
	var p parameters
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return p, invalid("The parameters must be an object of strings.", err)
		}
	}
	var ok, okToo bool
	p.ACL, ok = aclOf(p.ACL)
	p.Acl, okToo = aclOf(p.Acl)
	if !ok || !okToo {
		return p, invalid("Acl must be private, public-read or public-read-write.", nil)
	}
	if p.StorageClass, ok = storageClassOf(p.StorageClass); !ok {
		return p, invalid("StorageClass must be Standard, IA, Archive, ColdArchive or DeepColdArchive.", nil)
	}
	if p.Region, ok = regionOf(p.Region); !ok {
		return p, invalid("Region must be the id of a region, such as cn-hangzhou.", nil)
	}
	p.AccessKeyID = strings.TrimSpace(p.AccessKeyID)
	p.AccessKeySecret = providers.Secret(strings.TrimSpace(p.AccessKeySecret.Reveal()))
	if (p.AccessKeyID == "") != (p.AccessKeySecret == "") {
		return p, invalid("AccessKeyId and AccessKeySecret go together. Give both or, better, neither: the broker has its own.", nil)
	}
	return p, nil
}

// aclOf turns the words for an ACL, in any case and with spaces or slashes,
// into the API's (OSS API, PutBucket, x-oss-acl). Empty stays empty.
func aclOf(word string) (acl string, ok bool) {
	joined := strings.Join(strings.FieldsFunc(strings.ToLower(word), isSeparator), "-")
	switch joined {
	case "", "private", "public-read", "public-read-write":
		return joined, true
	}
	return "", false
}

// storageClassOf turns the words for a storage class, such as "Infrequent
// Access Storage", into the API's (OSS API, PutBucket, StorageClass).
func storageClassOf(word string) (class string, ok bool) {
	joined := strings.Join(strings.FieldsFunc(strings.ToLower(word), isSeparator), "")
	switch strings.TrimSuffix(joined, "storage") {
	case "":
		return "", joined == "" // "storage" alone is none
	case "standard":
		return "Standard", true
	case "ia", "infrequentaccess":
		return "IA", true
	case "archive":
		return "Archive", true
	case "coldarchive":
		return "ColdArchive", true
	case "deepcoldarchive":
		return "DeepColdArchive", true
	}
	return "", false
}

func isSeparator(r rune) bool { return strings.ContainsRune(" \t-_/", r) }

// regionOf also takes the form of OSS locations, "oss-cn-hangzhou".
func regionOf(word string) (region string, ok bool) {
	region = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "oss-")
	if strings.TrimSpace(word) == "" {
		return "", true
	}
	return region, alicloud.IsRegion(region)
}

func invalid(text string, cause error) error {
	return &providers.Failure{Kind: providers.Invalid, Text: text, Cause: cause}
}
