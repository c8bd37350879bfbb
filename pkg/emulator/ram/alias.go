package ram

import (
	"cmp"
	"net/http"
	"regexp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

var aliases = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`)

// setAccountAlias gives the account a name for its users' sign-in (RAM API,
// SetAccountAlias).
func (r *RAM) setAccountAlias(req *rpc.Request) (any, *rpc.Error) {
	alias, err := req.Require("AccountAlias")
	if err != nil {
		return nil, err
	}
	if len(alias) < 3 || len(alias) > 32 {
		return nil, rpc.Errorf(http.StatusBadRequest, "InvalidParameter.AccountAlias.Length", "The parameter %q must have 3 to 32 characters.", "AccountAlias")
	}
	if !aliases.MatchString(alias) {
		return nil, rpc.Errorf(http.StatusBadRequest, "InvalidParameter.AccountAlias.InvalidChars", "The parameter %q must have lower-case letters, digits and single hyphens.", "AccountAlias")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alias = alias
	return nil, nil
}

// getAccountAlias returns the alias. An account without one has its id (A364).
func (r *RAM) getAccountAlias(*rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return struct {
		AccountAlias string `json:"AccountAlias"`
	}{cmp.Or(r.alias, r.account)}, nil
}

// clearAccountAlias removes the alias (RAM API, ClearAccountAlias).
func (r *RAM) clearAccountAlias(*rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alias = ""
	return nil, nil
}
