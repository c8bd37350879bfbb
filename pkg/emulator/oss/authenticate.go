package oss

import (
	"cmp"
	"crypto/hmac"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// skew is the tolerated error of a signed request's time (OSS API, error
// RequestTimeTooSkewed).
const skew = 15 * time.Minute

const timeFormatV4 = "20060102T150405Z"

// An identity is the sender of a request; the zero value is anonymous.
type identity struct {
	cloud.Caller

	signed bool
}

// A signature is the claim of a signed request.
type signature struct {
	accessKeyID, value, token string
	region                    string // of V4, else empty
	// toSign builds the strings that the signature may be of; sign computes one.
	toSign func(target) []string
	sign   func(secret, toSign string) string
}

func (s *signature) isV1() bool { return s.region == "" }

// authenticate returns the sender of the request, and the address that the
// signature covers. An unsigned request is anonymous and has the first address.
func (s *Service) authenticate(r *http.Request, candidates []address) (identity, address, *apiError) {
	sig, refused := s.claimed(r)
	if refused != nil || sig == nil {
		return identity{}, candidates[0], refused
	}
	key, known := s.cfg.Keys.Key(sig.accessKeyID)
	switch {
	case !known, key.Token != "" && sig.token == "":
		return identity{}, candidates[0], errorf("InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.").
			with("OSSAccessKeyId", sig.accessKeyID)
	case !key.IsUsable(cloud.OriginOf(r)):
		return identity{}, candidates[0], errorf("InvalidAccessKeyId", "The OSS Access Key Id you provided is disabled.").
			with("OSSAccessKeyId", sig.accessKeyID).cause("0002-00000904")
	}
	var first string
	if candidates[0].ownDomain {
		candidates = append(candidates, s.ownDomains(r, key.Caller.AccountID)...)
	}
	for _, candidate := range candidates {
		toSign := sig.toSign(candidate.target)
		if first == "" {
			first = toSign[0]
		}
		if !slices.ContainsFunc(toSign, func(text string) bool {
			return hmac.Equal([]byte(sig.sign(key.Secret, text)), []byte(sig.value))
		}) {
			continue
		}
		switch {
		case sig.token != key.Token:
			return identity{}, candidate, errorf("InvalidSecurityToken", "The security token you provided is invalid.")
		case !key.Expires.IsZero() && !s.cfg.Clock.Now().Before(key.Expires):
			return identity{}, candidate, errorf("SecurityTokenExpired", "The security token you provided has expired.")
		}
		if sig.isV1() {
			if refused := s.refuseV1(candidate.bucket); refused != nil {
				return identity{}, candidate, refused
			}
		}
		if candidate.region != "" && sig.region != "" && candidate.region != sig.region {
			return identity{}, candidate, wrongSigningRegion(r)
		}
		candidate.signedRegion = sig.region
		key.Caller.AccessKeyID = sig.accessKeyID
		key.Caller.Origin = cloud.OriginOf(r)
		return identity{key.Caller, true}, candidate, nil
	}
	return identity{}, candidates[0], errorf("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.").
		with("OSSAccessKeyId", sig.accessKeyID).with("SignatureProvided", sig.value).
		with("StringToSign", first).with("StringToSignBytes", strings.TrimSpace(fmt.Sprintf("% X", first)))
}

// wrongSigningRegion refuses a signature V4 for another region than the endpoint's, or
// the bucket's (A066).
func wrongSigningRegion(r *http.Request) *apiError {
	if r.Header.Get("Authorization") != "" {
		return errorf("InvalidArgument", "Invalid signing region in Authorization header.").
			with("Authorization", r.Header.Get("Authorization")).cause("0002-00000226")
	}
	return errorf("InvalidArgument", "The signing region in credential is invalid.").
		with("x-oss-credential", r.URL.Query().Get("x-oss-credential")).cause("0002-00000228")
}

// claimed reads the signature of a request and checks its time; nil for an
// unsigned one.
func (s *Service) claimed(r *http.Request) (*signature, *apiError) {
	query := r.URL.Query()
	authorization := r.Header.Get("Authorization")
	switch {
	case strings.HasPrefix(authorization, algorithmV4+" "):
		return s.headerV4(r, strings.TrimPrefix(authorization, algorithmV4+" "))
	case strings.HasPrefix(authorization, "OSS "):
		return s.headerV1(r, query, strings.TrimPrefix(authorization, "OSS "))
	case authorization != "":
		return nil, errorf("InvalidArgument", "Authorization header is invalid.").with("ArgumentName", "Authorization")
	case query.Has("x-oss-signature-version"):
		return s.queryV4(r, query)
	case query.Has("OSSAccessKeyId"), query.Has("Signature"):
		return s.queryV1(r, query)
	}
	return nil, nil
}

func (s *Service) headerV1(r *http.Request, query url.Values, credentials string) (*signature, *apiError) {
	id, value, ok := strings.Cut(credentials, ":")
	if !ok || id == "" || value == "" {
		return nil, errorf("InvalidArgument", "Authorization header is invalid.").with("ArgumentName", "Authorization")
	}
	date := r.Header.Get("x-oss-date")
	if date == "" {
		date = r.Header.Get("Date")
	}
	at, err := parseDate(date)
	if err != nil {
		return nil, errorf("AccessDenied", "OSS authentication requires a valid Date.")
	}
	if refused := s.inTime(at, date); refused != nil {
		return nil, refused
	}
	token := cmp.Or(r.Header.Get("x-oss-security-token"), r.Header.Get("security-token")) // A212
	return s.v1(r, query, id, value, token, date), nil
}

func (s *Service) queryV1(r *http.Request, query url.Values) (*signature, *apiError) {
	id, value, expires := query.Get("OSSAccessKeyId"), query.Get("Signature"), query.Get("Expires")
	if id == "" || value == "" || expires == "" {
		return nil, errorf("AccessDenied", "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters.")
	}
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return nil, errorf("AccessDenied", "Invalid date (should be seconds since epoch): %s", expires)
	}
	if until := time.Unix(seconds, 0); s.now().After(until) {
		return nil, expired(until)
	}
	token := query.Get("security-token")
	query.Del("Signature") // the rest of them is no sub-resource
	return s.v1(r, query, id, value, token, expires), nil
}

func (s *Service) v1(r *http.Request, query url.Values, id, value, token, date string) *signature {
	return &signature{
		accessKeyID: id, value: value, token: token,
		toSign: func(t target) []string {
			texts := []string{stringToSignV1(r.Method, r.Header, date, query, t, s.table.covers)}
			if s.table.ambiguous(query) {
				texts = append(texts, stringToSignV1(r.Method, r.Header, date, query, t, s.table.selects))
			}
			return texts
		},
		sign: signV1,
	}
}

func (s *Service) headerV4(r *http.Request, fields string) (*signature, *apiError) {
	var credential, additional, value string
	for field := range strings.SplitSeq(fields, ",") {
		name, content, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			credential = content
		case "AdditionalHeaders":
			additional = content
		case "Signature":
			value = content
		}
	}
	datetime := r.Header.Get("x-oss-date")
	at, err := time.Parse(timeFormatV4, datetime)
	if datetime == "" {
		// The text of Date is signed as it is sent (A201).
		datetime = r.Header.Get("Date")
		at, err = parseDate(datetime)
	}
	if err != nil {
		return nil, errorf("AccessDenied", "OSS authentication requires a valid Date.")
	}
	if refused := s.inTime(at, datetime); refused != nil {
		return nil, refused
	}
	return s.v4(r, claimV4{credential, additional, value, r.Header.Get("x-oss-security-token"), datetime, at})
}

func (s *Service) queryV4(r *http.Request, query url.Values) (*signature, *apiError) {
	if version := query.Get("x-oss-signature-version"); version != algorithmV4 {
		return nil, errorf("InvalidArgument", "The signature version %s is not supported.", version)
	}
	datetime := query.Get("x-oss-date")
	at, err := time.Parse(timeFormatV4, datetime)
	if err != nil {
		return nil, errorf("InvalidArgument", "x-oss-date is invalid.")
	}
	seconds, err := strconv.Atoi(query.Get("x-oss-expires"))
	if err != nil || seconds < 1 || seconds > 7*24*3600 {
		return nil, errorf("InvalidArgument", "x-oss-expires must be between 1 and 604800 seconds.")
	}
	if until := at.Add(time.Duration(seconds) * time.Second); s.now().After(until) {
		return nil, expired(until)
	}
	if at.After(s.now().Add(skew)) {
		return nil, errorf("AccessDenied", "The request is not valid yet.")
	}
	for name := range strings.SplitSeq(query.Get("x-oss-additional-headers"), ";") {
		if name != "" && !strings.EqualFold(name, "host") && r.Header.Get(name) == "" {
			return nil, errorf("InvalidArgument", "The signed header %s is missing.", name) // A252
		}
	}
	return s.v4(r, claimV4{
		query.Get("x-oss-credential"), query.Get("x-oss-additional-headers"), query.Get("x-oss-signature"),
		query.Get("x-oss-security-token"), datetime, at,
	})
}

// A claimV4 has the fields of a signature V4, from the header Authorization or from
// the query.
type claimV4 struct {
	credential, additional, value, token string

	datetime string // as it is signed
	at       time.Time
}

func (s *Service) v4(r *http.Request, claim claimV4) (*signature, *apiError) {
	parts := strings.Split(claim.credential, "/")
	if len(parts) != 5 || parts[0] == "" || parts[3] != "oss" || parts[4] != scopeEndV4 || claim.value == "" {
		return nil, errorf("InvalidArgument", "The credential of the signature is invalid.").with("ArgumentName", "Credential")
	}
	scope := scopeV4{date: parts[1], region: parts[2]}
	if scope.date != claim.at.UTC().Format("20060102") {
		return nil, errorf("InvalidArgument", "The date of the credential does not match x-oss-date.").with("ArgumentName", "Credential")
	}
	if scope.region == "" {
		return nil, wrongSigningRegion(r)
	}
	header := r.Header
	var names []string
	if claim.additional != "" {
		names = strings.Split(strings.ToLower(claim.additional), ";")
		header = header.Clone()
		header.Set("Host", r.Host) // the server takes it out of the headers
		for _, name := range names {
			if header.Get(name) == "" {
				return nil, errorf("InvalidArgument", "An additional header of the signature is missing.").with("ArgumentName", name) // A214
			}
		}
	}
	return &signature{
		accessKeyID: parts[0], value: claim.value, token: claim.token, region: scope.region,
		toSign: func(t target) []string {
			return []string{stringToSignV4(r.Method, header, r.URL.RawQuery, t, names, claim.datetime, scope)}
		},
		sign: func(secret, toSign string) string { return signV4(secret, scope, toSign) },
	}, nil
}

// now is the time that signatures are compared with.
func (s *Service) now() time.Time { return s.cfg.Wall() }

func (s *Service) inTime(at time.Time, given string) *apiError {
	now := s.now()
	if off := now.Sub(at); off < -skew || off > skew {
		return errorf("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.").
			with("MaxAllowedSkewMilliseconds", strconv.FormatInt(skew.Milliseconds(), 10)).
			with("RequestTime", given).with("ServerTime", xmlTime(now))
	}
	return nil
}

func expired(until time.Time) *apiError {
	return errorf("AccessDenied", "Request has expired.").with("Expires", xmlTime(until))
}
