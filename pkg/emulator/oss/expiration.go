package oss

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// expiration returns when a lifecycle rule of the bucket removes a version, with
// the id of the rule, as the header x-oss-expiration has it; empty for never.
// Times are rounded up to the next midnight of UTC (OSS documentation, "Lifecycle
// rules").
func (b *bucket) expiration(key string, v *version) string {
	if b.lifecycle == nil {
		return ""
	}
	var soonest time.Time
	var id string
	for _, rule := range b.lifecycle.Rules {
		at, expires := rule.expires(v)
		if expires && rule.appliesTo(key, v) && (id == "" || at.Before(soonest)) {
			soonest, id = at, rule.ID
		}
	}
	if id == "" {
		return ""
	}
	return `expiry-date="` + soonest.UTC().Format(http.TimeFormat) + `", rule-id="` + id + `"`
}

// appliesTo reports whether a rule in force is about an object.
func (l *lifecycleRule) appliesTo(key string, v *version) bool {
	return l.Status == versioningEnabled && strings.HasPrefix(key, l.Prefix) &&
		!slices.ContainsFunc(l.Tags, func(t tag) bool { return !slices.Contains(v.tags(), t) })
}

// expires returns when a rule removes a version that it applies to.
func (l *lifecycleRule) expires(v *version) (at time.Time, expires bool) {
	e := l.Expiration
	switch {
	case e == nil:
		return time.Time{}, false
	case e.Days != nil:
		return v.modified.UTC().AddDate(0, 0, *e.Days).Truncate(24*time.Hour).AddDate(0, 0, 1), true
	}
	for _, date := range []string{e.Date, e.CreatedBeforeDate} {
		if at, err := time.Parse(time.RFC3339, date); err == nil && v.modified.Before(at) {
			return at, true
		}
	}
	return time.Time{}, false
}
