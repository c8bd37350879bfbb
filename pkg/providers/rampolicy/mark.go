// Package rampolicy holds the part that the kinds of bindings in RAM share: the
// mark by which users, roles and policies are ours, and the calls for a policy of
// the account. It is a package of its own since a binding is a user with a policy
// (package ramuser) or a role with one (package ramrole).
package rampolicy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Mark returns the Comments of a binding's user (RAM API, CreateUser: at most 128
// characters), and the Description of its role and policy. They name binding and
// instance by incarnation, and the binding's id by its hash, so that records can
// be rebuilt from them.
func Mark(t providers.Task) string {
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

// A Presence says whether a user, role or policy of a name exists, and is ours.
type Presence int

// The presences.
const (
	Missing Presence = iota
	Ours
	Foreign // left alone
)

// PresenceOf reads the answer to a look: err, or the text that holds the mark. made
// says that the record has the user, role or policy as made: it stays ours even if
// its mark was edited, unless the mark names another incarnation (ErrForeign).
func PresenceOf(err error, text string, l providers.Life, made bool) (Presence, error) {
	switch {
	case errors.Is(err, providers.ErrNotFound):
		return Missing, nil
	case err != nil:
		return Missing, err
	case made && isMarkedForAnother(text, l):
		return Foreign, fmt.Errorf("%w: it is recorded as made for incarnation %s, and its mark is %q", providers.ErrForeign, l.Incarnation, text)
	case made || isMarked(text, l):
		return Ours, nil
	default:
		return Foreign, nil
	}
}
