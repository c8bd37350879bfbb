package bolt

import (
	"bytes"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A record's key in the file is the instance id, an end mark, and the binding
// id, which is empty for the instance itself. So an instance and its bindings
// are neighbours, and the order of the bytes is that of store.Key.Compare.
// Within the instance id, a zero byte is escaped so that no id holds the mark
// and the order stays.
const (
	zeroByte = "\x00"
	escaped  = "\x00\xff"
	endMark  = "\x00\x01"
)

// instancePrefix returns the prefix of the keys of an instance and its
// bindings.
func instancePrefix(instanceID string) []byte {
	id := bytes.ReplaceAll([]byte(instanceID), []byte(zeroByte), []byte(escaped))
	return append(id, endMark...)
}

// encodeKey returns the key of a record in the file.
func encodeKey(k store.Key) []byte {
	return append(instancePrefix(k.InstanceID), k.BindingID...)
}

// decodeKey is the reverse of encodeKey.
func decodeKey(b []byte) store.Key {
	instance, binding, _ := bytes.Cut(b, []byte(endMark))
	instance = bytes.ReplaceAll(instance, []byte(escaped), []byte(zeroByte))
	return store.Key{InstanceID: string(instance), BindingID: string(binding)}
}
