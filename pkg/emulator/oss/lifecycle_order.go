package oss

import "slices"

// checkOrder requires that objects become colder with their age, and expire
// last (OSS documentation, "Lifecycle rules", and error 0014-00000082). Dates and
// days exclude each other (A242).
func (l *lifecycleRule) checkOrder() *apiError {
	var dated, aged bool
	var steps []lifecycleStep
	for _, t := range l.Transitions {
		dated, aged = dated || t.Days == nil, aged || t.Days != nil
		steps = append(steps, lifecycleStep{t.StorageClass, t.Days})
	}
	var last *int
	if e := l.Expiration; e != nil && !e.removesMarkers() {
		dated, aged = dated || e.Days == nil, aged || e.Days != nil
		last = e.Days
	}
	if dated && aged {
		return errorf("InvalidRequest", "Cannot mix dates and days in one lifecycle rule.")
	}
	if refused := checkSteps(steps, last, "Days"); refused != nil {
		return refused
	}
	return l.checkOld()
}

// checkOld checks the actions of a rule on old versions.
func (l *lifecycleRule) checkOld() *apiError {
	for _, t := range append(slices.Clone(l.OldTransitions), l.oldExpiration()...) {
		if t.NoncurrentDays == nil || *t.NoncurrentDays < 1 {
			return invalid("NoncurrentDays", "", "NoncurrentDays must be a positive number.")
		}
	}
	var steps []lifecycleStep
	for _, t := range l.OldTransitions {
		steps = append(steps, lifecycleStep{t.StorageClass, t.NoncurrentDays})
	}
	var last *int
	if l.OldExpiration != nil {
		last = l.OldExpiration.NoncurrentDays
	}
	return checkSteps(steps, last, "NoncurrentDays")
}

// A lifecycleStep is a transition to a storage class; days is nil for one by date.
type lifecycleStep struct {
	class string
	days  *int
}

// checkSteps checks the classes and the order of transitions, and that objects
// expire after the last one; last is nil if they do not, or by date.
func checkSteps(steps []lifecycleStep, last *int, name string) *apiError {
	reached := make(map[int]int) // days by the rank of the class
	for _, t := range steps {
		rank := rankOf(t.class)
		if rank < 1 {
			return invalid("StorageClass", t.class, "Objects can become IA, Archive, ColdArchive or DeepColdArchive.")
		}
		if _, twice := reached[rank]; twice {
			return invalid("StorageClass", t.class, "There are two transitions to one storage class.")
		}
		if t.days == nil {
			reached[rank] = -1
			continue
		}
		for other, days := range reached {
			if days >= 0 && (other < rank) != (days < *t.days) {
				return invalid(name, "", "Objects must become colder with their age.")
			}
		}
		reached[rank] = *t.days
	}
	for _, days := range reached {
		if last != nil && *last <= days {
			return invalid(name, "", "Objects must expire after their last transition.")
		}
	}
	return nil
}
