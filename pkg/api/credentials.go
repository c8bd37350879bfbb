package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
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

// credentials are the hashes of what is accepted.
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
	if len(c.basic)+len(c.bearer) == 0 {
		return c, errors.New("there are no users and no tokens: nobody could use the broker")
	}
	return c, nil
}

// allow reports whether the request carries accepted credentials (AUTH-01,
// AUTH-03). The time it takes does not depend on how much of them is right.
func (c credentials) allow(r *http.Request) bool {
	if name, password, ok := r.BasicAuth(); ok {
		return anyEqual(c.basic, name+":"+password)
	}
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return anyEqual(c.bearer, token)
	}
	return false
}

// challenges are the values of WWW-Authenticate.
func (c credentials) challenges() []string {
	const realm = ` realm="open service broker"`
	var challenges []string
	if len(c.basic) > 0 {
		challenges = append(challenges, "Basic"+realm)
	}
	if len(c.bearer) > 0 {
		challenges = append(challenges, "Bearer"+realm)
	}
	return challenges
}

func anyEqual(accepted []digest, sent string) bool {
	sum := sha256.Sum256([]byte(sent))
	found := 0
	for i := range accepted {
		found |= subtle.ConstantTimeCompare(accepted[i][:], sum[:])
	}
	return found == 1
}
