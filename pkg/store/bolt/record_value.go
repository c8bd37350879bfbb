package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A record's value in the file is its revision, the checksum of the JSON, and
// the JSON. bbolt detects malformed pages; the checksum detects damage within
// them, which would otherwise become a wrong fact.
const (
	revisionSize = 8
	headSize     = revisionSize + 4
)

// checksum is CRC-32C.
func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// encode returns the value of a record.
func encode(r store.Record, revision uint64) ([]byte, error) {
	b, err := store.Encode(r)
	if err != nil {
		return nil, &store.RecordError{Key: r.Key, Err: err}
	}
	value := make([]byte, 0, headSize+len(b))
	value = binary.BigEndian.AppendUint64(value, revision)
	value = binary.BigEndian.AppendUint32(value, checksum(b))
	return append(value, b...), nil
}

// decode reads a record from its value. The key in the file decides: JSON drops
// ids that are invalid UTF-8.
func decode(k store.Key, value []byte) (store.Record, error) {
	if len(value) < headSize || binary.BigEndian.Uint32(value[revisionSize:]) != checksum(value[headSize:]) {
		return store.Record{}, &store.RecordError{Key: k, Err: fmt.Errorf("%w: its checksum is wrong", store.ErrCorrupt)}
	}
	r, err := store.Decode(value[headSize:])
	if err != nil {
		return store.Record{}, &store.RecordError{Key: k, Err: err}
	}
	r.Key = k
	r.Revision = binary.BigEndian.Uint64(value)
	if r.Revision == 0 { // it would pass for a record that was never stored
		return store.Record{}, &store.RecordError{Key: k, Err: fmt.Errorf("%w: it has no revision", store.ErrCorrupt)}
	}
	return r, nil
}
