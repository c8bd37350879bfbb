package oss

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Emptying works in runs: each call of Do removes pages of the content for some
// seconds and returns its counts as facts. Every run lists from the beginning, so a run
// that is killed loses nothing but its counts.

// The longest run, and the time that a run leaves to its last pages.
const (
	longestRun = 8 * time.Second
	timeToEnd  = 10 * time.Second
)

// Facts of an emptying, for operators.
const (
	factObjectsFound   = "objects_found"   // about how many there were, as OSS counted them
	factObjectsRemoved = "objects_removed" // versions and delete markers
	factObjectsLeft    = "objects_left"    // about how many
	factUploadsRemoved = "uploads_removed"
	factEmptied        = "emptied" // number of runs that removed the last object
	factEmptying       = "emptying"
	factRulesSet       = "lifecycle_rules_set" // time at which OSS was left to empty the bucket
)

// The values of factEmptying: at the first look that finds content, at later ones, and
// while OSS itself empties the bucket.
const (
	begun   = "begun"
	inRuns  = "in runs"
	byRules = "lifecycle rules of OSS"
)

// Sentences for users about a bucket that is not emptied yet.
const (
	textImmutable = "OSS keeps objects of the bucket under a retention policy or a legal hold. End the legal hold, or wait for the end of the retention; the broker then deletes the bucket by itself."
	textRefilled  = "Objects appear in the bucket while the broker empties it. Stop the application that writes them; the broker then deletes the bucket by itself."
	textExpiring  = "OSS empties the bucket by lifecycle rules, which takes two to three days: the cloud account may not delete objects at the endpoint that the broker calls. The broker then deletes the bucket by itself; its operator can make it faster with an internal endpoint."
)

// mostEmptied is the number of times that a bucket is emptied at full pace. More
// objects come from an application that still writes.
const mostEmptied = 3

// lookAgain returns the fact about a bucket whose content a look has found.
func lookAgain(t providers.Task) map[string]string {
	if t.Facts.Open[factEmptying] == "" {
		return map[string]string{factEmptying: begun}
	}
	return map[string]string{factEmptying: inRuns}
}

// isLong reports whether a run records its counts. A bucket that the first run empties
// is deleted at once, and its record stays as it was in versions of before.
func isLong(t providers.Task, r removal, err error) bool {
	return err != nil || !r.End || r.Kept > 0 || t.Facts.Open[factEmptying] == inRuns
}

// emptyOfObjects makes a run over the objects.
func emptyOfObjects(ctx context.Context, calls bucketCalls, t providers.Task, bucket string) (providers.Facts, error) {
	r, err := calls.RemoveObjects(ctx, bucket, endOfRun(ctx))
	err = providers.UnlessMissing(err)
	if !isLong(t, r, err) {
		return providers.Facts{}, nil
	}
	facts := map[string]string{}
	removed, _ := countOf(t, factObjectsRemoved)
	removed += int64(r.Removed)
	facts[factObjectsRemoved] = strconv.FormatInt(removed, 10)
	found, known := countOf(t, factObjectsFound)
	if !known && (!r.End || err != nil) {
		if left, failed := calls.Count(ctx, bucket); failed == nil { // for operators alone: an error is ignored
			found, known = left+removed, true
			facts[factObjectsFound] = strconv.FormatInt(found, 10)
		}
	}
	switch {
	case r.End && r.Kept == 0:
		facts[factObjectsLeft] = "0"
	case known:
		facts[factObjectsLeft] = strconv.FormatInt(max(found-removed, int64(r.Kept)), 10)
	}
	emptied, _ := countOf(t, factEmptied)
	if r.End && r.Removed > 0 {
		facts[factEmptied] = strconv.FormatInt(emptied+1, 10)
	}
	switch {
	case err != nil:
	case r.Removed == 0 && r.Kept > 0:
		err = &providers.Failure{Kind: providers.Policy, Text: textImmutable, Cause: errImmutable}
	case r.End && r.Removed > 0 && emptied >= mostEmptied:
		err = invalid(textRefilled, nil)
	}
	return providers.Facts{Open: facts}, err
}

// emptyOfUploads makes a run over the unfinished uploads.
func emptyOfUploads(ctx context.Context, calls bucketCalls, t providers.Task, bucket string) (providers.Facts, error) {
	r, err := calls.RemoveUploads(ctx, bucket, endOfRun(ctx))
	err = providers.UnlessMissing(err)
	if !isLong(t, r, err) {
		return providers.Facts{}, nil
	}
	removed, _ := countOf(t, factUploadsRemoved)
	return providers.Facts{Open: map[string]string{factUploadsRemoved: strconv.FormatInt(removed+int64(r.Removed), 10)}}, err
}

// expireContent leaves the emptying to OSS.
func expireContent(ctx context.Context, calls bucketCalls, bucket string) (providers.Facts, error) {
	if err := calls.Expire(ctx, bucket); err != nil {
		return providers.Facts{}, providers.UnlessMissing(err)
	}
	return providers.Facts{Open: map[string]string{factEmptying: byRules, factRulesSet: time.Now().UTC().Format(time.RFC3339)}}, nil
}

// patience is the time after which the rules of an expiring bucket are set again: people
// may have removed them at the console. OSS takes up to five days by rules that stay,
// and begins anew with rules that are set again.
const patience = 7 * 24 * time.Hour

// stillExpiring returns the facts of an expiring bucket that still has content: after
// patience, the next step sets the rules again.
func stillExpiring(t providers.Task) providers.Facts {
	set, err := time.Parse(time.RFC3339, t.Facts.Open[factRulesSet])
	switch {
	case err != nil: // a record of before
		return providers.Facts{Open: map[string]string{factRulesSet: time.Now().UTC().Format(time.RFC3339)}}
	case time.Since(set) > patience:
		return providers.Facts{Open: map[string]string{factEmptying: inRuns}}
	}
	return providers.Facts{}
}

func isExpiring(t providers.Task) bool { return t.Facts.Open[factEmptying] == byRules }

// countOf returns a number among the facts; ok is false where there is none.
func countOf(t providers.Task, fact string) (n int64, ok bool) {
	n, err := strconv.ParseInt(t.Facts.Open[fact], 10, 64)
	return n, err == nil
}

// endOfRun returns the time after which a run begins no page.
func endOfRun(ctx context.Context) time.Time {
	end := time.Now().Add(longestRun)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-timeToEnd).Before(end) {
		end = deadline.Add(-timeToEnd)
	}
	return end
}

// Refusals of OSS that its codes make (codes.go).
var (
	errImmutable    = errors.New("OSS keeps the object: retention policy or legal hold")
	errNotEmpty     = errors.New("the bucket is not empty")
	errLiveChannels = errors.New("the bucket has LiveChannels")
)
