package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Header names have the canonical form of net/http, which saves a conversion for
// each request.
const (
	versionHeader     = "X-Broker-Api-Version"
	versionHeaderText = "X-Broker-API-Version" // as the specification spells it
)

// Versions 2.13 and later 2.x are served: each side ignores additions of later
// versions (VER-04).
const (
	servedMajor = 2
	leastMinor  = 13
)

// checkVersion checks X-Broker-API-Version (VER-01 to VER-04) and returns its
// minor number.
func (h *Handler) checkVersion(r *http.Request) (int, error) {
	version, ok := onlyValue(r.Header.Values(versionHeader))
	if !ok {
		return 0, osb.ErrVersion(http.StatusPreconditionFailed, "The header %s names several versions: send one, 2.13 or a later 2.x.", versionHeaderText)
	}
	if version == "" {
		return 0, osb.ErrVersion(h.missingVersionStatus,
			"The header %s is missing: send the version of the Open Service Broker API you speak, 2.13 to 2.17.", versionHeaderText)
	}
	majorText, minorText, _ := strings.Cut(version, ".")
	major, errMajor := strconv.ParseUint(majorText, 10, 31)
	minor, errMinor := strconv.ParseUint(minorText, 10, 31)
	if errMajor != nil || errMinor != nil || major != servedMajor || minor < leastMinor {
		return 0, osb.ErrVersion(http.StatusPreconditionFailed,
			"The version in %s is not served: send 2.13 or a later 2.x.", versionHeaderText)
	}
	return int(minor), nil
}

// onlyValue returns the value of a header, and false if there are several. A
// proxy that adds a header which is there already sends its value twice, in one
// line or in two.
func onlyValue(lines []string) (string, bool) {
	only := ""
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if only != "" && part != only {
				return "", false
			}
			only = part
		}
	}
	return only, true
}
