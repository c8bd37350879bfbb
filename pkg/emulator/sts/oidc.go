package sts

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Provider is an OIDC identity provider of the account; AssumeRoleWithOIDC
// accepts its tokens. With RRSA it belongs to a Kubernetes cluster.
type Provider struct {
	Name      string   `json:"name"`      // as in acs:ram::ACCOUNT:oidc-provider/NAME
	Issuer    string   `json:"issuer"`    // the tokens' iss
	ClientIDs []string `json:"clientIds"` // the tokens' aud has one of them
	// Keys is the provider's JSON Web Key Set, with RSA keys (RS256).
	Keys JWKS `json:"jwks"`
	// TrustAny accepts any signature, for clusters with unknown keys. Issuer,
	// audience and time are still checked.
	TrustAny bool `json:"trustAny"`
}

var providerARNs = regexp.MustCompile(`^acs:ram::([0-9]{16}):oidc-provider/(.{1,128})$`)

// The bounds of an OIDCToken, in characters.
const (
	minToken = 4
	maxToken = 20_000
)

// AddProvider adds an identity provider, or replaces the one of the same name.
func (s *Service) AddProvider(p Provider) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.providers = append(slices.DeleteFunc(s.providers, func(old Provider) bool { return old.Name == p.Name }), p)
}

func (s *Service) provider(name string) (Provider, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.providers, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, false
	}
	return s.providers[i], true
}

// unauthenticated is the answer to a token, provider or role that does not fit (A430,
// A431).
func unauthenticated(code, text string) *rpc.Error {
	return rpc.Errorf(http.StatusUnauthorized, "AuthenticationFail."+code, "%s", text)
}

// assumeRoleWithOIDC is AssumeRoleWithOIDC of the STS API.
func (s *Service) assumeRoleWithOIDC(r *rpc.Request) (any, *rpc.Error) {
	distrust := unauthenticated("NoPermission", "There is no permission")
	arn := providerARNs.FindStringSubmatch(r.Get("OIDCProviderArn"))
	if arn == nil {
		return nil, unauthenticated("NoPermission", "Parameter OIDCProviderArn is not valid")
	}
	q, fail := readSession(r)
	if fail != nil {
		return nil, fail
	}
	if arn[1] != s.accountID {
		return nil, distrust
	}
	provider, ok := s.provider(arn[2])
	if !ok {
		return nil, unauthenticated("NoPermission", "No such OIDC Provider registered.")
	}
	claims, fail := s.checkToken(provider, r.Get("OIDCToken"))
	if fail != nil {
		return nil, fail
	}
	a, fail := s.assume(q, cloud.Principal{
		Federated: arn[0], Origin: r.Caller.Origin,
		Facts: map[string][]string{"oidc:iss": {claims.Issuer}, "oidc:sub": {claims.Subject}, "oidc:aud": claims.Audience},
	}, distrust)
	if fail != nil {
		return nil, fail
	}
	type info struct{ Issuer, Subject, ClientIds, ExpirationTime, IssuanceTime, VerificationInfo string }
	return struct {
		assumed

		OIDCTokenInfo info
	}{*a, info{claims.Issuer, claims.Subject, strings.Join(claims.Audience, ","), claims.ExpiresAt.UTC().Format(time.RFC3339), issued(claims), "Success"}}, nil
}

// issued is the time at which a token was issued, if it says so.
func issued(claims jwt.RegisteredClaims) string {
	if claims.IssuedAt == nil {
		return ""
	}
	return claims.IssuedAt.UTC().Format(time.RFC3339)
}

// checkToken checks a token of the provider: its form, signature, issuer, audience and
// time, in the order of the codes' precedence.
func (s *Service) checkToken(p Provider, token string) (jwt.RegisteredClaims, *rpc.Error) {
	invalid := func(why string) *rpc.Error { return unauthenticated("OIDCToken.Invalid", why) }
	switch {
	case token == "":
		return jwt.RegisteredClaims{}, invalid("The OIDCToken can not empty.")
	case len(token) < minToken || len(token) > maxToken:
		return jwt.RegisteredClaims{}, invalid("The OIDCToken must have 4 to 20000 characters.")
	}
	claims, err := parseToken(token, p.Keys, p.TrustAny)
	if errors.Is(err, errSignature) {
		return claims, unauthenticated("OIDCToken.InvalidSignature", "OIDC token validate failed: invalid signature.")
	}
	if err != nil {
		return jwt.RegisteredClaims{}, invalid("This JsonWebToken is invalid: " + err.Error() + ".")
	}
	now := s.wall()
	switch {
	case claims.Issuer != p.Issuer:
		return claims, invalid("The issuer of this JsonWebToken is not the provider's.")
	case !slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(p.ClientIDs, a) }):
		return claims, unauthenticated("OIDCToken.AudienceNotMatch", "Invalid audience.")
	case claims.ExpiresAt == nil || !now.Before(claims.ExpiresAt.Time):
		return claims, unauthenticated("OIDCToken.Expired", "This JsonWebToken is expired.")
	case claims.NotBefore != nil && now.Before(claims.NotBefore.Time):
		return claims, invalid("This JsonWebToken is not valid yet.")
	}
	return claims, nil
}
