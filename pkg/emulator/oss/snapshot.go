package oss

import (
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A snapshot is the saved state of the service, with the contents of objects.
type snapshot struct {
	Buckets []savedBucket   `json:"buckets"`
	Blocked map[string]bool `json:"blockedAccounts,omitempty"`
	// Deleted has the buckets whose names are not free again, with the time.
	Deleted map[string]time.Time `json:"deleted,omitempty"`
}

type savedBucket struct {
	Name         string                  `json:"name"`
	Owner        string                  `json:"owner"`
	Region       string                  `json:"region"`
	ACL          string                  `json:"acl"`
	StorageClass string                  `json:"storageClass"`
	Redundancy   string                  `json:"redundancy"`
	Created      time.Time               `json:"created"`
	Versioning   string                  `json:"versioning,omitempty"`
	Blocked      bool                    `json:"publicBlocked,omitempty"`
	ByAccount    bool                    `json:"accountBlocked,omitempty"`
	WithoutV1    bool                    `json:"withoutV1,omitempty"`
	Tags         []tag                   `json:"tags,omitempty"`
	Encryption   *encryptionRule         `json:"encryption,omitempty"`
	CORS         []byte                  `json:"cors,omitempty"`
	Lifecycle    *lifecycleConfiguration `json:"lifecycle,omitempty"`
	LifecycleRun time.Time               `json:"lifecycleRun,omitzero"`
	Documents    map[string]string       `json:"documents,omitempty"`
	Worm         *wormPolicy             `json:"worm,omitempty"`
	ObjectWorm   *objectWorm             `json:"objectWorm,omitempty"`
	Transitions  []redundancyTask        `json:"transitions,omitempty"`
	Objects      []savedObject           `json:"objects,omitempty"` // by key
	Uploads      []savedUpload           `json:"uploads,omitempty"`
}

type savedObject struct {
	Key      string         `json:"key"`
	Versions []savedVersion `json:"versions"` // the oldest first
}

type savedVersion struct {
	ID           string    `json:"id"`
	Marker       bool      `json:"marker,omitempty"`
	Data         []byte    `json:"data,omitempty"`
	Modified     time.Time `json:"modified"`
	Sum          string    `json:"sum,omitempty"`
	Parts        int32     `json:"parts,omitempty"`
	StorageClass string    `json:"storageClass,omitempty"`
	Encryption   string    `json:"encryption,omitempty"`
	Header       string    `json:"header,omitempty"` // lines
	Tags         []tag     `json:"tags,omitempty"`
	ACL          string    `json:"acl,omitempty"`
	Target       string    `json:"target,omitempty"`
	KeyID        string    `json:"keyId,omitempty"`
	DataCipher   string    `json:"dataEncryption,omitempty"`
	Appendable   bool      `json:"appendable,omitempty"`
	InOrder      bool      `json:"inOrder,omitempty"`

	Restoration *restoration `json:"restoration,omitempty"`
	Accessed    *time.Time   `json:"accessed,omitempty"`
	Retention   *retention   `json:"retention,omitempty"`
	Held        bool         `json:"legalHold,omitempty"`
	Moved       time.Time    `json:"moved,omitzero"`
}

type savedUpload struct {
	ID        string            `json:"id"`
	Key       string            `json:"key"`
	Initiated time.Time         `json:"initiated"`
	Header    http.Header       `json:"header"`
	InOrder   bool              `json:"inOrder,omitempty"`
	Parts     map[int]savedPart `json:"parts,omitempty"`
}

type savedPart struct {
	Data     []byte    `json:"data"`
	Modified time.Time `json:"modified"`
}

// Snapshot returns all buckets with all that is in them, for Restore.
func (s *Service) Snapshot() (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := snapshot{Blocked: maps.Clone(s.blockedAccounts), Deleted: maps.Clone(s.deleted)}
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		b := s.buckets[name]
		saved := savedBucket{
			Name: b.name, Owner: b.owner, Region: b.region, ACL: b.acl, StorageClass: b.storageClass, Redundancy: b.redundancy,
			Created: b.created, Versioning: b.versioning, Blocked: b.publicBlocked, ByAccount: b.accountBlocked, WithoutV1: b.withoutV1, Tags: b.tags, Encryption: b.encryption,
			CORS: b.cors.saved(), Lifecycle: b.lifecycle, LifecycleRun: b.lifecycleRun, Documents: b.documents, Worm: b.worm, ObjectWorm: b.objectWorm, Transitions: b.transitions,
		}
		for key, versions := range b.objects.all() {
			object := savedObject{Key: key}
			for _, v := range versions {
				object.Versions = append(object.Versions, v.saved())
			}
			saved.Objects = append(saved.Objects, object)
		}
		for _, id := range slices.Sorted(maps.Keys(b.uploads)) {
			u := b.uploads[id]
			upload := savedUpload{ID: u.id, Key: u.key, Initiated: u.initiated, Header: uploadHeaders(u.header), InOrder: u.inOrder, Parts: make(map[int]savedPart)}
			for number, p := range u.parts {
				upload.Parts[number] = savedPart{p.data, p.modified}
			}
			saved.Uploads = append(saved.Uploads, upload)
		}
		all.Buckets = append(all.Buckets, saved)
	}
	return json.Marshal(all)
}

// saved returns the rules as XML, the form in which states of before have them.
func (c *corsConfiguration) saved() []byte {
	if c == nil {
		return nil
	}
	body, _ := xml.Marshal(c) // texts and a flag
	return body
}

func (v *version) saved() savedVersion {
	saved := savedVersion{
		ID: v.id, Marker: v.marker, Data: v.data, Modified: v.modified, Parts: v.parts, StorageClass: v.storageClass,
		Encryption: v.encryption, Header: v.header.text(), Tags: v.tags(), ACL: v.acl(), Target: v.target(),
		Retention: v.retention(), Held: v.held(), Moved: v.movedAt(),
	}
	if v.options != nil {
		saved.KeyID, saved.DataCipher, saved.Appendable, saved.InOrder = v.options.keyID, v.options.dataEncryption, v.options.appendable, v.options.inOrder
		saved.Restoration = v.options.restoration
		if at := v.options.accessed; !at.IsZero() {
			saved.Accessed = &at
		}
	}
	if !v.marker {
		saved.Sum = hex.EncodeToString(v.sum[:])
	}
	return saved
}

// uploadHeaders returns the headers of the initial request of an upload that
// matter at its completion, without its signature.
func uploadHeaders(h http.Header) http.Header {
	kept := make(http.Header)
	for name, values := range h {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-oss-") && !strings.Contains(lower, "token") || strings.HasPrefix(lower, "content-") ||
			lower == "cache-control" || lower == "expires" {
			kept[name] = values
		}
	}
	return kept
}

// Restore replaces all buckets by the ones of a Snapshot, or changes nothing
// after a failure.
func (s *Service) Restore(data json.RawMessage) error {
	var all snapshot
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("oss: state: %w", err)
	}
	buckets := make(map[string]*bucket, len(all.Buckets))
	for _, saved := range all.Buckets {
		b := newBucket(saved.Name, saved.Owner, saved.Region, saved.Created)
		b.acl, b.storageClass, b.redundancy, b.versioning = saved.ACL, saved.StorageClass, saved.Redundancy, saved.Versioning
		b.publicBlocked, b.accountBlocked, b.withoutV1 = saved.Blocked, saved.ByAccount, saved.WithoutV1
		b.tags, b.encryption, b.lifecycle, b.lifecycleRun = saved.Tags, saved.Encryption, saved.Lifecycle, saved.LifecycleRun
		if len(saved.CORS) > 0 {
			var refused *apiError
			if b.cors, refused = parseCORS(saved.CORS); refused != nil {
				return fmt.Errorf("oss: state: bucket %s, CORS: %w", saved.Name, refused)
			}
		}
		b.documents, b.worm, b.objectWorm, b.transitions = saved.Documents, saved.Worm, saved.ObjectWorm, saved.Transitions
		for _, object := range saved.Objects {
			versions := make([]*version, 0, len(object.Versions))
			for _, v := range object.Versions {
				restored, err := v.restored()
				if err != nil {
					return fmt.Errorf("oss: state: bucket %s, object %q: %w", saved.Name, object.Key, err)
				}
				versions = append(versions, restored)
			}
			b.objects.set(object.Key, versions)
		}
		for _, u := range saved.Uploads {
			b.uploads[u.ID] = u.restored()
		}
		buckets[b.name] = b
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets = buckets
	s.blockedAccounts = make(map[string]bool)
	maps.Copy(s.blockedAccounts, all.Blocked)
	s.deleted = make(map[string]time.Time)
	maps.Copy(s.deleted, all.Deleted)
	for _, b := range buckets { // states of before have it of their buckets alone
		if b.accountBlocked {
			s.blockedAccounts[b.owner] = true
		}
	}
	return nil
}

func (v savedVersion) restored() (*version, error) {
	restored := &version{
		id: v.ID, marker: v.Marker, data: v.Data, modified: v.Modified, parts: v.Parts, storageClass: class(v.StorageClass),
		encryption: v.Encryption,
	}
	if v.ID == nullVersion {
		restored.id = nullVersion // one text for all
	}
	if v.Marker {
		return restored, nil
	}
	if n, err := hex.Decode(restored.sum[:], []byte(v.Sum)); err != nil || n != len(restored.sum) {
		return nil, fmt.Errorf("the sum %q is no MD5", v.Sum)
	}
	restored.crc, restored.header = crcOf(v.Data), headersOf(v.Header)
	restored.change(func(o *options) {
		o.tags, o.acl, o.target, o.keyID, o.dataEncryption = v.Tags, v.ACL, v.Target, v.KeyID, v.DataCipher
		o.appendable, o.inOrder, o.restoration = v.Appendable, v.InOrder, v.Restoration
		if v.Accessed != nil {
			o.accessed = *v.Accessed
		}
		o.retention, o.held, o.moved = v.Retention, v.Held, v.Moved
	})
	return restored, nil
}

func (u savedUpload) restored() *upload {
	restored := &upload{id: u.ID, key: u.Key, initiated: u.Initiated, header: u.Header, inOrder: u.InOrder, parts: make(map[int]*part)}
	for number, p := range u.Parts {
		restored.parts[number] = newPart(p.Data, p.Modified)
	}
	return restored
}
