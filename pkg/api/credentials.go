package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"
)

// A User is a name and password of HTTP Basic authentication. Printed, it hides
// the password.
type User struct {
	Name     string
	Password string
}

// String returns the name with a hidden password.
func (u User) String() string { return u.Name + ":***" }

// GoString returns the name with a hidden password.
func (u User) GoString() string { return u.String() }

// A Token is a bearer token. Printed, it hides itself.
type Token string

// String returns asterisks.
func (Token) String() string { return "***" }

// GoString returns asterisks.
func (Token) GoString() string { return "***" }

type digest = [sha256.Size]byte

// credentials are the hashes of accepted users and tokens. They are immutable;
// SetAccounts replaces them.
type credentials struct {
	basic  []digest // of name:password
	bearer []digest
}

func newCredentials(users []User, tokens []Token) (credentials, error) {
	var c credentials
	for _, u := range users {
		switch {
		case u.Name == "" || u.Password == "":
			return c, errors.New("a user has no name or no password")
		case strings.Contains(u.Name, ":"):
			return c, errors.New("a user's name has a colon, which HTTP Basic authentication cannot carry")
		}
		c.basic = append(c.basic, sha256.Sum256([]byte(u.Name+":"+u.Password)))
	}
	for _, t := range tokens {
		if t == "" {
			return c, errors.New("a token is empty")
		}
		c.bearer = append(c.bearer, sha256.Sum256([]byte(t)))
	}
	return c, nil
}

// anyEqual reports whether one of the hashes is that of the sent text. Its time is
// the same for every text, so that it tells an attacker nothing.
func anyEqual(accepted []digest, sent string) bool {
	sum := sha256.Sum256([]byte(sent))
	found := 0
	for i := range accepted {
		found |= subtle.ConstantTimeCompare(accepted[i][:], sum[:])
	}
	return found == 1
}
