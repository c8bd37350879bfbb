package oss

import (
	"encoding/base64"
	"encoding/xml"
	"iter"
	"slices"
	"strings"
	"time"
)

// current lists the keys with an object, skipping the ones behind a delete
// marker.
func (b *bucket) current(from string) iter.Seq[item] {
	return func(yield func(item) bool) {
		for key, versions := range b.objects.from(from) {
			if !versions[len(versions)-1].marker && !yield(item{key: key}) {
				return
			}
		}
	}
}

// A listing has the members that all lists share.
type listing struct {
	prefix, delimiter, encoding string
	size                        int
	now                         time.Time
}

// maxListed limits the prefix, the delimiter and the markers of a list, in bytes
// (the integration tests of oss2 have it of ListObjectVersions).
const maxListed = 1024

func readListing(r *request, maxName string, def int, now time.Time) (listing, *apiError) {
	n, refused := maxKeys(r.query, maxName, def)
	l := listing{r.query.Get("prefix"), r.query.Get("delimiter"), r.query.Get("encoding-type"), n, now}
	if refused == nil && l.encoding != "" && l.encoding != "url" {
		refused = errorf("InvalidArgument", "Invalid Encoding Method specified in Request.").with("ArgumentName", "encoding-type").with("ArgumentValue", l.encoding)
	}
	for _, name := range []string{"prefix", "delimiter", "marker", "start-after", "key-marker", "version-id-marker", "upload-id-marker"} {
		if value := r.query.Get(name); refused == nil && len(value) > maxListed {
			refused = errorf("InvalidArgument", "The length of %s exceeds the limit.", name).with("ArgumentName", name)
		}
	}
	return l, refused
}

// folding cuts the list at a key, and at the common prefix that was shown last.
func (l listing) folding(from, shown string) folding {
	return folding{from: from, prefix: l.prefix, delimiter: l.delimiter, shown: shown, size: l.size}
}

// encode writes a key in the encoding that the client requested.
func (l listing) encode(s string) string {
	if l.encoding == "url" {
		return percentEncode(s, false)
	}
	return s
}

type commonPrefix struct{ Prefix string }

func (l listing) commonPrefixes(prefixes []string) []commonPrefix {
	var list []commonPrefix
	for _, p := range prefixes {
		list = append(list, commonPrefix{l.encode(p)})
	}
	return list
}

type objectEntry struct {
	Key          string
	LastModified string
	ETag         string
	Type         string
	Size         int
	StorageClass string
	Owner        *ownerElement
	RestoreInfo  string `xml:",omitempty"`
	Moved        string `xml:"TransitionTime,omitempty"`
}

func (l listing) contents(b *bucket, items []item, withOwner bool) []objectEntry {
	var list []objectEntry
	for _, it := range items {
		v := b.latest(it.key)
		e := objectEntry{l.encode(it.key), xmlTime(v.modified), v.etag(), v.objectType(), len(v.data), v.storageClass, nil, v.restoreState(l.now), v.movedText()}
		if withOwner {
			o := owner(b.owner)
			e.Owner = &o
		}
		list = append(list, e)
	}
	return list
}

type objectList struct {
	XMLName        xml.Name `xml:"ListBucketResult"`
	Name           string
	Prefix         string
	Marker         string
	MaxKeys        int
	Delimiter      string
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	NextMarker     string         `xml:",omitempty"`
	Contents       []objectEntry  `xml:"Contents"`
	CommonPrefixes []commonPrefix `xml:"CommonPrefixes"`
}

// listObjects lists the objects of a bucket (OSS API, ListObjects).
func (s *Service) listObjects(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 100, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	marker := r.query.Get("marker")
	p := paginate(r.bucket.current, l.folding(after(marker), marker))
	list := objectList{
		Name: r.bucket.name, Prefix: l.encode(l.prefix), Marker: l.encode(marker), MaxKeys: l.size, Delimiter: l.encode(l.delimiter),
		EncodingType: l.encoding, IsTruncated: p.truncated,
		Contents: l.contents(r.bucket, p.items, true), CommonPrefixes: l.commonPrefixes(p.prefixes),
	}
	if p.truncated {
		list.NextMarker = l.encode(p.last.key)
	}
	return xmlResponse(list)
}

type objectListV2 struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	Prefix                string
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	MaxKeys               int
	Delimiter             string
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	NextContinuationToken string         `xml:",omitempty"`
	Contents              []objectEntry  `xml:"Contents"`
	CommonPrefixes        []commonPrefix `xml:"CommonPrefixes"`
	KeyCount              int
}

// listObjectsV2 lists the objects of a bucket (OSS API, ListObjectsV2). The
// continuation token is opaque to clients; it holds where the page ended.
func (s *Service) listObjectsV2(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 100, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	token, startAfter := r.query.Get("continuation-token"), r.query.Get("start-after")
	start := startAfter
	if token != "" {
		last, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return nil, errorf("InvalidArgument", "The continuation token provided is incorrect.").with("ArgumentName", "continuation-token")
		}
		start = string(last)
	}
	p := paginate(r.bucket.current, l.folding(after(start), start))
	list := objectListV2{
		Name: r.bucket.name, Prefix: l.encode(l.prefix), StartAfter: l.encode(startAfter), ContinuationToken: token,
		MaxKeys: l.size, Delimiter: l.encode(l.delimiter), EncodingType: l.encoding, IsTruncated: p.truncated,
		Contents:       l.contents(r.bucket, p.items, strings.EqualFold(r.query.Get("fetch-owner"), trueText)),
		CommonPrefixes: l.commonPrefixes(p.prefixes), KeyCount: len(p.items) + len(p.prefixes),
	}
	if p.truncated {
		list.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(p.last.key))
	}
	return xmlResponse(list)
}

type versionEntry struct {
	XMLName      xml.Name
	Key          string
	VersionID    string `xml:"VersionId"`
	IsLatest     bool
	LastModified string
	ETag         string `xml:",omitempty"`
	Type         string `xml:",omitempty"`
	Size         *int
	StorageClass string `xml:",omitempty"`
	Owner        ownerElement
	RestoreInfo  string `xml:",omitempty"`
	Moved        string `xml:"TransitionTime,omitempty"`
}

type versionList struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	Name                string
	Prefix              string
	KeyMarker           string
	VersionIDMarker     string `xml:"VersionIdMarker"`
	MaxKeys             int
	Delimiter           string
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
	Entries             []versionEntry
	CommonPrefixes      []commonPrefix `xml:"CommonPrefixes"`
}

// listObjectVersions lists all versions and delete markers, the newest of a
// key first (OSS API, ListObjectVersions).
func (s *Service) listObjectVersions(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 100, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	b := r.bucket
	keyMarker, idMarker := r.query.Get("key-marker"), r.query.Get("version-id-marker")
	if idMarker != "" && keyMarker == "" {
		return nil, errorf("InvalidArgument", "A version-id marker cannot be specified without a key marker.").with("ArgumentName", "version-id-marker")
	}
	items := func(from string) iter.Seq[item] { return b.versionsFrom(from, keyMarker, idMarker) }
	p := paginate(items, l.folding(keyMarker, keyMarker))
	list := versionList{
		Name: b.name, Prefix: l.encode(l.prefix), KeyMarker: l.encode(keyMarker), VersionIDMarker: idMarker, MaxKeys: l.size,
		Delimiter: l.encode(l.delimiter), EncodingType: l.encoding, IsTruncated: p.truncated, CommonPrefixes: l.commonPrefixes(p.prefixes),
	}
	if p.truncated {
		list.NextKeyMarker, list.NextVersionIDMarker = l.encode(p.last.key), p.last.id
	}
	for _, it := range p.items {
		list.Entries = append(list.Entries, l.versionEntry(b, it))
	}
	return xmlResponse(list)
}

// versionsFrom lists the versions of the keys from one on, the newest of a key
// first. Of the marker's key it lists the versions after the marker's.
func (b *bucket) versionsFrom(from, keyMarker, idMarker string) iter.Seq[item] {
	return func(yield func(item) bool) {
		for key, versions := range b.objects.from(from) {
			passed := key != keyMarker
			for _, v := range slices.Backward(versions) {
				if passed && !yield(item{key, v.id}) {
					return
				}
				passed = passed || v.id == idMarker
			}
		}
	}
}

func (l listing) versionEntry(b *bucket, it item) versionEntry {
	versions := b.objects.get(it.key)
	i := slices.IndexFunc(versions, func(v *version) bool { return v.id == it.id })
	v := versions[i]
	e := versionEntry{
		XMLName: xml.Name{Local: "DeleteMarker"}, Key: l.encode(it.key), VersionID: v.id, IsLatest: i == len(versions)-1,
		LastModified: xmlTime(v.modified), Owner: owner(b.owner),
	}
	if !v.marker {
		size := len(v.data)
		e.XMLName.Local = "Version"
		e.ETag, e.Type, e.Size, e.StorageClass = v.etag(), v.objectType(), &size, v.storageClass
		e.RestoreInfo, e.Moved = v.restoreState(l.now), v.movedText()
	}
	return e
}
