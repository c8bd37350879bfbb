package oss

import (
	"encoding/base64"
	"encoding/xml"
	"iter"
	"strconv"
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

// maxKeys reads the size of a page: 1 to 1000.
func maxKeys(query map[string][]string, name string, def int) (int, *apiError) {
	values := query[name]
	if len(values) == 0 || values[0] == "" {
		return def, nil
	}
	n, err := strconv.Atoi(values[0])
	if err != nil || n < 1 || n > 1000 {
		return 0, errorf("InvalidArgument", "Argument %s must be an integer between 1 and 1000.", name).
			with("ArgumentName", name).with("ArgumentValue", values[0])
	}
	return n, nil
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
