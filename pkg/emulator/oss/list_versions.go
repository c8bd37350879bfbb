package oss

import (
	"encoding/xml"
	"iter"
	"slices"
)

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
