package ram

import (
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// AddForeignKey adds an access key of another account. It may do everything with
// the resources of its own account, of which RAM has none: users and policies of
// the emulator's account are unknown to it.
func (r *RAM) AddForeignKey(id, secret, accountID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = cloud.Key{Secret: secret, Active: true, Caller: cloud.Caller{
		AccountID: accountID, AccessKeyID: id, Kind: cloud.Account, ARN: "acs:ram::" + accountID + ":root",
	}}
}

// foreignAllowed decides for callers of other accounts, which are accounts
// themselves: each may do everything with its own resources.
func foreignAllowed(caller cloud.Caller, resource string) bool {
	parts := strings.SplitN(resource, ":", 5)
	return caller.Kind == cloud.Account && caller.AccountID != "" && len(parts) == 5 && parts[3] == caller.AccountID
}

// ownResources serves callers of other accounts from their own RAM, which is
// empty. Calls that would make something there are unknown to the emulator.
func (r *RAM) ownResources(name string, a rpc.Action) rpc.Action {
	do, resource := a.Do, a.Resource
	a.Resource = func(req *rpc.Request) string {
		if r.isForeign(req) {
			return "acs:ram:*:" + req.Caller.AccountID + ":*"
		}
		return resource(req)
	}
	a.Do = func(req *rpc.Request) (any, *rpc.Error) {
		switch {
		case !r.isForeign(req):
			return do(req)
		case a.ReadOnly, strings.HasPrefix(name, "Delete"), strings.HasPrefix(name, "Detach"):
			return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.User", "The account %s has no users and policies.", req.Caller.AccountID)
		}
		return nil, rpc.Unsupported("RamOfAnotherAccount")
	}
	return a
}

func (r *RAM) isForeign(req *rpc.Request) bool {
	return req.Caller.AccountID != "" && req.Caller.AccountID != r.account
}
