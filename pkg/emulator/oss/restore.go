package oss

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A restoration makes an archived object readable for some days.
type restoration struct {
	Ready time.Time `json:"ready"`
	Until time.Time `json:"until"`
}

// restoreTimes are how long a restoration takes, by class and priority; an Archive
// object takes a minute (OSS API, RestoreObject).
func restoreTimes(class, priority string) (time.Duration, bool) {
	hours, known := map[string]map[string]int{
		"ColdArchive":     {"Expedited": 1, "Standard": 5, "Bulk": 12},
		"DeepColdArchive": {"Expedited": 12, "Standard": 48},
	}[class][priority]
	if class == "Archive" {
		return time.Minute, priority == ""
	}
	return time.Duration(hours) * time.Hour, known
}

// restoreObject makes an archived object readable after a while, or prolongs
// that (OSS API, RestoreObject).
func (s *Service) restoreObject(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	days, priority, refused := readRestoration(r, v.storageClass)
	if refused != nil {
		return nil, refused
	}
	now := s.cfg.Clock.Now()
	old := v.restored()
	status := http.StatusAccepted
	made := &restoration{}
	switch takes, known := restoreTimes(v.storageClass, priority); {
	case !strings.Contains(v.storageClass, "Archive"):
		return nil, errorf("OperationNotSupported", "The operation is not supported for this resource").with("Resource", "Object").cause("0016-00000702")
	case !known:
		return nil, invalid("Tier", priority, "The priority is not one of the object's class.").cause("0016-00000703")
	case old != nil && now.Before(old.Ready) && !now.Add(takes).Before(old.Ready):
		return nil, errorf("RestoreAlreadyInProgress", "The restore operation is in progress.")
	case old != nil && !now.Before(old.Ready) && now.Before(old.Until):
		status, made.Ready = http.StatusOK, old.Ready
	default:
		made.Ready = now.Add(takes)
	}
	made.Until = later(now, made.Ready).AddDate(0, 0, days)
	v.change(func(o *options) { o.restoration = made })
	answer := versioned(newResponse(status), r.bucket, v)
	if priority != "" {
		answer.header.Set("x-oss-object-restore-priority", priority)
	}
	return answer, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// readRestoration reads the body, which may be missing: one day then, and the
// priority Standard where there are several.
func readRestoration(r *request, class string) (days int, priority string, refused *apiError) {
	if class != "Archive" {
		priority = "Standard"
	}
	if len(r.body) == 0 {
		return 1, priority, nil
	}
	var given documentNode
	if xml.Unmarshal(r.body, &given) != nil || given.XMLName.Local != "RestoreRequest" {
		return 0, "", malformedXML()
	}
	days = 1
	mostDays, daysCause := 365, "0016-00000704"
	if class == "Archive" {
		mostDays, daysCause = 7, "0016-00000708"
	}
	if text := given.text("Days"); text != "" {
		var err error
		if days, err = strconv.Atoi(text); err != nil || days < 1 || days > mostDays {
			return 0, "", invalid("Days", text, "The days are not in the range of the object's class.").cause(daysCause)
		}
	}
	tier := given.text("JobParameters", "Tier")
	switch {
	case tier != "" && class == "Archive": // the integration tests of oss2
		return 0, "", malformedXML()
	case tier != "":
		priority = tier
	}
	return days, priority, nil
}

// restored returns the restoration of a version, nil for none.
func (v *version) restored() *restoration {
	if v.options == nil {
		return nil
	}
	return v.options.restoration
}

// restoreState is the state of a restoration, as headers and lists have it; empty
// for none, or one that is over.
func (v *version) restoreState(now time.Time) string {
	switch r := v.restored(); {
	case r == nil || !now.Before(r.Until):
		return ""
	case now.Before(r.Ready):
		return `ongoing-request="true"`
	default:
		return `ongoing-request="false", expiry-date="` + r.Until.UTC().Format(http.TimeFormat) + `"`
	}
}

// isFrozen reports whether an object is archived and not readable now.
func (v *version) isFrozen(now time.Time) bool {
	r := v.restored()
	return strings.Contains(v.storageClass, "Archive") && (r == nil || now.Before(r.Ready) || !now.Before(r.Until))
}
