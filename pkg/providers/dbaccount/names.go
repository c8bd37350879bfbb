package dbaccount

import (
	"regexp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// accountName returns the drawn name of a binding's account. Names have at most
// 16 characters on MySQL 5.6 (RDS API, CreateAccount), of which 15 hold 75 bits.
func accountName(l providers.Life) string { return "b" + l.Hash(15, "account") }

// description returns the description of a binding's account (RDS API,
// CreateAccount: it begins with a letter): a hash of the binding's incarnation,
// which proves that the account is ours, and one of the binding's id, by which a
// record can be rebuilt.
func description(t providers.Task) string {
	return "osb-" + t.Life.Hash(26, "account") + "-" + t.BindingHash()
}

// isDescription reports whether description made the text, for some binding.
// Descriptions of before end after the first hash.
func isDescription(text string) bool { return descriptionForm.MatchString(text) }

var descriptionForm = regexp.MustCompile(`^osb-[a-z2-7]{26}(-[a-z2-7]{20})?$`)

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*[A-Za-z0-9]$`)

// checkUsername applies the rules of CreateAccount (RDS API, AccountName) and
// the server's reserved names. Its error is for the user.
func checkUsername(name string, s Server) error {
	if len(name) > s.NameLimit || !nameForm.MatchString(name) {
		return providers.Failf(providers.Invalid,
			"Username must have 2 to %d letters, digits and underscores, begin with a letter, and end with a letter or a digit.", s.NameLimit)
	}
	if s.LowerCase && name != strings.ToLower(name) {
		return providers.Failf(providers.Invalid, "Username must have lower-case letters alone on this server; write %s.", strings.ToLower(name))
	}
	if slices.ContainsFunc(s.Reserved, func(word string) bool { return sameName(word, name) }) {
		return providers.Failf(providers.Invalid, "The Username is a word that the database service reserves; choose another.")
	}
	if sameName(name, s.SuperName) {
		return providers.Failf(providers.Invalid, "The Username is kept for the broker; choose another.")
	}
	return nil
}

// sameName compares names as servers do that ignore case.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
