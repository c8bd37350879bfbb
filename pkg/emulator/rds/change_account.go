package rds

import (
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// resetAccountPassword is ResetAccountPassword of the RDS API.
func (s *Service) resetAccountPassword(r *rpc.Request) (any, *rpc.Error) {
	return s.setPassword(r, func(*instance, *account) *rpc.Error { return nil })
}

// resetAccount is ResetAccount of the RDS API: it sets a new password of a
// Super account and restores its privileges. In the emulator the privileges are
// always whole. The page excludes PostgreSQL.
func (s *Service) resetAccount(r *rpc.Request) (any, *rpc.Error) {
	return s.setPassword(r, func(in *instance, a *account) *rpc.Error {
		if in.engine == postgreSQL {
			return unfitEngine()
		}
		if a.kind != superAccount {
			return rpc.Errorf(http.StatusForbidden, "IncorrectAccountType", "The type of the account does not support this.")
		}
		return nil
	})
}

func (s *Service) setPassword(r *rpc.Request, check func(*instance, *account) *rpc.Error) (any, *rpc.Error) {
	password, fail := r.Require("AccountPassword")
	if fail != nil {
		return nil, fail
	}
	if !validPassword(password) {
		return nil, badPassword()
	}
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	a, fail := s.findAccount(r, in)
	if fail != nil {
		return nil, fail
	}
	if fail := check(in, a); fail != nil {
		return nil, fail
	}
	if server != nil {
		if err := server.SetPassword(r.Context, a.name, password); err != nil {
			return nil, databaseError(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.password = strings.Clone(password)
	return nil, nil
}

// modifyAccountDescription is ModifyAccountDescription of the RDS API.
func (s *Service) modifyAccountDescription(r *rpc.Request) (any, *rpc.Error) {
	description, fail := r.Require("AccountDescription")
	if fail != nil {
		return nil, fail
	}
	if !validDescription(description) {
		return nil, badAccountDescription()
	}
	in, fail := s.describable(r)
	if fail != nil {
		return nil, fail
	}
	a, fail := s.findAccount(r, in)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.description = strings.Clone(description)
	return nil, nil
}

// lockAccount is LockAccount of the RDS API.
func (s *Service) lockAccount(r *rpc.Request) (any, *rpc.Error) {
	return nil, s.setLock(r, "Available", true)
}

// unlockAccount is UnlockAccount of the RDS API.
func (s *Service) unlockAccount(r *rpc.Request) (any, *rpc.Error) {
	return nil, s.setLock(r, "Lock", false)
}

// setLock locks or unlocks an account in a given state. PostgreSQL alone has
// locks.
func (s *Service) setLock(r *rpc.Request, state string, locked bool) *rpc.Error {
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return fail
	}
	defer done()
	if in.engine != postgreSQL {
		return unfitEngine()
	}
	a, fail := s.findAccountIn(r, in, state)
	if fail != nil {
		return fail
	}
	if server != nil {
		if err := server.LockAccount(r.Context, a.name, locked); err != nil {
			return databaseError(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.locked = locked
	return nil
}

// unfitEngine is the error of an action that the engine of the instance lacks.
func unfitEngine() *rpc.Error {
	return rpc.Errorf(http.StatusForbidden, "IncorrectDBInstanceType", "The engine of the instance does not support this.")
}

// checkAccountNameAvailable is CheckAccountNameAvailable of the RDS API: an
// error for a name that is taken or malformed.
func (s *Service) checkAccountNameAvailable(r *rpc.Request) (any, *rpc.Error) {
	name, fail := r.Require("AccountName")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	if fail := checkAccountName(name, in.engine, in.version, in.storageType); fail != nil {
		return nil, fail
	}
	for _, b := range in.accounts {
		if in.conflict(&account{name: name, kind: normalAccount}, b) {
			return nil, takenAccount()
		}
	}
	return struct{ ResourceGroupId string }{in.resourceGroup()}, nil
}
