package sts

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// A JWKS is a JSON Web Key Set (RFC 7517) as a provider publishes it.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// A JWK is a public RSA key of a set; other kinds of key are passed over.
type JWK struct {
	KeyType  string `json:"kty"`
	ID       string `json:"kid"`
	Modulus  string `json:"n"` // base64url
	Exponent string `json:"e"` // base64url
}

// tokenClaims are the claims that are checked.
type tokenClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	Expires   int64    `json:"exp"`
	NotBefore int64    `json:"nbf"`
}

func (c tokenClaims) clientIDs() string { return strings.Join(c.Audience, ",") }

// audience is one name or a list of them.
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// parseToken reads a JSON Web Token (RFC 7519) and verifies its RS256
// signature, unless any is trusted.
func parseToken(token string, keys JWKS, trustAny bool) (tokenClaims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return tokenClaims{}, errors.New("it does not have three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return tokenClaims{}, err
	}
	if !trustAny {
		if header.Algorithm != "RS256" {
			return tokenClaims{}, fmt.Errorf("its algorithm is %q, not RS256", header.Algorithm)
		}
		if err := verifyRS256(parts, keys, header.KeyID); err != nil {
			return tokenClaims{}, err
		}
	}
	var claims tokenClaims
	err := decodePart(parts[1], &claims)
	return claims, err
}

func decodePart(part string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errors.New("a part is not base64url")
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errors.New("a part is not the JSON that it should be")
	}
	return nil
}

func verifyRS256(parts []string, keys JWKS, keyID string) error {
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return errors.New("its signature is not base64url")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	for _, k := range keys.Keys {
		if k.KeyType != "RSA" || keyID != "" && k.ID != keyID {
			continue
		}
		public, err := k.public()
		if err != nil {
			return err
		}
		if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil {
			return nil
		}
	}
	return errors.New("no key of the provider has signed it")
}

func (k JWK) public() (*rsa.PublicKey, error) {
	n, errN := base64.RawURLEncoding.DecodeString(k.Modulus)
	e, errE := base64.RawURLEncoding.DecodeString(k.Exponent)
	if err := errors.Join(errN, errE); err != nil {
		return nil, fmt.Errorf("the provider's key %q is malformed: %w", k.ID, err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}
