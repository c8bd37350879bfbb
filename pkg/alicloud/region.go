package alicloud

import (
	"regexp"
	"strings"
)

var regionForm = regexp.MustCompile(`^[a-z]{2,8}(-[a-z0-9]{1,16}){1,4}$`)

// IsRegion says whether a text has the form of a region id, such as cn-hangzhou.
// A region goes into host names, so its form is checked. It has no list: there
// are new ones every year. What ends in "-internal" is half a host name.
func IsRegion(text string) bool {
	return regionForm.MatchString(text) && !strings.HasSuffix(text, "-internal")
}
