package oss

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// midnight is the beginning of a time's day in UTC, at which lifecycle rules run:
// 08:00 in Beijing (A253).
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// aged returns the midnight after a time and some days more.
func aged(since time.Time, days int) time.Time {
	return midnight(since).Add(time.Duration(days+1) * 24 * time.Hour)
}

// expiration returns when a lifecycle rule of the bucket removes the latest version
// of a key, with the id of the rule, as the header x-oss-expiration has it; empty
// for never, and for old versions.
func (b *bucket) expiration(key string, v *version) string {
	if b.lifecycle == nil || b.latest(key) != v {
		return ""
	}
	var soonest time.Time
	var id string
	for _, rule := range b.lifecycle.Rules {
		at, expires := rule.Expiration.due(v.modified)
		if expires && rule.appliesTo(key, v) && (id == "" || at.Before(soonest)) {
			soonest, id = at, rule.ID
		}
	}
	if id == "" {
		return ""
	}
	return `expiry-date="` + later(soonest, b.nextRun()).Format(http.TimeFormat) + `", rule-id="` + id + `"`
}

// covers reports whether a rule in force is about a key, for some tags.
func (l *lifecycleRule) covers(key string) bool {
	return l.Status == versioningEnabled && strings.HasPrefix(key, l.Prefix)
}

// appliesTo reports whether a rule in force is about a version of a key.
func (l *lifecycleRule) appliesTo(key string, v *version) bool {
	return l.covers(key) && !slices.ContainsFunc(l.Tags, func(t tag) bool { return !slices.Contains(v.tags(), t) })
}

// due returns the midnight at which an action reaches an object or an upload of
// a time. CreatedBeforeDate spares everything from its date on, Date is a day from
// which the action reaches everything (A254).
func (a *lifecycleAction) due(modified time.Time) (at time.Time, reached bool) {
	switch {
	case a == nil:
		return time.Time{}, false
	case a.Days != nil:
		return aged(modified, *a.Days), true
	case a.CreatedBeforeDate != "":
		date, err := time.Parse(time.RFC3339, a.CreatedBeforeDate)
		return date, err == nil && modified.Before(date)
	}
	date, err := time.Parse(time.RFC3339, a.Date)
	return date, err == nil
}

// removesMarkers reports whether an expiration removes expired delete markers.
func (a *lifecycleAction) removesMarkers() bool {
	return a != nil && a.ExpiredDeleteMarker != nil && *a.ExpiredDeleteMarker
}

// movedAt returns when a lifecycle rule made the version one of ColdArchive or
// DeepColdArchive, the zero time for never.
func (v *version) movedAt() time.Time {
	if v.options == nil {
		return time.Time{}
	}
	return v.options.moved
}

// writeMoved and movedText write the time of movedAt to headers and lists, if there
// is one.
func (v *version) writeMoved(h http.Header) {
	if at := v.movedAt(); !at.IsZero() {
		h.Set("x-oss-transition-time", at.Format(http.TimeFormat))
	}
}

func (v *version) movedText() string {
	if at := v.movedAt(); !at.IsZero() {
		return xmlTime(at)
	}
	return ""
}
