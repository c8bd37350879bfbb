package ramuser

import (
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Names hold 130 bits of the hash of a life. They are 30 characters of
// [a-z2-7-], which fits users (1 to 64) and policies (1 to 128 letters, digits
// and hyphens).
const (
	namePrefix = "osb-"
	nameHash   = 26
)

// UserName returns the name of a binding's user.
func UserName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-user") }

// PolicyName returns the name of a binding's policy.
func PolicyName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-policy") }

// mark returns the Comments of a binding's user (RAM API, CreateUser: at most
// 128 characters) and the Description of its policy. They name binding and
// instance by incarnation, and the binding's id by its hash, so that records can
// be rebuilt from them.
func mark(t providers.Task) string {
	text := incarnationMark(t.Life)
	if t.Of != nil {
		text += " " + providers.TagInstance + "=" + t.Of.Life.Incarnation
	}
	return text + " osb-binding=" + t.BindingHash()
}

func incarnationMark(l providers.Life) string {
	return providers.TagIncarnation + "=" + l.Incarnation
}

// isMarked reports whether Comments or a Description name the incarnation of a
// binding. Text that people have added around it is ignored. Marks of before,
// which held the incarnation and the broker, are recognised too.
func isMarked(text string, l providers.Life) bool {
	return strings.Contains(text, incarnationMark(l))
}

// isMarkedForAnother reports whether they name the incarnation of another binding
// alone.
func isMarkedForAnother(text string, l providers.Life) bool {
	return anyMark.MatchString(text) && !isMarked(text, l)
}

var anyMark = regexp.MustCompile(providers.TagIncarnation + `=[0-9a-f]{32}\b`)
