package sqllogin

import (
	"regexp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Names and comments derive from lives, as everything in the cloud.

// loginName returns the drawn name of a binding's login: 16 characters, of which 15
// hold 75 bits.
func loginName(l providers.Life) string { return "b" + l.Hash(15, "login") }

// ourPrefix begins the names of owner and reader roles; logins must not have it.
const ourPrefix = "osb_"

func ownerName(l providers.Life, database string) string {
	return ourPrefix + "owner_" + l.Hash(20, "owner", database)
}

func readerName(l providers.Life, database string) string {
	return ourPrefix + "reader_" + l.Hash(20, "reader", database)
}

// mark returns the comment on the roles and the database of an instance.
func mark(l providers.Life, database string) string { return "osb-" + l.Hash(26, "database", database) }

// description returns the comment on a binding's login: a hash of the binding's
// incarnation, which proves that the role is ours, and one of the binding's id.
func description(t providers.Task) string {
	return "osb-" + t.Life.Hash(26, "login") + "-" + t.BindingHash()
}

// isOurs reports whether mark or description made the text, for some life.
func isOurs(text string) bool { return ourForm.MatchString(text) }

var (
	ourForm  = regexp.MustCompile(`^osb-[a-z2-7]{26}(-[a-z2-7]{20})?$`)
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*[a-z0-9]$`)
)

// nameLimit is how long names are in PostgreSQL, and in RDS (RDS API, CreateAccount).
const nameLimit = 63

// checkUsername applies the rules of RDS for PostgreSQL (RDS API, CreateAccount) and of
// PostgreSQL itself, which keeps names in pg for its own roles. Its error is for the
// user.
func checkUsername(name string, s Server) error {
	if len(name) > nameLimit || !nameForm.MatchString(name) || strings.HasPrefix(name, "pg") {
		return providers.Failf(providers.Invalid,
			"Username must have 2 to %d lower-case letters, digits and underscores, begin with a letter, end with a letter or a digit, and not begin with pg.", nameLimit)
	}
	if slices.Contains(s.Reserved, name) || slices.Contains([]string{"public", "none", "postgres"}, name) {
		return providers.Failf(providers.Invalid, "The Username is a word that the database service reserves; choose another.")
	}
	if name == s.AdminName || strings.HasPrefix(name, ourPrefix) {
		return providers.Failf(providers.Invalid, "The Username is kept for the broker; choose another.")
	}
	return nil
}
