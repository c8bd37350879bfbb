// Package password draws passwords and checks the ones of users. It is a
// package of its own since the database services of the cloud share their rules.
package password

import (
	"crypto/rand"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

const (
	drawn     = 28 // characters of a drawn password: 166 bits
	signs     = "!@#$%^&*()_+-="
	upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	digits    = "0123456789"
)

// New draws a password of letters and digits: three kinds of characters, as the
// rules ask, and each is plain to shells and in URIs.
func New() providers.Secret {
	const letters = upperCase + lowerCase + digits
	const fair = 256 - 256%len(letters) // bytes from here on would favour some letters
	for {
		password := make([]byte, 0, drawn)
		for len(password) < drawn {
			var b [64]byte
			rand.Read(b[:])
			for _, c := range b {
				if int(c) < fair && len(password) < drawn {
					password = append(password, letters[int(c)%len(letters)])
				}
			}
		}
		if Check(string(password)) == nil {
			return providers.Secret(password)
		}
	}
}

// Check applies the rules (RDS API, CreateAccount, AccountPassword). Its error
// is for the user.
func Check(password string) error {
	kinds, known := 0, 0
	for _, kind := range []string{upperCase, lowerCase, digits, signs} {
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
			"Password must have 8 to 32 characters of at least three kinds: upper-case letters, lower-case letters, digits, and %s.", signs)
	}
	return nil
}
