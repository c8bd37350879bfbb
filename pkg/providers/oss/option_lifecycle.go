package oss

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// lifecycle are the rules for old objects (OSS API, PutBucketLifecycle), which
// replace those of before as a whole.
type lifecycle []lifecycleRule

type lifecycleRule struct {
	ID                          string                `json:"ID,omitempty"`
	Prefix                      string                `json:"Prefix,omitempty"`
	Status                      string                `json:"Status,omitempty"`
	Tag                         []objectTag           `json:"Tag,omitempty"`
	Expiration                  *lifecycleExpiration  `json:"Expiration,omitempty"`
	Transition                  []lifecycleTransition `json:"Transition,omitempty"`
	AbortMultipartUpload        *lifecycleAge         `json:"AbortMultipartUpload,omitempty"`
	NoncurrentVersionExpiration *noncurrentAge        `json:"NoncurrentVersionExpiration,omitempty"`
	NoncurrentVersionTransition []noncurrentMove      `json:"NoncurrentVersionTransition,omitempty"`
}

type objectTag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// A lifecycleAge is reached after Days, or by everything older than a midnight of UTC.
type lifecycleAge struct {
	Days              int32  `json:"Days,omitempty"`
	CreatedBeforeDate string `json:"CreatedBeforeDate,omitempty"`
}

type lifecycleExpiration struct {
	lifecycleAge

	ExpiredObjectDeleteMarker bool `json:"ExpiredObjectDeleteMarker,omitempty"`
}

type lifecycleTransition struct {
	lifecycleAge

	StorageClass string `json:"StorageClass"`
}

type noncurrentAge struct {
	NoncurrentDays int32 `json:"NoncurrentDays"`
}

type noncurrentMove struct {
	noncurrentAge

	StorageClass string `json:"StorageClass"`
}

// normal names the rules without an ID by their place, since OSS would draw one, and
// sorts them by ID.
func (l lifecycle) normal() (lifecycle, string) {
	if len(l) == 0 {
		return nil, ""
	}
	rules := slices.Clone(l)
	seen := map[string]bool{}
	for i := range rules {
		rule := &rules[i]
		if rule.ID == "" {
			rule.ID = fmt.Sprintf("rule-%d", i+1)
		}
		if rule.Status == "" {
			rule.Status = "Enabled"
		}
		wrong := rule.complete()
		if seen[rule.ID] {
			wrong = "two rules have this ID."
		}
		if wrong != "" {
			return l, fmt.Sprintf("rule %q: %s", rule.ID, wrong)
		}
		seen[rule.ID] = true
	}
	slices.SortFunc(rules, func(a, b lifecycleRule) int { return strings.Compare(a.ID, b.ID) })
	return rules, ""
}

// complete writes dates as OSS tells them, and says what is wrong with the rule.
func (r *lifecycleRule) complete() (wrong string) {
	r.Tag, r.Transition, r.NoncurrentVersionTransition = noneAsNil(r.Tag), noneAsNil(r.Transition), noneAsNil(r.NoncurrentVersionTransition)
	if r.Expiration == nil && r.AbortMultipartUpload == nil && r.NoncurrentVersionExpiration == nil && r.Transition == nil && r.NoncurrentVersionTransition == nil {
		return "there is no action in it, such as Expiration."
	}
	if e := r.Expiration; e != nil {
		copied := *e
		r.Expiration = &copied
		if wrong := copied.complete(); copied.ExpiredObjectDeleteMarker && copied.lifecycleAge != (lifecycleAge{}) {
			return "Expiration has either ExpiredObjectDeleteMarker, or Days, or CreatedBeforeDate."
		} else if wrong != "" && !copied.ExpiredObjectDeleteMarker {
			return "Expiration " + wrong
		}
		*r.Expiration = copied
	}
	if a := r.AbortMultipartUpload; a != nil {
		copied := *a
		if wrong := copied.complete(); wrong != "" {
			return "AbortMultipartUpload " + wrong
		}
		r.AbortMultipartUpload = &copied
		if len(r.Tag) > 0 {
			return "AbortMultipartUpload knows no Tag: uploads have none."
		}
	}
	return r.completeTransitions()
}

// completeTransitions checks that objects become colder with their age and expire
// last (OSS documentation, "Lifecycle rules").
func (r *lifecycleRule) completeTransitions() (wrong string) {
	r.Transition = slices.Clone(r.Transition)
	last, rank := int32(0), -1
	isDated, isAged := false, false
	for i := range r.Transition {
		t := &r.Transition[i]
		if wrong := t.complete(); wrong != "" {
			return "Transition " + wrong
		}
		isDated, isAged = isDated || t.Days == 0, isAged || t.Days > 0
		if coldness(t.StorageClass) <= rank || t.Days > 0 && t.Days <= last {
			return "Transition: objects become colder with their age; list the warmer class with fewer Days first."
		}
		last, rank = max(last, t.Days), coldness(t.StorageClass)
	}
	if e := r.Expiration; e != nil && !e.ExpiredObjectDeleteMarker {
		isDated, isAged = isDated || e.Days == 0, isAged || e.Days > 0
		if e.Days > 0 && e.Days <= last {
			return "Expiration: objects expire after their last Transition."
		}
	}
	if isDated && isAged {
		return "Days and CreatedBeforeDate do not mix in one rule."
	}
	last, rank = 0, -1
	for _, t := range r.NoncurrentVersionTransition {
		if coldness(t.StorageClass) <= rank || t.NoncurrentDays <= last {
			return "NoncurrentVersionTransition: versions become colder with their age; list the warmer class with fewer NoncurrentDays first."
		}
		last, rank = t.NoncurrentDays, coldness(t.StorageClass)
	}
	if e := r.NoncurrentVersionExpiration; e != nil && e.NoncurrentDays <= last {
		return "NoncurrentVersionExpiration: versions expire after their last transition."
	}
	return ""
}

// complete requires one of both members, and writes the date as OSS tells it.
func (a *lifecycleAge) complete() (wrong string) {
	if (a.Days > 0) == (a.CreatedBeforeDate != "") {
		return "has either Days or CreatedBeforeDate."
	}
	if day, _, found := strings.Cut(a.CreatedBeforeDate, "T"); found {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return "has a CreatedBeforeDate that is no day of the calendar."
		}
		a.CreatedBeforeDate = day + "T00:00:00.000Z"
	}
	return ""
}

// coldness is the place of a storage class among those of lifecycle rules.
func coldness(class string) int {
	return slices.Index([]string{"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"}, class)
}
