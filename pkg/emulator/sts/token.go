package sts

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// A JWKS is a JSON Web Key Set (RFC 7517) as a provider publishes it.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// A JWK is a public RSA key of a set; keys of other types are skipped.
type JWK struct {
	KeyType  string `json:"kty"`
	ID       string `json:"kid"`
	Modulus  string `json:"n"` // base64url
	Exponent string `json:"e"` // base64url
}

// UnmarshalJSON reads a key and ignores the members that a set has beside (use, alg and
// those of other types), also where a reader is strict.
func (k *JWK) UnmarshalJSON(b []byte) error {
	type plain JWK
	return json.Unmarshal(b, (*plain)(k))
}

// errSignature says that none of the provider's keys has signed a token.
var errSignature = errors.New("invalid signature")

// parseToken reads a JSON Web Token (RFC 7519) and verifies its RS256 signature
// (errSignature), unless any signature is trusted. Its claims are left to the caller to
// check.
func parseToken(token string, keys JWKS, trustAny bool) (jwt.RegisteredClaims, error) {
	var claims jwt.RegisteredClaims
	if trustAny {
		_, _, err := jwt.NewParser().ParseUnverified(token, &claims)
		return claims, err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithoutClaimsValidation())
	parsed, err := parser.ParseWithClaims(token, &claims, keys.find)
	if err != nil && parsed != nil && parsed.Method == jwt.SigningMethodRS256 && errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		err = errSignature
	}
	return claims, err
}

// find returns the keys that can have signed a token: the ones with its key id,
// or all if the token has no key id.
func (s JWKS) find(token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	var found jwt.VerificationKeySet
	for _, k := range s.Keys {
		if k.KeyType != "RSA" || id != "" && k.ID != id {
			continue
		}
		public, err := k.public()
		if err != nil {
			return nil, err
		}
		found.Keys = append(found.Keys, public)
	}
	if len(found.Keys) == 0 {
		return nil, jwt.ErrTokenSignatureInvalid
	}
	return found, nil
}

func (k JWK) public() (*rsa.PublicKey, error) {
	n, errN := base64.RawURLEncoding.DecodeString(k.Modulus)
	e, errE := base64.RawURLEncoding.DecodeString(k.Exponent)
	if err := errors.Join(errN, errE); err != nil {
		return nil, fmt.Errorf("the provider's key %q is malformed: %w", k.ID, err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}
