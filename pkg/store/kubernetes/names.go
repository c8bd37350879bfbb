package kubernetes

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Common names of the store's objects. Types, labels, annotations and the
// finalizer are data of users' clusters: they stay as they are.
const (
	domain = "alibabacloud-servicebroker"

	recordType = domain + "/record" // the type of a record's Secret
	metaType   = domain + "/store"  // the type of the Secret about the store
	bodyType   = domain + "/body"   // the type of a body's Secret

	finalizer = domain + "/cloud" // something may exist in the cloud

	storeLabel      = domain + "/store"      // the store's name
	kindLabel       = domain + "/kind"       // of records: instance or binding
	instanceLabel   = domain + "/instance"   // the hash of the instance's key
	unfinishedLabel = domain + "/unfinished" // "true" while the record is unsettled
	deletedLabel    = domain + "/deleted-on" // of tombstones: the day, in UTC
	bodiesLabel     = domain + "/bodies"     // of records: "true" while it names bodies
	bodyLabel       = domain + "/body"       // of bodies: "true"

	instanceAnnotation = domain + "/instance-id"
	bindingAnnotation  = domain + "/binding-id"
	deletedAnnotation  = domain + "/deleted-at" // of tombstones: the time, as JSON has it
	writeAnnotation    = domain + "/write"      // random, another for each write
	unnamedAnnotation  = domain + "/unnamed-at" // of bodies: when a sweep first found it unnamed
)

// maxKey limits the ids of a record together, in bytes: an
// object's annotations may have 256 KiB.
const maxKey = 32 << 10

// hash names a key: 160 bits in 32 characters of names and labels.
func hash(k store.Key) string {
	sum := sha256.Sum256(keyBytes(k))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20]))
}

// keyBytes encodes a key unambiguously: kind and ids, each with its length
// before it.
func keyBytes(k store.Key) []byte {
	var b []byte
	for _, part := range []string{kind(k), k.InstanceID, k.BindingID} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

func kind(k store.Key) string {
	if k.IsBinding() {
		return "binding"
	}
	return "instance"
}

func (o *Options) metaName() string              { return o.Name + "-store" }
func (o *Options) leaseName() string             { return o.Name + "-lease" }
func (o *Options) recordName(k store.Key) string { return o.Name + "-r-" + hash(k) }
func (o *Options) bodyName(digest string) string { return o.Name + "-b-" + digest }
func (o *Options) bodySelector() string          { return storeLabel + "=" + o.Name + "," + bodyLabel }
func (o *Options) selector(more ...string) string { // of records
	return strings.Join(append([]string{storeLabel + "=" + o.Name, kindLabel}, more...), ",")
}

// quoteID writes an id into an annotation: as it is where it prints, else quoted
// as in Go.
func quoteID(id string) string {
	prints := func(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) }
	if strings.HasPrefix(id, `"`) || strings.ContainsFunc(id, func(r rune) bool { return !prints(r) }) {
		return strconv.QuoteToASCII(id)
	}
	return id
}

// unquoteID is the reverse of spell.
func unquoteID(s string) string {
	if id, err := strconv.Unquote(s); err == nil && strings.HasPrefix(s, `"`) {
		return id
	}
	return s
}

// keyOf returns the key in an object's annotations, and whether the object's
// name is that of the key.
func (o *Options) keyOf(m *metav1.ObjectMeta) (store.Key, bool) {
	k := store.Key{InstanceID: unquoteID(m.Annotations[instanceAnnotation]), BindingID: unquoteID(m.Annotations[bindingAnnotation])}
	return k, k.InstanceID != "" && m.Name == o.recordName(k)
}
