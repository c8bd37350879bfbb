package oss

import (
	"encoding/xml"
	"net/http"
)

type versioningConfiguration struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:"Status,omitempty"`
}

// putBucketVersioning turns versioning on or suspends it, for good (OSS API,
// PutBucketVersioning).
func (s *Service) putBucketVersioning(r *request) (*response, *apiError) {
	var given versioningConfiguration
	if xml.Unmarshal(r.body, &given) != nil {
		return nil, malformedXML()
	}
	if given.Status != versioningEnabled && given.Status != versioningSuspended {
		return nil, errorf("InvalidArgument", "The Status must be Enabled or Suspended.").with("ArgumentName", "Status").with("ArgumentValue", given.Status)
	}
	r.bucket.versioning = given.Status
	return newResponse(http.StatusOK), nil
}

// getBucketVersioning returns the state of versioning; the Status of a bucket
// is missing before the first change (OSS API, GetBucketVersioning).
func (s *Service) getBucketVersioning(r *request) (*response, *apiError) {
	return xmlResponse(versioningConfiguration{Status: r.bucket.versioning})
}

type corsConfiguration struct {
	XMLName xml.Name `xml:"CORSConfiguration"`
	Rules   []struct {
		Origins []string `xml:"AllowedOrigin"`
		Methods []string `xml:"AllowedMethod"`
	} `xml:"CORSRule"`
}

// putBucketCORS sets the rules of cross-origin access (OSS API, PutBucketCors):
// 1 to 10 rules in at most 16 KB. The emulator keeps and returns them; it
// leaves preflight requests unanswered.
func (s *Service) putBucketCORS(r *request) (*response, *apiError) {
	var given corsConfiguration
	if xml.Unmarshal(r.body, &given) != nil || len(given.Rules) == 0 || len(given.Rules) > 10 || len(r.body) > 16<<10 {
		return nil, malformedXML()
	}
	for _, rule := range given.Rules {
		if len(rule.Origins) == 0 || len(rule.Methods) == 0 {
			return nil, malformedXML()
		}
		for _, method := range rule.Methods {
			switch method {
			case http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodHead:
			default:
				return nil, errorf("InvalidArgument", "The AllowedMethod is not valid.").with("ArgumentName", "AllowedMethod").with("ArgumentValue", method)
			}
		}
	}
	r.bucket.cors = r.body
	return newResponse(http.StatusOK), nil
}

func (s *Service) getBucketCORS(r *request) (*response, *apiError) {
	if r.bucket.cors == nil {
		return nil, errorf("NoSuchCORSConfiguration", "The CORS Configuration does not exist.").with("BucketName", r.bucket.name)
	}
	answer := newResponse(http.StatusOK)
	answer.header.Set("Content-Type", "application/xml")
	answer.body = r.bucket.cors
	return answer, nil
}

func (s *Service) deleteBucketCORS(r *request) (*response, *apiError) {
	r.bucket.cors = nil
	return newResponse(http.StatusNoContent), nil
}
