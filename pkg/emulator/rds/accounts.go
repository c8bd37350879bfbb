package rds

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const superAccount, normalAccount = "Super", "Normal"

// An account is a database account. Its password is kept for the new server of
// a restarted emulator, and stays hidden.
type account struct {
	name, kind, description string
	password                string
	since                   time.Time // when it came to be
	until                   time.Time // Unavailable until then, or deleted then
	leaving                 bool
	locked                  bool
	grants                  []grant
}

// status returns the API's name of the account's state.
func (a *account) status(now time.Time) string {
	switch {
	case a.leaving || now.Before(a.until):
		return "Unavailable"
	case a.locked:
		return "Lock"
	default:
		return "Available"
	}
}

func (in *instance) account(name string) *account {
	for _, a := range in.accounts {
		if a.name == name {
			return a
		}
	}
	return nil
}

// createAccount is CreateAccount of the RDS API. Without a ClientToken a
// repetition is InvalidAccountName.Duplicate.
func (s *Service) createAccount(r *rpc.Request) (any, *rpc.Error) {
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	a, fail := s.addAccount(r, in)
	if fail != nil || server == nil {
		return nil, fail
	}
	if err := server.CreateAccount(r.Context, a.name, r.Get("AccountPassword"), a.kind == superAccount); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		in.accounts = slices.DeleteFunc(in.accounts, func(b *account) bool { return a == b })
		return nil, bad("Account.AddError", "The account could not be created: %v", err)
	}
	return nil, nil
}

// workOn finds the running instance of a request that changes its accounts or
// databases. Other such requests wait until done is called. server is nil
// without an engine.
func (s *Service) workOn(r *rpc.Request) (in *instance, server engine.Server, done func(), fail *rpc.Error) {
	s.mu.Lock()
	in, fail = s.findRunning(r, unknownID())
	s.mu.Unlock()
	if fail != nil {
		return nil, nil, nil, fail
	}
	in.work.Lock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, fail = s.findRunning(r, unknownID()); fail != nil { // it may have been deleted meanwhile
		in.work.Unlock()
		return nil, nil, nil, fail
	}
	return in, in.server, in.work.Unlock, nil
}

func (s *Service) addAccount(r *rpc.Request, in *instance) (*account, *rpc.Error) {
	a := &account{name: strings.Clone(r.Get("AccountName")), kind: strings.Clone(r.Get("AccountType")), description: strings.Clone(r.Get("AccountDescription")), since: r.Now, until: r.Now.Add(s.profile.Account)}
	if a.kind == "" {
		a.kind = normalAccount
	}
	for _, name := range []string{"AccountName", "AccountPassword"} {
		if _, fail := r.Require(name); fail != nil {
			return nil, fail
		}
	}
	if fail := checkAccountName(a.name, in.engine, in.version, in.storageType); fail != nil {
		return nil, fail
	}
	if !validPassword(r.Get("AccountPassword")) {
		return nil, badPassword()
	}
	if a.description != "" && !validDescription(a.description) {
		return nil, badAccountDescription()
	}
	if a.kind == "Sysadmin" || a.kind == "GlobalRO" {
		return nil, rpc.Unsupported("CreateAccount.AccountType")
	}
	if a.kind != normalAccount && a.kind != superAccount {
		return nil, bad("InvalidAccountType.Format", "AccountType is Normal or Super.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hasSuper := false
	for _, b := range in.accounts {
		hasSuper = hasSuper || b.kind == superAccount
		if in.conflict(a, b) {
			return nil, takenAccount()
		}
	}
	onlySuper := a.kind == superAccount && hasSuper && in.engine != postgreSQL // which has as many as it wants
	if onlySuper || over(len(in.accounts)+1, s.behaviour.Quotas.Accounts) {
		return nil, rpc.Errorf(http.StatusForbidden, "AccountLimitExceeded", "The instance has as many accounts of this type as it may have.")
	}
	if a.kind == normalAccount && !hasSuper && s.behaviour.FirstAccountSuper {
		return nil, bad("InvalidAccountType.Format", "The first account of the instance must be a Super account.")
	}
	a.password = strings.Clone(r.Get("AccountPassword"))
	in.accounts = append(in.accounts, a)
	return a, nil
}

// deleteAccount is DeleteAccount of the RDS API. A locked account can be deleted too
// ("Lock an account", RDS for PostgreSQL). An account of PostgreSQL that owns a
// database or an object stays (A331).
func (s *Service) deleteAccount(r *rpc.Request) (any, *rpc.Error) {
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	a, fail := s.findAccountIn(r, in, "Available", "Lock")
	if fail != nil {
		return nil, fail
	}
	if in.engine == postgreSQL && s.owns(a) {
		return nil, ownerOfSomething()
	}
	if server != nil {
		if err := server.DropAccount(r.Context, a.name); errors.Is(err, engine.ErrOwnsObjects) {
			return nil, ownerOfSomething()
		} else if err != nil {
			return nil, databaseError(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.leaving, a.until, a.grants = true, r.Now.Add(s.profile.Account), nil
	return nil, nil
}

// owns reports whether an account has a database.
func (s *Service) owns(a *account) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(a.grants) > 0
}

func ownerOfSomething() *rpc.Error {
	return rpc.Errorf(http.StatusUnauthorized, "AccountActionForbidden", "Some objects depend on account.")
}

// findAccount returns the account named by AccountName, which must be
// Available. The caller holds the instance's work and releases mu.
func (s *Service) findAccount(r *rpc.Request, in *instance) (*account, *rpc.Error) {
	return s.findAccountIn(r, in, "Available")
}

// findAccountIn is findAccount for calls that need it in one of other states.
func (s *Service) findAccountIn(r *rpc.Request, in *instance, want ...string) (*account, *rpc.Error) {
	name, fail := r.Require("AccountName")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := in.account(name)
	if a == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidAccountName.NotFound", "The account does not exist.")
	}
	if !slices.Contains(want, a.status(r.Now)) {
		return nil, bad("IncorrectAccountStatus", "The account is not available now.")
	}
	return a, nil
}

func databaseError(err error) *rpc.Error {
	return bad("Database.ConnectError", "The database refused: %v", err)
}
