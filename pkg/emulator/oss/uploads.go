package oss

import (
	"cmp"
	"encoding/xml"
	"iter"
	"maps"
	"slices"
	"strconv"
)

type uploadEntry struct {
	Key       string
	UploadID  string `xml:"UploadId"`
	Initiated string
}

type uploadList struct {
	XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
	EncodingType       string   `xml:",omitempty"`
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string
	NextUploadIDMarker string `xml:"NextUploadIdMarker"`
	Delimiter          string
	Prefix             string
	MaxUploads         int
	IsTruncated        bool
	Uploads            []uploadEntry  `xml:"Upload"`
	CommonPrefixes     []commonPrefix `xml:"CommonPrefixes"`
}

// listMultipartUploads lists the uploads in progress, by key and id (OSS API,
// ListMultipartUploads).
func (s *Service) listMultipartUploads(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-uploads", 1000, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	keyMarker, idMarker := r.query.Get("key-marker"), r.query.Get("upload-id-marker")
	var items []item
	for id, u := range r.bucket.uploads {
		if u.key > keyMarker || u.key == keyMarker && idMarker != "" && id > idMarker {
			items = append(items, item{u.key, id})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
	from := func(key string) iter.Seq[item] {
		i, _ := slices.BinarySearchFunc(items, key, func(it item, key string) int { return cmp.Compare(it.key, key) })
		return slices.Values(items[i:])
	}
	p := paginate(from, l.folding(keyMarker, keyMarker))
	list := uploadList{
		EncodingType: l.encoding, Bucket: r.bucket.name, KeyMarker: l.encode(keyMarker), UploadIDMarker: idMarker,
		Delimiter: l.encode(l.delimiter), Prefix: l.encode(l.prefix), MaxUploads: l.size, IsTruncated: p.truncated,
		CommonPrefixes: l.commonPrefixes(p.prefixes),
	}
	if n := len(p.items); p.truncated {
		list.NextKeyMarker, list.NextUploadIDMarker = l.encode(p.last.key), p.last.id
	} else if n > 0 { // on the last page too, as in the example of its page
		list.NextKeyMarker, list.NextUploadIDMarker = l.encode(p.items[n-1].key), p.items[n-1].id
	}
	for _, it := range p.items {
		list.Uploads = append(list.Uploads, uploadEntry{l.encode(it.key), it.id, xmlTime(r.bucket.uploads[it.id].initiated)})
	}
	return xmlResponse(list)
}

type partEntry struct {
	PartNumber   int
	LastModified string
	ETag         string
	HashCRC64    string `xml:"HashCrc64ecma"`
	Size         int
}

type partList struct {
	XMLName              xml.Name `xml:"ListPartsResult"`
	EncodingType         string   `xml:",omitempty"`
	Bucket               string
	Key                  string
	UploadID             string `xml:"UploadId"`
	NextPartNumberMarker string // empty where no part is listed: oss2 wants the element, the Java SDK no number
	PartNumberMarker     int
	MaxParts             int
	IsTruncated          bool
	StorageClass         string
	clientEncryption
	Parts []partEntry `xml:"Part"`
}

// A clientEncryption repeats the metadata of an upload that a client encrypts.
type clientEncryption struct {
	ClientEncryptionKey      string `xml:",omitempty"`
	ClientEncryptionStart    string `xml:",omitempty"`
	ClientEncryptionCekAlg   string `xml:",omitempty"`
	ClientEncryptionWrapAlg  string `xml:",omitempty"`
	ClientEncryptionDataSize string `xml:",omitempty"`
	ClientEncryptionPartSize string `xml:",omitempty"`
}

func (u *upload) clientEncryption() clientEncryption {
	of := func(name string) string { return u.header.Get(metaPrefix + "client-side-encryption-" + name) }
	return clientEncryption{of("key"), of("start"), of("cek-alg"), of("wrap-alg"), of("data-size"), of("part-size")}
}

// listParts lists the parts of an upload by number (OSS API, ListParts).
func (s *Service) listParts(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-parts", 1000, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	u, refused := r.upload()
	if refused != nil {
		return nil, refused
	}
	after := 0
	if given := r.query.Get("part-number-marker"); given != "" {
		var err error
		if after, err = strconv.Atoi(given); err != nil || after < 0 {
			return nil, errorf("InvalidArgument", "The marker must be a number.").with("ArgumentName", "part-number-marker").with("ArgumentValue", given)
		}
	}
	list := partList{
		EncodingType: l.encoding, Bucket: r.bucket.name, Key: l.encode(u.key), UploadID: u.id, PartNumberMarker: after,
		MaxParts: l.size, StorageClass: cmp.Or(u.header.Get("x-oss-storage-class"), r.bucket.storageClass),
		clientEncryption: u.clientEncryption(),
	}
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		if number <= after {
			continue
		}
		if len(list.Parts) == l.size {
			list.IsTruncated = true
			break
		}
		p := u.parts[number]
		list.Parts = append(list.Parts, partEntry{number, xmlTime(p.modified), quoted(p.sum[:]), decimal(p.crc), len(p.data)})
		list.NextPartNumberMarker = strconv.Itoa(number)
	}
	return xmlResponse(list)
}
