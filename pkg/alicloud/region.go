package alicloud

import (
	"regexp"
	"strings"
)

var regionForm = regexp.MustCompile(`^[a-z]{2,8}(-[a-z0-9]{1,16}){1,4}$`)

// IsRegion reports whether a text has the form of a region id, such as cn-hangzhou.
// Regions become part of host names, so their form is checked; new regions appear
// every year, so a list would age. "-internal" at the end makes half a host name.
func IsRegion(text string) bool {
	return regionForm.MatchString(text) && !strings.HasSuffix(text, "-internal")
}
