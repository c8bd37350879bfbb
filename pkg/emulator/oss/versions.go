package oss

import (
	"net/http"
	"slices"
	"strings"
)

// The states of a bucket's versioning that can be put.
const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

// nullVersion is the id of a version that was put while versioning was off.
const nullVersion = "null"

// isVersionID reports whether a text can be the id of a version: the ids of OSS
// begin with "CAE" (OSS documentation, "Versioning").
func isVersionID(id string) bool { return id == nullVersion || strings.HasPrefix(id, "CAE") }

func invalidVersionID(id string) *apiError {
	return invalid("versionId", id, "Invalid version id specified.")
}

// trueText is the word for true in headers and parameters.
const trueText = "true"

// add stores v as the latest version of key.
func (b *bucket) add(key string, v *version) {
	if b.versioning == versioningEnabled {
		v.id = newVersionID()
	} else {
		v.id = nullVersion
		b.drop(key, nullVersion)
	}
	versions := b.objects.get(key)
	b.objects.set(key, append(slices.Clip(versions), v))
}

// drop removes one version for good and returns it, nil for a missing one.
func (b *bucket) drop(key, id string) *version {
	versions := b.objects.get(key)
	i := slices.IndexFunc(versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil
	}
	found := versions[i]
	b.objects.set(key, slices.Delete(slices.Clone(versions), i, i+1))
	return found
}

// latest returns the latest version of key, nil for a missing or deleted key.
func (b *bucket) latest(key string) *version {
	if versions := b.objects.get(key); len(versions) > 0 {
		if v := versions[len(versions)-1]; !v.marker {
			return v
		}
	}
	return nil
}

// find returns the version id of key, or the latest one for the empty id.
func (b *bucket) find(key, id string) (*version, *apiError) {
	versions := b.objects.get(key)
	if id == "" {
		if v := b.latest(key); v != nil {
			return v, nil
		}
		refused := errorf("NoSuchKey", "The specified key does not exist.").with("Key", key)
		if len(versions) > 0 {
			refused.header = http.Header{"X-Oss-Delete-Marker": {trueText}, "X-Oss-Version-Id": {versions[len(versions)-1].id}}
		}
		return nil, refused
	}
	i := slices.IndexFunc(versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil, errorf("NoSuchVersion", "The specified version does not exist.").with("Key", key).with("VersionId", id)
	}
	if versions[i].marker {
		refused := errorf("MethodNotAllowed", "The specified method is not allowed against this resource.").with("Key", key)
		refused.header = http.Header{"X-Oss-Delete-Marker": {trueText}, "X-Oss-Version-Id": {id}}
		return nil, refused
	}
	return versions[i], nil
}

// remove deletes as DeleteObject does: without an id the latest version, for
// which a versioned bucket gets a delete marker; with an id that version for
// good. Deleting a missing object succeeds (OSS API, DeleteObject).
func (s *Service) remove(b *bucket, key, id string) deleted {
	if id != "" {
		done := deleted{Key: key, VersionID: id}
		if v := b.drop(key, id); v != nil && v.marker {
			done.DeleteMarker, done.DeleteMarkerVersionID = true, id
		}
		return done
	}
	if b.versioning == "" {
		b.drop(key, nullVersion)
		return deleted{Key: key}
	}
	marker := &version{marker: true, modified: s.cfg.Clock.Now()}
	b.add(key, marker)
	return deleted{Key: key, DeleteMarker: true, DeleteMarkerVersionID: marker.id}
}

// A deleted is the outcome of a deletion of a key.
type deleted struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}
