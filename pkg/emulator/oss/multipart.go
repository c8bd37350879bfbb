package oss

import (
	"crypto/md5" //nolint:gosec // the ETag of OSS is an MD5
	"encoding/hex"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// minPart is the least size of each part before the last (OSS API,
// CompleteMultipartUpload).
const minPart = 100 << 10

// An upload is a multipart upload in progress.
type upload struct {
	id, key   string
	initiated time.Time
	header    http.Header // of the request that began it
	inOrder   bool        // takes its parts in the order of their numbers
	parts     map[int]*part
}

type part struct {
	data     []byte
	sum      [md5.Size]byte
	crc      uint64
	modified time.Time
}

// initiateMultipartUpload begins an upload (OSS API,
// InitiateMultipartUpload).
func (s *Service) initiateMultipartUpload(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 1000, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	if refused := s.mayWrite(r, s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	u := &upload{
		id: strings.ReplaceAll(cloud.NewRequestID(), "-", ""), key: r.key, initiated: s.cfg.Clock.Now(),
		header: r.Header.Clone(), inOrder: r.query.Has("sequential"), parts: make(map[int]*part),
	}
	encryption := r.bucket.encryptionFor(r.Header)
	encryption.writeTo(u.header)
	r.bucket.uploads[u.id] = u
	answer, refused := xmlResponse(struct {
		XMLName      xml.Name `xml:"InitiateMultipartUploadResult"`
		EncodingType string   `xml:",omitempty"`
		Bucket       string
		Key          string
		UploadID     string `xml:"UploadId"`
	}{EncodingType: l.encoding, Bucket: r.bucket.name, Key: l.encode(r.key), UploadID: u.id})
	if refused == nil {
		encryption.writeTo(answer.header)
	}
	return answer, refused
}

// encryption is how the object will be encrypted.
func (u *upload) encryption() *encryptionRule {
	rule, _ := encryptionOf(u.header) // was checked
	if rule == nil {
		return &encryptionRule{}
	}
	return rule
}

// uploadCause is the number of the cause of a missing upload, by operation (the
// integration tests of the Go SDK v2).
func (r *request) uploadCause() string {
	switch {
	case r.Method != http.MethodPut:
		return "0042-00000002"
	case r.Header.Get("x-oss-copy-source") != "":
		return "0042-00000311"
	}
	return "0042-00000104"
}

// upload finds the upload that a request names.
func (r *request) upload() (*upload, *apiError) {
	u, ok := r.bucket.uploads[r.query.Get("uploadId")]
	if !ok || u.key != r.key {
		return nil, errorf("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.").
			with("UploadId", r.query.Get("uploadId")).cause(r.uploadCause())
	}
	return u, nil
}

// uploadPart stores a part under its number, replacing an earlier one (OSS API,
// UploadPart).
func (s *Service) uploadPart(r *request) (*response, *apiError) {
	u, refused := r.upload()
	if refused != nil {
		return nil, refused
	}
	if refused := noEncryption(r.Header); refused != nil {
		return nil, refused
	}
	p, refused := s.storePart(r, u, r.body)
	if refused != nil {
		return nil, refused
	}
	answer := newResponse(http.StatusOK)
	answer.header.Set("ETag", quoted(p.sum[:]))
	answer.header.Set("Content-MD5", md5Base64(p.data))
	u.encryption().writeTo(answer.header)
	answer.header.Set("x-oss-hash-crc64ecma", decimal(p.crc))
	return answer, nil
}

// storePart puts data under the number that the request names.
func (s *Service) storePart(r *request, u *upload, data []byte) (*part, *apiError) {
	number, err := strconv.Atoi(r.query.Get("partNumber"))
	if err != nil || number < 1 || number > 10000 {
		return nil, errorf("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive.").
			with("ArgumentName", "partNumber").with("ArgumentValue", r.query.Get("partNumber"))
	}
	if u.inOrder && u.parts[number] == nil && number != len(u.parts)+1 {
		return nil, errorf("PartNotSequential", "Part is not sequential.").with("PartNumber", strconv.Itoa(number))
	}
	p := newPart(data, s.cfg.Clock.Now())
	u.parts[number] = p
	return p, nil
}

func newPart(data []byte, now time.Time) *part {
	return &part{data: data, sum: md5.Sum(data), crc: crcOf(data), modified: now} //nolint:gosec // as above
}

// uploadPartCopy makes a part of an object, or of a range of it (OSS API,
// UploadPartCopy).
func (s *Service) uploadPartCopy(r *request) (*response, *apiError) {
	u, refused := r.upload()
	if refused != nil {
		return nil, refused
	}
	source, sourceID, refused := s.copySource(r)
	if refused != nil {
		return nil, refused
	}
	data, copied := source.data, span{0, len(source.data)}
	if given := r.Header.Get("x-oss-copy-source-range"); given != "" {
		var ok bool
		if copied, ok, refused = parseRange(given, len(data), true); refused != nil || !ok {
			return nil, invalidRange(len(data))
		}
		data = data[copied.from:copied.to]
	}
	p, refused := s.storePart(r, u, data)
	if refused != nil {
		return nil, refused
	}
	answer, refused := xmlResponse(struct {
		XMLName      xml.Name `xml:"CopyPartResult"`
		LastModified string
		ETag         string
	}{LastModified: xmlTime(p.modified), ETag: quoted(p.sum[:])})
	if refused == nil {
		answer.header.Set("ETag", quoted(p.sum[:])) // which ali-oss reads, not the body (A072)
		fromVersion(answer, sourceID)
		answer.header.Set("Content-Range", copied.contentRange(len(source.data)))
		u.encryption().writeTo(answer.header) // A244
	}
	return answer, refused
}

type completeRequest struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Parts   []struct {
		PartNumber int    `xml:"PartNumber"`
		ETag       string `xml:"ETag"`
	} `xml:"Part"`
}

// completeMultipartUpload makes an object of the parts (OSS API,
// CompleteMultipartUpload).
func (s *Service) completeMultipartUpload(r *request) (*response, *apiError) {
	l, refused := readListing(r, "max-keys", 1000, s.cfg.Clock.Now())
	if refused != nil {
		return nil, refused
	}
	u, refused := r.upload()
	if refused != nil {
		return nil, refused
	}
	if refused := s.mayWrite(r, s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	if refused := noEncryption(r.Header); refused != nil {
		return nil, refused
	}
	numbers, refused := r.chosenParts(u)
	if refused != nil {
		return nil, refused
	}
	var data, sums []byte // A261
	for i, number := range numbers {
		p := u.parts[number]
		if i < len(numbers)-1 && len(p.data) < minPart {
			return nil, errorf("EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.").
				with("PartNumber", strconv.Itoa(number)).with("MinSizeAllowed", strconv.Itoa(minPart)).with("ProposedSize", strconv.Itoa(len(p.data)))
		}
		data = append(data, p.data...)
		sums = append(sums, strings.ToUpper(hex.EncodeToString(p.sum[:]))...)
	}
	sum := md5.Sum(sums) //nolint:gosec // as above
	v := s.newVersion(r.bucket, u.header, data)
	v.sum, v.parts = sum, max(1, int32(len(numbers))) //nolint:gosec // 10,000 at most
	v.change(func(o *options) {
		if r.Header.Get("x-oss-object-acl") != "" {
			o.acl = objectACL(r.Header)
		}
		o.inOrder = u.inOrder
	})
	r.bucket.add(r.key, v)
	delete(r.bucket.uploads, u.id)
	answer, refused := xmlResponse(struct {
		XMLName      xml.Name `xml:"CompleteMultipartUploadResult"`
		EncodingType string   `xml:",omitempty"`
		Location     string
		Bucket       string
		Key          string
		ETag         string
	}{
		EncodingType: l.encoding, Location: "http://" + r.bucket.name + "." + r.bucket.location() + ".aliyuncs.com/" + percentEncode(r.key, true),
		Bucket: r.bucket.name, Key: l.encode(r.key), ETag: v.etag(),
	})
	if refused == nil {
		stored(answer, r.bucket, v)
	}
	return answer, refused
}

// chosenParts returns the parts of the object: the ones in the body, in rising
// order and with their ETags, or all with x-oss-complete-all.
func (r *request) chosenParts(u *upload) ([]int, *apiError) {
	if strings.EqualFold(r.Header.Get("x-oss-complete-all"), "yes") {
		if len(r.body) > 0 {
			return nil, errorf("InvalidArgument", "Should not speficy both complete all header and http body.").with("ArgumentName", "x-oss-complete-all").cause("0042-00000216")
		}
		if len(u.parts) == 0 {
			return nil, errorf("InvalidPart", "No part has been uploaded.")
		}
		return slices.Sorted(maps.Keys(u.parts)), nil
	}
	var given completeRequest
	if xml.Unmarshal(r.body, &given) != nil { // no parts make an empty object (A272)
		return nil, malformedXML()
	}
	var numbers []int
	for i, g := range given.Parts {
		if i > 0 && g.PartNumber <= given.Parts[i-1].PartNumber {
			return nil, errorf("InvalidPartOrder", "The list of parts was not in ascending order.")
		}
		p, ok := u.parts[g.PartNumber]
		if !ok || !strings.EqualFold(strings.Trim(g.ETag, `"`), hex.EncodeToString(p.sum[:])) {
			return nil, errorf("InvalidPart", "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.").
				with("PartNumber", strconv.Itoa(g.PartNumber))
		}
		numbers = append(numbers, g.PartNumber)
	}
	return numbers, nil
}

// abortMultipartUpload ends an upload and frees its parts (OSS API,
// AbortMultipartUpload).
func (s *Service) abortMultipartUpload(r *request) (*response, *apiError) {
	u, refused := r.upload()
	if refused != nil {
		return nil, refused
	}
	delete(r.bucket.uploads, u.id)
	return newResponse(http.StatusNoContent), nil
}
