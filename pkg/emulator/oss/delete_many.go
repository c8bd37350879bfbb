package oss

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

type deleteRequest struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool     `xml:"Quiet"`
	Objects []struct {
		Key       string `xml:"Key"`
		VersionID string `xml:"VersionId"`
	} `xml:"Object"`
}

type deleteResult struct {
	XMLName      xml.Name  `xml:"DeleteResult"`
	EncodingType string    `xml:",omitempty"`
	Deleted      []deleted `xml:"Deleted"`
}

// deleteMultipleObjects deletes up to 1,000 objects or versions (OSS API,
// DeleteMultipleObjects). One key that the caller must not delete refuses the
// whole request (A067).
func (s *Service) deleteMultipleObjects(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 1000, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	if r.Header.Get("Content-MD5") == "" {
		return nil, errorf("MissingArgument", "Missing Some Required Arguments.").with("ArgumentName", "Content-MD5").cause("0016-00000502")
	}
	var given deleteRequest
	if xml.Unmarshal(hideControls(r.body), &given) != nil || len(given.Objects) == 0 || len(given.Objects) > 1000 {
		return nil, malformedXML()
	}
	for i := range given.Objects {
		o := &given.Objects[i]
		o.Key = showControls(o.Key)
		action := actionDeleteObject
		if o.VersionID != "" {
			action = actionDeleteObject + actionOfOldVersions
			if !isVersionID(o.VersionID) {
				return nil, invalidVersionID(o.VersionID)
			}
		}
		if !validKey(o.Key) {
			return nil, invalidKey(o.Key)
		}
		if refused := s.authorizeIn(r, r.bucket, action, o.Key); refused != nil {
			return nil, refused
		}
		if refused := r.bucket.immutable(o.Key, o.VersionID, s.cfg.Clock.Now()); refused != nil {
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

// Keys may hold control characters, which clients write as numbers or as they are (oss2)
// and XML forbids in any form. They pass the decoder as Unicode noncharacters, of which
// there are 32 from U+FDD0 on.
const firstHidden = 0xFDD0

var numericReference = regexp.MustCompile(`&#(x[0-9A-Fa-f]+|[0-9]+);`)

func hideControls(body []byte) []byte {
	if utf8.Valid(body) {
		body = bytes.Map(func(c rune) rune {
			if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
				return c + firstHidden
			}
			return c
		}, body)
	}
	return numericReference.ReplaceAllFunc(body, func(reference []byte) []byte {
		digits, base := string(reference[2:len(reference)-1]), 10
		if digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || n >= 0x20 {
			return reference
		}
		return []byte(string(rune(firstHidden + n)))
	})
}

func showControls(key string) string {
	return strings.Map(func(c rune) rune {
		if c >= firstHidden && c < firstHidden+0x20 {
			return c - firstHidden
		}
		return c
	}, key)
}
