package dbaccount

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// The steps.
const (
	stepSuper         = "super-account"
	stepAccount       = "account"
	stepGrant         = "grant"
	stepDeleteAccount = "delete-account"
)

// The frozen requests of the steps. Passwords stay in the sealed plans, which
// are as lasting as requests.
type (
	// AccountRequest is the request of every step but grant.
	AccountRequest struct{ InstanceID, Name, Type, Description string }
	// GrantRequest is the request of grant.
	GrantRequest struct{ InstanceID, Name, Database, Privilege string }
)

// nextToMake returns the next step towards a binding that exists. The caller adds
// the credentials to Done.
func nextToMake(t providers.Task, p plan, server Server, s state) providers.Step {
	const making = "The database account is being created."
	a := s.account
	switch {
	case s.noInstance:
		return providers.FailStep(providers.Broken, "The database server is not there; delete the service instance.")
	case s.server.Host == "" || s.server.Port == "":
		return providers.WaitStep("server", providers.Slow, "The database server has no address yet.")
	case a == nil && t.Facts.Open[factSuper] != "" && s.super == nil:
		return effect.Once(s.asked, stepSuper, making, AccountRequest{InstanceID: s.server.ID, Name: server.SuperName, Type: Super, Description: server.SuperDescription})
	case a == nil && s.super != nil && s.super.Busy:
		return providers.WaitStep(stepSuper, providers.Quick, making)
	case a == nil:
		return effect.Once(s.asked, stepAccount, making, AccountRequest{InstanceID: s.server.ID, Name: p.Username, Type: Normal, Description: p.Description})
	case !p.owns(*a, t.Facts):
		return providers.FailStep(providers.Invalid, "The Username is in use on this instance; choose another, or leave it out.")
	case a.Busy:
		return providers.WaitStep(stepAccount, providers.Quick, making)
	case a.Grants[server.Database] != ReadWrite:
		return effect.Once(s.asked, stepGrant, "The database account is being given its rights.", GrantRequest{InstanceID: s.server.ID, Name: a.Name, Database: server.Database, Privilege: ReadWrite})
	}
	return providers.DoneStep(nil)
}

// nextToRemove deletes the account if it is ours.
func nextToRemove(t providers.Task, p plan, s state) providers.Step {
	const removing = "The database account is being removed."
	switch a := s.account; {
	case a == nil, !p.owns(*a, t.Facts):
		return providers.DoneStep(nil)
	case a.Busy:
		return providers.WaitStep(stepDeleteAccount, providers.Quick, removing)
	default:
		return effect.Once(s.asked, stepDeleteAccount, removing, AccountRequest{InstanceID: s.server.ID, Name: a.Name})
	}
}

func (k Kind) call(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	api := k.config.API(t.Region)
	if s.Name == stepGrant {
		var r GrantRequest
		if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, api.Grant(ctx, r)
	}
	var r AccountRequest
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	p, server, err := k.read(t)
	if err != nil {
		return providers.Facts{}, err
	}
	switch s.Name {
	case stepSuper:
		return providers.Facts{}, api.CreateAccount(ctx, r, server.SuperPassword)
	case stepAccount:
		err := api.CreateAccount(ctx, r, p.Password)
		switch {
		case err == nil:
			return open(factAccount, "true"), nil
		case api.NeedsSuper(err) && t.Facts.Open[factSuper] == "":
			return open(factSuper, "true"), nil // the account is still missing, and the reason is known
		}
		return providers.Facts{}, err
	case stepDeleteAccount:
		return providers.Facts{}, providers.UnlessMissing(api.DeleteAccount(ctx, r))
	}
	return providers.Facts{}, fmt.Errorf("there is no step %q", s.Name)
}
