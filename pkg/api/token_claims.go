package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// expiryLeeway is the difference of clocks for which an expired token is still
// sent to the API server.
const expiryLeeway = 5 * time.Minute

const serviceAccountPrefix = "system:serviceaccount:"

// claims are the members of a JWT that tell without its signature that the API
// server would refuse it.
type claims struct {
	Subject   string    `json:"sub"`
	Audiences audiences `json:"aud"`
	Expiry    *float64  `json:"exp"`
}

// audiences are a list, or the one text that a JWT may have instead.
type audiences []string

// UnmarshalJSON reads both forms.
func (a *audiences) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// claimsOf reads the claims of a JWT. The signature is left to the API server.
func claimsOf(token string) (claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}, errors.New("it has no three parts")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return claims{}, err
	}
	var c claims
	return c, json.Unmarshal(text, &c)
}

// isHopeless reports whether the API server would refuse the token for what it
// says of itself: it has expired, is for other audiences, or, where all accepted
// users are service accounts, is no JWT of one of them. A service account's token
// always is a JWT with its name as subject; other users may have tokens of any
// form.
func (t *TokenReviewer) isHopeless(token string) bool {
	c, err := claimsOf(token)
	if err != nil {
		return t.onlyServiceAccounts
	}
	switch {
	case c.Expiry != nil && t.config.Now().After(time.Unix(int64(*c.Expiry), 0).Add(expiryLeeway)):
		return true
	case len(t.config.Audiences) > 0 && len(c.Audiences) > 0 && !slices.ContainsFunc(c.Audiences, func(audience string) bool {
		return slices.Contains(t.config.Audiences, audience)
	}):
		return true // a token without audiences has the API server's
	}
	return t.onlyServiceAccounts && !slices.Contains(t.config.Users, c.Subject)
}
