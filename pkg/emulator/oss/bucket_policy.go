package oss

import (
	"encoding/json"
	"encoding/xml"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxPolicy limits a bucket policy (OSS documentation, "Bucket policies").
const maxPolicy = 16 << 10

// A bucketPolicy is a policy document on a bucket.
type bucketPolicy struct {
	Version   string
	Statement []bucketStatement
}

// A bucketStatement is one rule of it. A value is one word or a list.
type bucketStatement struct {
	Effect       string
	Action       words
	NotAction    words
	Principal    words
	NotPrincipal words
	Resource     words
	NotResource  words
	Condition    map[string]map[string]words
	Sid          string
}

// words are one JSON string, or a list of strings.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// parsePolicy reads a policy document and checks its form (OSS API,
// PutBucketPolicy).
func parsePolicy(body []byte) (bucketPolicy, *apiError) {
	var policy bucketPolicy
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	bad := errorf("InvalidPolicyDocument", "The content of the policy is invalid.")
	if err := decoder.Decode(&policy); err != nil || decoder.More() || len(body) > maxPolicy || policy.Version != "1" || len(policy.Statement) == 0 {
		return policy, bad
	}
	for _, s := range policy.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" || len(s.Action)+len(s.NotAction) == 0 || len(s.Resource)+len(s.NotResource) == 0 {
			return policy, bad
		}
		for _, action := range slices.Concat(s.Action, s.NotAction) {
			if action != "*" && !strings.HasPrefix(action, "oss:") {
				return policy, bad
			}
		}
		for _, resource := range slices.Concat(s.Resource, s.NotResource) {
			if resource != "*" && !strings.HasPrefix(resource, "acs:oss:") {
				return policy, bad
			}
		}
	}
	return policy, nil
}

// isPublic reports whether a statement of the policy is public.
func (p bucketPolicy) isPublic() bool {
	return slices.ContainsFunc(p.Statement, bucketStatement.isPublic)
}

// isPublic reports whether the statement allows something to all accounts without a
// fixed condition; one without a principal is for all, too (A269; OSS
// documentation, "Block Public Access").
func (s bucketStatement) isPublic() bool {
	return s.Effect == "Allow" && s.isForAll() && !s.isConfined()
}

// isForAll reports whether the statement is for all principals.
func (s bucketStatement) isForAll() bool {
	return len(s.Principal) == 0 || slices.Contains(s.Principal, "*")
}

// isConfined reports whether a condition fixes the network or the key of the
// caller: a VPC, an access key, or addresses of at most a /8, of IPv6 a /32.
func (s bucketStatement) isConfined() bool {
	for operator, conditions := range s.Condition {
		if strings.Contains(operator, "Not") {
			continue
		}
		for key, values := range conditions {
			switch key {
			case "acs:SourceVpc", "acs:SourceVpcId", "acs:AccessId":
				if !slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "*") }) {
					return true
				}
			case "acs:SourceIp":
				if !slices.ContainsFunc(values, isWide) {
					return true
				}
			}
		}
	}
	return false
}

// isWide reports whether a network is wider than a /8, of IPv6 than a /32.
func isWide(network string) bool {
	address, mask, found := strings.Cut(network, "/")
	ip := net.ParseIP(address)
	if !found || ip == nil {
		return ip == nil
	}
	bits, err := strconv.Atoi(mask)
	least := 32
	if ip.To4() != nil {
		least = 8
	}
	return err != nil || bits < least
}

// putBucketPolicy keeps a policy on a bucket. Where public access is blocked, a
// public one is refused (OSS API, PutBucketPolicy; OSS documentation, "Block Public
// Access").
func (s *Service) putBucketPolicy(r *request) (*response, *apiError) {
	policy, refused := parsePolicy(r.body)
	if refused != nil {
		return nil, refused
	}
	if r.bucket.isBlocked() && policy.isPublic() {
		return nil, errorf("AccessDenied", "Put public bucket policy is not allowed.")
	}
	r.bucket.keep(documentPolicy, string(r.body))
	return newResponse(http.StatusOK), nil
}

// getBucketPolicy returns the policy as it was put (OSS API, GetBucketPolicy).
func (s *Service) getBucketPolicy(r *request) (*response, *apiError) {
	policy, there := r.bucket.documents[documentPolicy]
	if !there {
		return nil, errorf("NoSuchBucketPolicy", "The bucket policy does not exist.").with("BucketName", r.bucket.name)
	}
	answer := newResponse(http.StatusOK)
	answer.header.Set("Content-Type", "application/json")
	answer.body = []byte(policy)
	return answer, nil
}

// deleteBucketPolicy removes the policy, also if there is none (OSS API,
// DeleteBucketPolicy).
func (s *Service) deleteBucketPolicy(r *request) (*response, *apiError) {
	r.bucket.keep(documentPolicy, "")
	return newResponse(http.StatusNoContent), nil
}

// getBucketPolicyStatus reports whether the policy is public (OSS API,
// GetBucketPolicyStatus).
func (s *Service) getBucketPolicyStatus(r *request) (*response, *apiError) {
	parsed, _ := parsePolicy([]byte(r.bucket.documents[documentPolicy])) // was checked when it was put; none is not public (A275)
	return xmlResponse(struct {
		XMLName  xml.Name `xml:"PolicyStatus"`
		IsPublic bool
	}{IsPublic: parsed.isPublic()})
}
