package oss

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// nextRun returns the midnight of UTC at which the bucket's lifecycle rules run
// next. Rules run first at the midnight after they were put (A253).
func (b *bucket) nextRun() time.Time { return b.lifecycleRun.AddDate(0, 0, 1) }

// runLifecycle brings a bucket, if there is one of the name, to the state that its
// lifecycle rules give it by now. Every look at a bucket's contents calls it first.
func (s *Service) runLifecycle(name string) {
	if b, found := s.buckets[name]; found {
		b.runLifecycle(s.cfg.Clock.Now())
	}
}

// runLifecycle does the work of the bucket's lifecycle rules since their last run.
// It looks at the objects under the rules' prefixes once a day of the emulator's
// clock, and at each object as if the rules had run every midnight.
func (b *bucket) runLifecycle(now time.Time) {
	today := midnight(now)
	if b.lifecycle == nil || !today.After(b.lifecycleRun) {
		return
	}
	run := lifecycleRun{bucket: b, first: b.nextRun(), today: today, now: now}
	if b.lifecycleRun.IsZero() { // a state saved before rules ran
		run.first = today
	}
	b.lifecycleRun = today
	for _, key := range run.reached() {
		run.do(key)
	}
	run.abortUploads()
}

// A lifecycleRun is one run of a bucket's rules, for the midnights from first to
// today.
type lifecycleRun struct {
	bucket            *bucket
	first, today, now time.Time
}

// A lifecycleWork is a rule's work on one version: its removal, or its transition
// to a class.
type lifecycleWork struct {
	at      time.Time
	version *version
	class   string // empty: removal
	current bool   // the version is the latest of its key
}

// reached lists the keys that have work.
func (r *lifecycleRun) reached() []string {
	var keys []string
	for i := range r.bucket.lifecycle.Rules {
		rule := &r.bucket.lifecycle.Rules[i]
		if rule.Status != versioningEnabled || rule.abortsAlone() {
			continue
		}
		for key, versions := range r.bucket.objects.from(rule.Prefix) {
			if !strings.HasPrefix(key, rule.Prefix) {
				break
			}
			if _, found := r.next(key, versions, rule); found {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// abortsAlone reports whether a rule is about uploads and no objects.
func (l *lifecycleRule) abortsAlone() bool {
	return l.Expiration == nil && l.OldExpiration == nil && len(l.Transitions)+len(l.OldTransitions) == 0
}

// do does all work on a key, in the order of time.
func (r *lifecycleRun) do(key string) {
	var rules []*lifecycleRule
	for i := range r.bucket.lifecycle.Rules {
		if rule := &r.bucket.lifecycle.Rules[i]; rule.covers(key) {
			rules = append(rules, rule)
		}
	}
	for {
		work, found := r.next(key, r.bucket.objects.get(key), rules...)
		if !found {
			return
		}
		v := work.version
		switch {
		case work.class != "":
			v.storageClass = work.class
			v.change(func(o *options) {
				o.restoration, o.moved = nil, time.Time{}
				if strings.HasSuffix(work.class, "ColdArchive") {
					o.moved = work.at
				}
			})
		case work.current && !v.marker && r.bucket.versioning != "":
			r.bucket.add(key, &version{marker: true, modified: work.at})
		default:
			r.bucket.drop(key, v.id)
		}
	}
}

// next finds the earliest work of some rules on a key until today. Of one
// midnight's work a removal comes first (A258).
func (r *lifecycleRun) next(key string, versions []*version, rules ...*lifecycleRule) (next lifecycleWork, found bool) {
	for i, v := range versions {
		for _, rule := range rules {
			if !rule.appliesTo(key, v) {
				continue
			}
			for at, class := range rule.works(versions, i) {
				work := lifecycleWork{later(at, r.first), v, class, i == len(versions)-1}
				if !work.at.After(r.today) && (!found || work.before(next)) && !r.isKept(key, work) {
					next, found = work, true
				}
			}
		}
	}
	return next, found
}

func (w lifecycleWork) before(o lifecycleWork) bool {
	return w.at.Before(o.at) || w.at.Equal(o.at) && w.class == "" && o.class != ""
}

// isKept reports whether a retention or a legal hold forbids a removal; transitions
// are free (A259).
func (r *lifecycleRun) isKept(key string, work lifecycleWork) bool {
	id := work.version.id
	if work.current {
		id = "" // as DeleteObject without an id
	}
	return work.class == "" && r.bucket.immutable(key, id, r.now) != nil
}

// works yields what a rule does to the version i of a key: the times of removals,
// whose class is empty, and of transitions to colder classes.
func (l *lifecycleRule) works(versions []*version, i int) iter.Seq2[time.Time, string] {
	return func(yield func(time.Time, string) bool) {
		v := versions[i]
		switch {
		case i < len(versions)-1:
			l.worksOnOld(v, versions[i+1].modified, yield)
			return
		case v.marker:
			if len(versions) == 1 && l.Expiration.removesMarkers() { // A257
				yield(aged(v.modified, 0), "")
			}
			return
		}
		if at, reached := l.Expiration.due(v.modified); reached && !yield(at, "") {
			return
		}
		for i := range l.Transitions {
			t := &l.Transitions[i]
			if at, reached := t.due(v.modified); reached && v.isWarmerThan(t.StorageClass) && !yield(at, class(t.StorageClass)) {
				return
			}
		}
	}
}

// worksOnOld yields the works on a version that is an old one since the next one
// was made (A256).
func (l *lifecycleRule) worksOnOld(v *version, since time.Time, yield func(time.Time, string) bool) {
	if e := l.OldExpiration; e != nil && !yield(aged(since, *e.NoncurrentDays), "") {
		return
	}
	for _, t := range l.OldTransitions {
		if v.isWarmerThan(t.StorageClass) && !yield(aged(since, *t.NoncurrentDays), class(t.StorageClass)) {
			return
		}
	}
}

// isWarmerThan reports whether an object can become one of a class.
func (v *version) isWarmerThan(class string) bool {
	return !v.marker && rankOf(v.storageClass) < rankOf(class)
}

// abortUploads ends the uploads whose time is over.
func (r *lifecycleRun) abortUploads() {
	for id, u := range r.bucket.uploads {
		for _, rule := range r.bucket.lifecycle.Rules {
			if at, reached := rule.AbortUpload.due(u.initiated); reached && rule.covers(u.key) && !at.After(r.today) {
				delete(r.bucket.uploads, id)
			}
		}
	}
}
