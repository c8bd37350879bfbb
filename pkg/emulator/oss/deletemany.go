package oss

import (
	"encoding/xml"
	"net/http"
)

type deleteRequest struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Objects []struct {
		Key       string
		VersionID string `xml:"VersionId"`
	} `xml:"Object"`
}

type deleteResult struct {
	XMLName      xml.Name  `xml:"DeleteResult"`
	EncodingType string    `xml:",omitempty"`
	Deleted      []deleted `xml:"Deleted"`
}

// deleteMultipleObjects deletes up to 1,000 objects or versions (OSS API,
// DeleteMultipleObjects). It is refused as a whole if the caller may not
// delete one of them.
func (s *Service) deleteMultipleObjects(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 1000)
	if refused != nil {
		return nil, refused
	}
	if r.Header.Get("Content-MD5") == "" {
		return nil, errorf("MissingArgument", "Missing Some Required Arguments.").with("ArgumentName", "Content-MD5")
	}
	var given deleteRequest
	if xml.Unmarshal(r.body, &given) != nil || len(given.Objects) == 0 || len(given.Objects) > 1000 {
		return nil, malformedXML()
	}
	for _, o := range given.Objects {
		action := "oss:DeleteObject"
		if o.VersionID != "" {
			action = "oss:DeleteObjectVersion"
		}
		if !validKey(o.Key) {
			return nil, invalidKey(o.Key)
		}
		if refused := s.authorizeIn(r, r.bucket, action, o.Key); refused != nil {
			return nil, refused
		}
	}
	result := deleteResult{EncodingType: l.encoding}
	for _, o := range given.Objects {
		done := s.remove(r.bucket, o.Key, o.VersionID)
		done.Key = l.encode(done.Key)
		result.Deleted = append(result.Deleted, done)
	}
	if given.Quiet {
		return newResponse(http.StatusOK), nil
	}
	return xmlResponse(result)
}
