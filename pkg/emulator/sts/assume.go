package sts

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const (
	minDuration     = 15 * time.Minute
	defaultDuration = time.Hour
	maxPolicy       = 2048 // characters
)

var (
	roleARNs    = regexp.MustCompile(`^acs:ram::([0-9]{16}):role/([A-Za-z0-9.-]{1,64})$`)
	sessions    = regexp.MustCompile(`^[A-Za-z0-9.@_-]{2,64}$`)
	externalIDs = regexp.MustCompile(`^[A-Za-z0-9=,.@:/_-]{2,}$`) // and at most 1,224
)

// roleResource is the role on which RAM authorises AssumeRole. A malformed role
// is left to the check of the parameter.
func roleResource(r *rpc.Request) string {
	if arn := r.Get("RoleArn"); roleARNs.MatchString(arn) {
		return arn
	}
	return "*"
}

// A sessionRequest has the common parameters of AssumeRole and
// AssumeRoleWithOIDC.
type sessionRequest struct {
	account, role, session, policy string
	source                         string        // SourceIdentity of AssumeRole
	life                           time.Duration // as requested
}

func readSession(r *rpc.Request) (q sessionRequest, fail *rpc.Error) {
	arn := roleARNs.FindStringSubmatch(r.Get("RoleArn"))
	if arn == nil {
		return q, bad("InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
	}
	q.account, q.role = arn[1], arn[2]
	if q.session = r.Get("RoleSessionName"); !sessions.MatchString(q.session) {
		return q, bad("InvalidParameter.RoleSessionName", "The parameter RoleSessionName is wrongly formed.")
	}
	seconds, fail := r.Int("DurationSeconds", int(defaultDuration/time.Second))
	if q.life = time.Duration(seconds) * time.Second; fail != nil || q.life < minDuration {
		return q, badDuration()
	}
	if q.policy = r.Get("Policy"); len(q.policy) > maxPolicy {
		return q, bad("InvalidParameter.PolicySize", "The size of Policy must be smaller than %d bytes.", maxPolicy)
	}
	if q.policy != "" && !isPolicy(q.policy) {
		return q, bad("InvalidParameter.PolicyGrammar", "The parameter Policy has not passed grammar check.")
	}
	return q, nil
}

func badDuration() *rpc.Error {
	return bad("InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/MaxSessionDuration of the role.")
}

func noPermission() *rpc.Error {
	return rpc.Errorf(http.StatusForbidden, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
}

// assume issues a key for a role that exists and trusts the principal; distrust
// is the answer for a role that does not trust it.
func (s *Service) assume(q sessionRequest, p cloud.Principal, distrust *rpc.Error) (*assumed, *rpc.Error) {
	if q.account != s.accountID { // roles of other accounts trust only their own account
		return nil, distrust
	}
	role, exists, trusted := s.roles.AssumableRole(q.role, p)
	switch {
	case !exists:
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Role", "The role not exists: %s.", q.role)
	case !trusted:
		return nil, distrust
	case q.life > role.MaxSession:
		return nil, badDuration()
	}
	c := s.issue(role, q.session, q.policy, q.life)
	a := &assumed{SourceIdentity: q.source}
	a.Credentials.AccessKeyId, a.Credentials.AccessKeySecret, a.Credentials.SecurityToken = c.AccessKeyID, c.AccessKeySecret, c.SecurityToken
	a.Credentials.Expiration = c.Expiration.Format(time.RFC3339)
	a.AssumedRoleUser.Arn, a.AssumedRoleUser.AssumedRoleId = s.sessionARN(role.Name, q.session), role.ID+":"+q.session
	return a, nil
}

// assumed is the answer of AssumeRole.
type assumed struct {
	Credentials     struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration string }
	AssumedRoleUser struct{ Arn, AssumedRoleId string }
	SourceIdentity  string `json:",omitempty"`
}

// assumeRole is AssumeRole of the STS API. It refuses the account's own key
// ("How to handle the common errors when you access OSS by using STS").
func (s *Service) assumeRole(r *rpc.Request) (any, *rpc.Error) {
	if r.Caller.Kind == cloud.Account {
		return nil, rpc.Errorf(http.StatusForbidden, "NoPermission", "Roles may not be assumed by root accounts.")
	}
	q, fail := readSession(r)
	if fail != nil {
		return nil, fail
	}
	if q.source = r.Get("SourceIdentity"); q.source != "" && (!sessions.MatchString(q.source) || strings.HasPrefix(q.source, "acs:")) {
		return nil, bad("InvalidParameter.SourceIdentity", "The parameter SourceIdentity is wrongly formed.")
	}
	principal := cloud.Principal{
		RAM:    []string{r.Caller.ARN, "acs:ram::" + r.Caller.AccountID + ":root"},
		Origin: r.Caller.Origin,
		Facts:  map[string][]string{},
	}
	if r.Caller.Kind == cloud.Role {
		principal.RAM[0] = "acs:ram::" + r.Caller.AccountID + ":role/" + r.Caller.Name
	}
	if id := r.Get("ExternalId"); r.Has("ExternalId") {
		if len(id) > 1224 || !externalIDs.MatchString(id) {
			return nil, bad("InvalidParameter.ExternalId", "The parameter ExternalId is wrongly formed.")
		}
		principal.Facts["sts:ExternalId"] = []string{id}
	}
	if q.source != "" {
		principal.Facts["sts:SourceIdentity"] = []string{q.source}
	}
	return answer(s.assume(q, principal, noPermission()))
}

// answer gives an action's result its type.
func answer(a *assumed, fail *rpc.Error) (any, *rpc.Error) {
	if fail != nil {
		return nil, fail
	}
	return a, nil
}

func bad(code, format string, args ...any) *rpc.Error {
	return rpc.Errorf(http.StatusBadRequest, code, format, args...)
}

// isPolicy reports whether a document has the outer form of a policy: a Statement
// (ali-oss's integration tests send Statements, which is refused).
func isPolicy(document string) bool {
	var policy struct{ Statement json.RawMessage }
	return json.Unmarshal([]byte(document), &policy) == nil && len(policy.Statement) > 0
}
