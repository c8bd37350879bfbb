package oss

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// An item is one line of a list. id tells lines of the same key apart.
type item struct{ key, id string }

// A page is a part of a list.
type page struct {
	items     []item
	prefixes  []string
	truncated bool
	last      item // the last item, or a common prefix as a key
}

// paginate takes the items that begin with prefix, up to size of them, with
// those that share their beginning up to the delimiter folded into one common
// prefix. shown is the common prefix with which the page before ended, if it
// did.
func paginate(items []item, prefix, delimiter, shown string, size int) page {
	var p page
	for _, it := range items {
		if !strings.HasPrefix(it.key, prefix) {
			continue
		}
		common := ""
		if delimiter != "" {
			if i := strings.Index(it.key[len(prefix):], delimiter); i >= 0 {
				common = it.key[:len(prefix)+i+len(delimiter)]
			}
		}
		if common != "" && (common == shown || len(p.prefixes) > 0 && p.prefixes[len(p.prefixes)-1] == common) {
			continue
		}
		if len(p.items)+len(p.prefixes) == size {
			p.truncated = true
			break
		}
		if common != "" {
			p.prefixes = append(p.prefixes, common)
			p.last = item{key: common}
		} else {
			p.items = append(p.items, it)
			p.last = it
		}
	}
	return p
}

// current lists the keys whose latest version is no delete marker, from the
// first one after the given key on.
func (b *bucket) current(after string) []item {
	var items []item
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if key > after && b.latest(key) != nil {
			items = append(items, item{key: key})
		}
	}
	return items
}

// A listing holds what all lists have in common.
type listing struct {
	prefix, delimiter, encoding string
	size                        int
}

func readListing(r *request, maxName string, def int) (listing, *apiError) {
	n, refused := maxKeys(r.query, maxName, def)
	l := listing{r.query.Get("prefix"), r.query.Get("delimiter"), r.query.Get("encoding-type"), n}
	if refused == nil && l.encoding != "" && l.encoding != "url" {
		refused = errorf("InvalidArgument", "Invalid Encoding Method specified in Request.").with("ArgumentName", "encoding-type").with("ArgumentValue", l.encoding)
	}
	return l, refused
}

// encode writes a key as the client asked for.
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
}

func (l listing) contents(b *bucket, items []item, withOwner bool) []objectEntry {
	var list []objectEntry
	for _, it := range items {
		v := b.latest(it.key)
		e := objectEntry{l.encode(it.key), xmlTime(v.modified), v.etag, v.objectType, len(v.data), v.storageClass, nil}
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
	l, refused := readListing(r, "max-keys", 100)
	if refused != nil {
		return nil, refused
	}
	marker := r.query.Get("marker")
	p := paginate(r.bucket.current(marker), l.prefix, l.delimiter, marker, l.size)
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
	l, refused := readListing(r, "max-keys", 100)
	if refused != nil {
		return nil, refused
	}
	token, startAfter := r.query.Get("continuation-token"), r.query.Get("start-after")
	after := startAfter
	if token != "" {
		last, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return nil, errorf("InvalidArgument", "The continuation token provided is incorrect.").with("ArgumentName", "continuation-token")
		}
		after = string(last)
	}
	p := paginate(r.bucket.current(after), l.prefix, l.delimiter, after, l.size)
	list := objectListV2{
		Name: r.bucket.name, Prefix: l.encode(l.prefix), StartAfter: l.encode(startAfter), ContinuationToken: token,
		MaxKeys: l.size, Delimiter: l.encode(l.delimiter), EncodingType: l.encoding, IsTruncated: p.truncated,
		Contents:       l.contents(r.bucket, p.items, strings.EqualFold(r.query.Get("fetch-owner"), yes)),
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
	l, refused := readListing(r, "max-keys", 100)
	if refused != nil {
		return nil, refused
	}
	b := r.bucket
	keyMarker, idMarker := r.query.Get("key-marker"), r.query.Get("version-id-marker")
	if idMarker != "" && keyMarker == "" {
		return nil, errorf("InvalidArgument", "A version-id marker cannot be specified without a key marker.").with("ArgumentName", "version-id-marker")
	}
	var items []item
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if key < keyMarker {
			continue
		}
		passed := key != keyMarker // of the marker's key, only what comes after its version
		for _, v := range slices.Backward(b.objects[key]) {
			if passed {
				items = append(items, item{key, v.id})
			}
			passed = passed || v.id == idMarker
		}
	}
	p := paginate(items, l.prefix, l.delimiter, keyMarker, l.size)
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

func (l listing) versionEntry(b *bucket, it item) versionEntry {
	versions := b.objects[it.key]
	i := slices.IndexFunc(versions, func(v *version) bool { return v.id == it.id })
	v := versions[i]
	e := versionEntry{
		XMLName: xml.Name{Local: "DeleteMarker"}, Key: l.encode(it.key), VersionID: v.id, IsLatest: i == len(versions)-1,
		LastModified: xmlTime(v.modified), Owner: owner(b.owner),
	}
	if !v.marker {
		size := len(v.data)
		e.XMLName.Local = "Version"
		e.ETag, e.Type, e.Size, e.StorageClass = v.etag, v.objectType, &size, v.storageClass
	}
	return e
}
