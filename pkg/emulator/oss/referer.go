package oss

import (
	"encoding/xml"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

const documentReferer = "referer"

// refuseReferer refuses a request for an object by its Referer, as the bucket says.
// Requests with a signature in a header are free of it (A410).
func (s *Service) refuseReferer(r *request) *apiError {
	text, there := r.bucket.documents[documentReferer]
	if !there || r.key == "" || r.Header.Get("Authorization") != "" || s.behaviour.IgnoreReferers {
		return nil
	}
	var document documentNode
	_ = xml.Unmarshal([]byte(text), &document) // was checked when it was put
	allowed, denied := document.referers("RefererList"), document.referers("RefererBlacklist")
	referer := r.Header.Get("Referer")
	switch {
	case referer == "":
		if document.text("AllowEmptyReferer") == "true" || len(allowed) == 0 {
			return nil
		}
		return refererDenied().cause("0003-00000501")
	case document.text("AllowTruncateQueryString") != "false":
		referer, _, _ = strings.Cut(referer, "?")
	}
	isListed := func(pattern string) bool { return ram.MatchesWildcards(pattern+"*", referer) }
	switch {
	case slices.ContainsFunc(denied, isListed):
		return refererDenied()
	case len(allowed) > 0 && !slices.ContainsFunc(allowed, isListed):
		return refererDenied().cause("0003-00000503")
	}
	return nil
}

// referers returns the patterns in a list of the document.
func (n *documentNode) referers(list string) []string {
	var patterns []string
	for _, below := range n.all(list) {
		for _, referer := range below.all("Referer") {
			patterns = append(patterns, referer.text())
		}
	}
	return slices.DeleteFunc(patterns, func(pattern string) bool { return pattern == "" })
}

func refererDenied() *apiError {
	return errorf("AccessDenied", "You are denied by bucket referer policy.")
}
