package providers

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
)

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

// Tags returns the tags of the task's resources, always in the same order: the
// marks, and the tags that inform people at the console.
func (t Task) Tags() []Tag {
	owner := t.Labels.Namespace
	if owner == "" {
		owner = strings.Trim(t.Labels.Organization+"/"+t.Labels.Space, "/")
	}
	tags := append(t.marks(), Tag{TagService, tagValue(t.Labels.Offering)}, Tag{TagPlan, tagValue(t.Labels.Plan)})
	if owner = tagValue(owner); owner != "" {
		tags = append(tags, Tag{TagOwner, owner})
	}
	return tags
}

// marks returns the tags that make a resource ours. Every product takes them: their
// values are hashes, or of the form of a broker's name or of plainID.
func (t Task) marks() []Tag {
	return []Tag{
		t.Life.BrokerTag(),
		{TagIncarnation, t.Life.Incarnation},
		{TagInstance, t.instanceTag()},
	}
}

// BrokerTag returns the tag of every resource of a broker.
func (l Life) BrokerTag() Tag { return Tag{TagBroker, tagValue(l.BrokerID)} }

// A step that tags begins with all tags. Once the cloud has refused them, a step of
// another name, with a token of its own, tags with the marks alone.
const (
	marksOnly       = "-marks"
	factRefusedTags = "informing_tags" // "refused" once the cloud refused them
)

// TagStep returns the name of a step that tags, and its tags.
func (t Task) TagStep(step string) (name string, tags []Tag) {
	if t.Facts.Open[factRefusedTags] != "" {
		return step + marksOnly, t.marks()
	}
	return step, t.Tags()
}

// IsTagStep reports whether TagStep gives step the name.
func IsTagStep(name, step string) bool { return name == step || name == step+marksOnly }

// TagsRefused returns the result of a step that tags: the refusal of its tags is
// noted, so that TagStep leaves out the tags that inform. Marks that are refused are
// the operator's matter.
func TagsRefused(name string, facts Facts, err error) (Facts, error) {
	switch {
	case !errors.Is(err, ErrTagRefused):
		return facts, err
	case strings.HasSuffix(name, marksOnly):
		return facts, &Failure{Kind: Broken, Text: "The cloud refuses the tags by which the broker knows its resources; ask the operator of the broker.", Cause: err}
	}
	return facts.Merge(Facts{Open: map[string]string{factRefusedTags: "refused"}}), err
}

// MaxTagValue is the length of a tag's value, in bytes (OSS API, PutBucketTags; RDS
// takes as many characters).
const MaxTagValue = 128

var (
	tagURL      = regexp.MustCompile(`(?i)(https?):(//)`)
	tagReserved = regexp.MustCompile(`(?i)^(aliyun|acs:)`)
)

// IsTagValue reports whether a tag holds the text as it is.
func IsTagValue(s string) bool { return tagValue(s) == s }

// tagValue makes a text of a platform or a catalog fit for the value of a tag of any
// product. The same text gives the same value, since tags are part of frozen
// requests. Signs that do not print become "_", and so does the ":" of a URL; a
// reserved word at the start gets a "_" before it (RDS API, TagResources: values
// must not begin with aliyun, acs:, http:// or https://); the end is cut off.
func tagValue(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, s)
	s = tagURL.ReplaceAllString(strings.TrimSpace(s), "${1}_${2}")
	if tagReserved.MatchString(s) {
		s = "_" + s
	}
	if len(s) > MaxTagValue {
		s = strings.TrimRight(strings.ToValidUTF8(s[:MaxTagValue], ""), " ")
	}
	return s
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
