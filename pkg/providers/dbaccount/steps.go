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
	stepPassword      = "set-password" // of an account that was locked
	stepGrant         = "grant"
	stepLock          = "lock-account"
	stepDeleteAccount = "delete-account"
	stepDeleteLocked  = "delete-locked-account" // of another binding, to make room
)

// The frozen requests of the steps. A binding's password stays in the sealed plan,
// which is as lasting as requests.
type (
	// AccountRequest is the request of every step but grant and lock-account.
	AccountRequest struct{ InstanceID, Name, Type, Description string }
	// GrantRequest is the request of grant.
	GrantRequest struct{ InstanceID, Name, Database, Privilege string }
)

// nextToMake returns the next step towards a binding that exists. The caller adds
// the credentials to Done.
func nextToMake(t providers.Task, p plan, server Server, s state) providers.Step {
	const making = "The database account is being created."
	a, account := s.account, listedAccount(t, p.Username)
	switch {
	case s.noInstance:
		return providers.FailStep(providers.Broken, "The database server is not there; delete the service instance.")
	case s.server.Host == "" || s.server.Port == "":
		return providers.WaitStep("server", providers.Slow, "The database server has no address yet.")
	case account != nil && !account.isLocked() && !holds(t, p):
		return inUse() // another binding has it again
	case a == nil && t.Facts.Open[factSuper] != "" && s.super == nil:
		return effect.Once(s.asked, stepSuper, making, AccountRequest{InstanceID: s.server.ID, Name: server.SuperName, Type: Super, Description: server.SuperDescription})
	case a == nil && s.super != nil && s.super.Busy:
		return providers.WaitStep(stepSuper, providers.Quick, making)
	case a == nil:
		return nextToCreate(t, p, s, making)
	case !s.own && p.Chosen && account.isFound(a) && a.Name == p.Username:
		return nextToTake(p, s)
	case !s.own:
		return inUse()
	case p.hasTaken(*a, t) && t.Facts.Open[factPassword] == "":
		return nextToTake(p, s)
	case a.Busy:
		return providers.WaitStep(stepAccount, providers.Quick, making)
	case a.Grants[server.Database] != ReadWrite:
		return effect.Once(s.asked, stepGrant, "The database account is being given its rights.", GrantRequest{InstanceID: s.server.ID, Name: a.Name, Database: server.Database, Privilege: ReadWrite})
	}
	return providers.DoneStep(nil)
}

func inUse() providers.Step {
	return providers.FailStep(providers.Invalid, "The Username is in use on this instance; choose another, or leave it out.")
}

func (k Kind) call(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	p, server, err := k.read(t)
	if err != nil {
		return providers.Facts{}, err
	}
	api, err := k.config.API(*t.Of)
	if err != nil {
		return providers.Facts{}, err
	}
	switch s.Name {
	case stepGrant:
		var r GrantRequest
		if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, api.Grant(ctx, r)
	case stepLock:
		var r PasswordRequest
		if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
			return providers.Facts{}, err
		}
		return onSuccess(lockedFact(t, p), api.SetPassword(ctx, AccountRequest{InstanceID: r.InstanceID, Name: r.Name}, r.Password))
	}
	var r AccountRequest
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	switch s.Name {
	case stepSuper:
		return providers.Facts{}, api.CreateAccount(ctx, r, server.SuperPassword)
	case stepAccount:
		return create(ctx, api, t, r, p.Password)
	case stepPassword:
		return onSuccess(open(factPassword, "true"), api.SetPassword(ctx, r, p.Password))
	case stepDeleteLocked:
		room := open(factRemoved, r.Name).Merge(open(factFull, ""))
		return onSuccess(room, providers.UnlessMissing(api.DeleteAccount(ctx, r)))
	case stepDeleteAccount:
		return providers.Facts{}, providers.UnlessMissing(api.DeleteAccount(ctx, r))
	}
	return providers.Facts{}, fmt.Errorf("there is no step %q", s.Name)
}

// create makes the account of the binding. Two refusals are answers: the account is
// still missing, and the reason is known.
func create(ctx context.Context, api API, t providers.Task, r AccountRequest, password providers.Secret) (providers.Facts, error) {
	err := api.CreateAccount(ctx, r, password)
	made, hasRoom := open(factAccount, "true"), open(factRemoved, "")
	switch {
	case err != nil && api.NeedsSuper(err) && t.Facts.Open[factSuper] == "":
		return open(factSuper, "true"), nil
	case err != nil && api.IsFull(err) && oldestLocked(t) != nil:
		return open(factFull, "true").Merge(hasRoom), nil
	case err != nil:
		return providers.Facts{}, err
	case t.Facts.Open[factFull] != "" || t.Facts.Open[factRemoved] != "":
		return made.Merge(hasRoom).Merge(open(factFull, "")), nil
	}
	return made, nil
}

// onSuccess returns the facts of a successful call.
func onSuccess(facts providers.Facts, err error) (providers.Facts, error) {
	if err != nil {
		return providers.Facts{}, err
	}
	return facts, nil
}
