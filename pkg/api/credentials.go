package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"
)

// A User is a name and password of HTTP Basic authentication. It does not
// print its password.
type User struct {
	Name     string
	Password string
}

// String is the name alone.
func (u User) String() string { return u.Name + ":***" }

// GoString is the name alone.
func (u User) GoString() string { return u.String() }

// A Token is a bearer token. It does not print itself.
type Token string

// String is not the token.
func (Token) String() string { return "***" }

// GoString is not the token.
func (Token) GoString() string { return "***" }

type digest = [sha256.Size]byte

// credentials are the hashes of what is accepted. They never change: others
// take their place.
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

// anyEqual takes as long however much of what was sent is right.
func anyEqual(accepted []digest, sent string) bool {
	sum := sha256.Sum256([]byte(sent))
	found := 0
	for i := range accepted {
		found |= subtle.ConstantTimeCompare(accepted[i][:], sum[:])
	}
	return found == 1
}
