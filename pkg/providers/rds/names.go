package rds

import (
	"crypto/rand"
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Names in the cloud derive from a life. Descriptions must begin with a letter
// (RDS API, CreateDBInstance and CreateAccount); names of accounts have at most
// 16 characters on MySQL 5.6, of which 15 hold 75 bits.

func instanceDescription(l providers.Life) string { return "osb-" + l.Hash(26, "instance") }
func accountDescription(l providers.Life) string  { return "osb-" + l.Hash(26, "account") }
func accountName(l providers.Life) string         { return "b" + l.Hash(15, "account") }
func superName(l providers.Life) string           { return "s" + l.Hash(15, "super") }

// isAccountDescription says whether accountDescription can have given the text,
// for whichever binding.
func isAccountDescription(text string) bool { return accountForm.MatchString(text) }

var accountForm = regexp.MustCompile(`^osb-[a-z2-7]{26}$`)

const (
	passwordLength = 28 // of those we generate: 166 bits
	passwordSigns  = "!@#$%^&*()_+-="
	upperCase      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerCase      = "abcdefghijklmnopqrstuvwxyz"
	digits         = "0123456789"
)

// newPassword draws a password of letters and digits: three kinds of
// characters, as the API asks for, and none that means something to a shell or
// in a URI.
func newPassword() string {
	const letters = upperCase + lowerCase + digits
	const fair = 256 - 256%len(letters) // bytes from here on would favour some letters
	for {
		password := make([]byte, 0, passwordLength)
		for len(password) < passwordLength {
			var b [64]byte
			rand.Read(b[:])
			for _, c := range b {
				if int(c) < fair && len(password) < passwordLength {
					password = append(password, letters[int(c)%len(letters)])
				}
			}
		}
		if checkPassword(string(password)) == nil {
			return string(password)
		}
	}
}

// checkPassword applies the rules of CreateAccount (RDS API, AccountPassword).
func checkPassword(password string) error {
	kinds, known := 0, 0
	for _, kind := range []string{upperCase, lowerCase, digits, passwordSigns} {
		n := 0
		for i := range len(password) {
			if strings.IndexByte(kind, password[i]) >= 0 {
				n++
			}
		}
		if n > 0 {
			kinds++
		}
		known += n
	}
	if len(password) < 8 || len(password) > 32 || kinds < 3 || known != len(password) {
		return providers.Failf(providers.Invalid,
			"Password must have 8 to 32 characters of at least three kinds: upper-case letters, lower-case letters, digits, and %s.", passwordSigns)
	}
	return nil
}

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*[A-Za-z0-9]$`)

// checkUsername applies the rules of CreateAccount (RDS API, AccountName): 2 to
// 16 characters on MySQL 5.5 and 5.6, 2 to 32 from 5.7 on.
func checkUsername(name, engineVersion string) error {
	limit := 32
	if engineVersion == "5.5" || engineVersion == "5.6" {
		limit = 16
	}
	if len(name) > limit || !nameForm.MatchString(name) {
		return providers.Failf(providers.Invalid,
			"Username must have 2 to %d letters, digits and underscores, begin with a letter, and end with a letter or a digit.", limit)
	}
	return nil
}

// sameName compares as MySQL instances of RDS do: names must differ in more
// than their case.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }

func quoteList(items []string) string {
	const most = 10
	if len(items) > most {
		return strings.Join(items[:most], ", ") + ", ..."
	}
	return strings.Join(items, ", ")
}
