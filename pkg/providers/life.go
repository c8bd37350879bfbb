package providers

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"regexp"
	"strings"
)

// A Life is the origin of names, tokens and tags in the cloud: the broker and the
// incarnation of an instance or binding. Platforms may use any string as an id and
// use it again after a deletion; a life is unique.
type Life struct {
	BrokerID    string
	Incarnation string // 128 random bits in hex
}

// Hash returns n characters of [a-z2-7], five bits each. The same life and words
// always give the same hash. 15 characters hold 75 bits.
func (l Life) Hash(n int, words ...string) string {
	h := sha256.New()
	for _, w := range append([]string{l.BrokerID, l.Incarnation}, words...) {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:n]
}

// Token returns the ClientToken of a step: 52 ASCII characters (the APIs take
// 64), the same for every retry of it.
func (l Life) Token(operation, step string) string {
	return l.Hash(52, "token", operation, step)
}

// Tag keys that mark resources as ours.
const (
	TagBroker      = "osb-broker"
	TagIncarnation = "osb-incarnation"
	TagInstance    = "osb-instance"
	TagService     = "osb-service"
	TagPlan        = "osb-plan"
	TagOwner       = "osb-owner"
)

// A Tag marks a resource.
type Tag struct{ Key, Value string }

// Tags returns the tags of the task's resources, always in the same order. Values
// are cut to the length of a tag's value (128 characters).
func (t Task) Tags() []Tag {
	owner := t.Labels.Namespace
	if owner == "" {
		owner = strings.Trim(t.Labels.Organization+"/"+t.Labels.Space, "/")
	}
	tags := []Tag{
		{TagBroker, cut(t.Life.BrokerID)},
		{TagIncarnation, t.Life.Incarnation},
		{TagInstance, t.instanceTag()},
		{TagService, cut(t.Labels.Offering)},
		{TagPlan, cut(t.Labels.Plan)},
	}
	if owner != "" {
		tags = append(tags, Tag{TagOwner, cut(owner)})
	}
	return tags
}

// Forms of the id of an instance in its tag. The rules of tags differ by
// product; every product takes plainID (RDS: at most 128 characters, aliyun and
// acs: are reserved prefixes, http:// and https:// are refused; OSS: letters,
// digits and some signs). A text of the form of idHash is always a hash.
var (
	plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	idHash  = regexp.MustCompile(`^[a-z2-7]{26}$`)
)

// instanceTag returns the id of the instance where a tag takes it, else its
// hash, so that records can be rebuilt from tags.
func (t Task) instanceTag() string {
	id := t.InstanceID
	if plainID.MatchString(id) && !idHash.MatchString(id) && !strings.HasPrefix(strings.ToLower(id), "aliyun") {
		return id
	}
	return Life{BrokerID: t.Life.BrokerID}.Hash(26, "instance", id)
}

// BindingHash returns the hash of the binding's id, for marks of resources that
// belong to a binding: 20 characters of [a-z2-7], 100 bits.
func (t Task) BindingHash() string {
	return Life{BrokerID: t.Life.BrokerID}.Hash(20, "binding", t.BindingID)
}

// cut shortens s to the length of a tag's value, at the end of a character.
func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), 128)], "") }

// Merge returns a new set: the facts of f, overridden by the facts of other.
func (f Facts) Merge(other Facts) Facts {
	return Facts{Open: merged(f.Open, other.Open), Secrets: merged(f.Secrets, other.Secrets)}
}

func merged(a, b map[string]string) map[string]string {
	if len(a)+len(b) == 0 {
		return nil
	}
	m := maps.Clone(a)
	if m == nil {
		m = make(map[string]string, len(b))
	}
	maps.Copy(m, b)
	return m
}

// IsZero reports whether f is empty.
func (f Facts) IsZero() bool { return len(f.Open)+len(f.Secrets) == 0 }
