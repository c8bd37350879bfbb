package oss_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// A ruled is a bucket with lifecycle rules, on 1 March 2026 at 05:00 UTC.
type ruled struct {
	*environment

	c *sdk.Client
}

func newRuled(t *testing.T, versions bool, rules string) *ruled {
	t.Helper()
	e := newEnvironment(t)
	e.clock.Freeze()
	e.clock.Set(time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC))
	r := &ruled{e, e.root()}
	mustPutBucket(t, r.c, "bucket-a")
	if versions {
		r.versioning(t, "Enabled")
	}
	r.rules(t, rules)
	return r
}

func (r *ruled) document(t *testing.T, subresource, body string) {
	t.Helper()
	if status, answer := r.do(t, "PUT", "/bucket-a?"+subresource, nil, body); status != 200 {
		t.Fatalf("%s: %d %s", subresource, status, answer)
	}
}

func (r *ruled) rules(t *testing.T, rules string) {
	t.Helper()
	r.document(t, "lifecycle", "<LifecycleConfiguration>"+rules+"</LifecycleConfiguration>")
}

func (r *ruled) versioning(t *testing.T, status string) {
	t.Helper()
	r.document(t, "versioning", "<VersioningConfiguration><Status>"+status+"</Status></VersioningConfiguration>")
}

// list describes all versions as "key", "key old", "key marker", with the classes
// other than Standard.
func (r *ruled) list(t *testing.T) string {
	t.Helper()
	all, err := r.c.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsRequest{Bucket: new("bucket-a")})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, v := range all.ObjectVersions {
		line := *v.Key
		if *v.StorageClass != "Standard" {
			line += " " + *v.StorageClass
		}
		if !v.IsLatest {
			line += " old"
		}
		lines = append(lines, line)
	}
	for _, m := range all.ObjectDeleteMarkers {
		lines = append(lines, *m.Key+" marker")
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// A step is a time to wait, and the list after it.
type step struct {
	wait time.Duration
	want string
}

// wantAfter advances the clock step by step, and requires a list after each.
func (r *ruled) wantAfter(t *testing.T, steps ...step) {
	t.Helper()
	for _, s := range steps {
		r.clock.Advance(s.wait)
		if got := r.list(t); got != s.want {
			t.Errorf("%s: %q, want %q", r.clock.Now().Format(time.RFC3339), got, s.want)
		}
	}
}

// ruleOfAll is a rule for all keys.
func ruleOfAll(inner string) string {
	return strings.Replace(rule("all", inner), "<Prefix>all/</Prefix>", "", 1)
}

func expire(days string) string { return "<Expiration><Days>" + days + "</Days></Expiration>" }

func moveTo(class, days string) string {
	return "<Transition><Days>" + days + "</Days><StorageClass>" + class + "</StorageClass></Transition>"
}

func TestLifecycle_Days_RemoveAtMidnight(t *testing.T) {
	r := newRuled(t, false, rule("a", expire("1"))+rule("tag", "<Tag><Key>k</Key><Value>v</Value></Tag>"+expire("1"))+
		strings.Replace(rule("off", expire("1")), "Enabled", "Disabled", 1))
	for _, key := range []string{"a/k", "b/k", "off/k", "tag/other"} {
		mustPut(t, r.c, "bucket-a", key, "x")
	}
	if _, err := r.c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("tag/k"), Tagging: new("k=v")}); err != nil {
		t.Fatal(err)
	}
	r.wantAfter(t, step{42 * hour, "a/k, b/k, off/k, tag/k, tag/other"}, step{hour, "b/k, off/k, tag/other"})
	_, err := get(t.Context(), r.c, "bucket-a", "a/k")
	wantCode(t, err, "NoSuchKey")
}

func TestLifecycle_Dates_RemoveFromTheirDayOn(t *testing.T) {
	r := newRuled(t, false, rule("before", "<Expiration><CreatedBeforeDate>2026-03-04T00:00:00.000Z</CreatedBeforeDate></Expiration>")+
		rule("from", "<Expiration><Date>2026-03-04T00:00:00.000Z</Date></Expiration>")+
		rule("past", "<Expiration><CreatedBeforeDate>2026-03-01T00:00:00.000Z</CreatedBeforeDate></Expiration>"))
	for _, key := range []string{"before/k", "from/k", "past/k"} {
		mustPut(t, r.c, "bucket-a", key, "x")
	}
	r.wantAfter(t, step{2 * day, "before/k, from/k, past/k"}, step{day, "past/k"})
	mustPut(t, r.c, "bucket-a", "before/new", "x")
	mustPut(t, r.c, "bucket-a", "from/new", "x")
	r.wantAfter(t, step{day, "before/new, past/k"})
}

func TestLifecycle_Versions_ExpireBehindMarkers(t *testing.T) {
	const old = "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays></NoncurrentVersionExpiration>"
	const markers = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
	for name, advance := range map[string][]step{
		"day by day": {{day, "k"}, {day, "k marker, k old"}, {2 * day, "k marker, k old"}, {day, "k marker"}},
		"at once":    {{5 * day, "k marker"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuled(t, true, ruleOfAll(expire("1"))+strings.Replace(ruleOfAll(old), "<ID>", "<ID>old", 1))
			mustPut(t, r.c, "bucket-a", "k", "x")
			r.wantAfter(t, advance...)
			r.rules(t, ruleOfAll(markers))
			mustPut(t, r.c, "bucket-a", "two", "x")
			deleteVersion(t, r.c, "two", "")
			r.wantAfter(t, step{hour, "k marker, two marker, two old"}, step{day, "two marker, two old"})
		})
	}
}

func TestLifecycle_Suspended_MarkerTakesNullVersion(t *testing.T) {
	r := newRuled(t, true, ruleOfAll(expire("1")))
	mustPut(t, r.c, "bucket-a", "k", "x")
	r.versioning(t, "Suspended")
	mustPut(t, r.c, "bucket-a", "k", "null")
	r.wantAfter(t, step{hour, "k, k old"}, step{2 * day, "k marker, k old"})
}

func TestLifecycle_Transitions_MakeObjectsColder(t *testing.T) {
	r := newRuled(t, true, rule("k", moveTo("IA", "1")+moveTo("Archive", "3")+moveTo("ColdArchive", "5")+
		"<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>DeepColdArchive</StorageClass></NoncurrentVersionTransition>"))
	if _, err := r.c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k/cold"), StorageClass: sdk.StorageClassColdArchive}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, r.c, "bucket-a", "k/k", "x")
	mustPut(t, r.c, "bucket-a", "k/k", "y")
	r.wantAfter(t, step{day, "k/cold ColdArchive, k/k, k/k old"}, step{day, "k/cold ColdArchive, k/k DeepColdArchive old, k/k IA"},
		step{2 * day, "k/cold ColdArchive, k/k Archive, k/k DeepColdArchive old"})
	head := func() http.Header {
		h, _, err := send(t, r.c, call{method: "HEAD", bucket: "bucket-a", key: "k/k"})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if h := head(); h.Get("x-oss-transition-time") != "" || h.Get("Last-Modified") != "Sun, 01 Mar 2026 05:00:00 GMT" {
		t.Errorf("archived: %v", h)
	}
	r.clock.Advance(2 * day)
	if h := head(); h.Get("x-oss-transition-time") != "Sat, 07 Mar 2026 00:00:00 GMT" || h.Get("x-oss-storage-class") != "ColdArchive" {
		t.Errorf("cold: %v", h)
	}
	_, err := get(t.Context(), r.c, "bucket-a", "k/k")
	wantCode(t, err, "InvalidObjectState")
}

// TestLifecycle_RulesPutLate_RunAtNextMidnight: work that is overdue has the time of
// the rules' first run, a removal before transitions.
func TestLifecycle_RulesPutLate_RunAtNextMidnight(t *testing.T) {
	r := newRuled(t, true, rule("other", expire("1")))
	mustPut(t, r.c, "bucket-a", "a/k", "x")
	r.clock.Advance(9 * day)
	r.rules(t, strings.Replace(rule("a", moveTo("IA", "1")+moveTo("Archive", "2")), "<ID>", "<ID>move-", 1)+rule("a", expire("3")))
	h, _, err := send(t, r.c, call{method: "HEAD", bucket: "bucket-a", key: "a/k"})
	if want := `expiry-date="Wed, 11 Mar 2026 00:00:00 GMT", rule-id="a"`; err != nil || h.Get("x-oss-expiration") != want {
		t.Errorf("headers %v, %v, want %s", h, err, want)
	}
	r.wantAfter(t, step{hour, "a/k"}, step{5 * day, "a/k marker, a/k old"})
	all, err := r.c.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsRequest{Bucket: new("bucket-a")})
	if want := time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC); err != nil || !all.ObjectDeleteMarkers[0].LastModified.Equal(want) {
		t.Errorf("the marker is of %v, want %v", all.ObjectDeleteMarkers[0].LastModified, want)
	}
}

func TestLifecycle_RestoredObject_FrozenWhenMoved(t *testing.T) {
	r := newRuled(t, false, ruleOfAll(moveTo("ColdArchive", "1")))
	if _, err := r.c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k"), StorageClass: sdk.StorageClassArchive}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.c.RestoreObject(t.Context(), &sdk.RestoreObjectRequest{Bucket: new("bucket-a"), Key: new("k"), RestoreRequest: &sdk.RestoreRequest{Days: 7}}); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(hour)
	if _, err := get(t.Context(), r.c, "bucket-a", "k"); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(2 * day)
	_, err := get(t.Context(), r.c, "bucket-a", "k")
	wantCode(t, err, "InvalidObjectState")
}

func TestLifecycle_Uploads_Aborted(t *testing.T) {
	r := newRuled(t, false, rule("n", "<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>")+
		rule("d", "<AbortMultipartUpload><CreatedBeforeDate>2026-03-02T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>"))
	for _, key := range []string{"n/k", "d/k", "x"} {
		begin(t, r.c, key)
	}
	for _, want := range []int{3, 2, 1} {
		list, err := r.c.ListMultipartUploads(t.Context(), &sdk.ListMultipartUploadsRequest{Bucket: new("bucket-a")})
		if err != nil || len(list.Uploads) != want {
			t.Errorf("%v: %d uploads, %v, want %d", r.clock.Now(), len(list.Uploads), err, want)
		}
		r.clock.Advance(day)
	}
}
