package rds

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A grant is a privilege of an account on a database.
type grant struct {
	database, privilege string
	since               time.Time
}

// detail is the short form of a privilege's SQL statements.
func (g grant) detail() string {
	switch g.privilege {
	case "ReadOnly":
		return "SELECT,LOCK TABLES,SHOW VIEW"
	case "DDLOnly":
		return "CREATE,DROP,ALTER,INDEX"
	case "DMLOnly":
		return "SELECT,INSERT,UPDATE,DELETE"
	default:
		return "ALL PRIVILEGES"
	}
}

// shownAs is the privilege as DescribeDatabases names it: PostgreSQL's owner is ALL
// there, and DBOwner in DescribeAccounts (A332).
func (g grant) shownAs(engine string) string {
	if engine == postgreSQL && g.privilege == "DBOwner" {
		return "ALL"
	}
	return g.privilege
}

func (a *account) revoke(database string) {
	a.grants = slices.DeleteFunc(a.grants, func(g grant) bool { return g.database == database })
}

func (a *account) has(database, privilege string) bool {
	return slices.ContainsFunc(a.grants, func(g grant) bool { return g.database == database && g.privilege == privilege })
}

// privileges are the kinds of AccountPrivilege of an engine (RDS API,
// GrantAccountPrivilege).
func privileges(engine string) []string {
	switch engine {
	case "SQLServer":
		return []string{"ReadWrite", "ReadOnly", "DBOwner"}
	case postgreSQL:
		return []string{"DBOwner"}
	default:
		return []string{"ReadWrite", "ReadOnly", "DDLOnly", "DMLOnly"}
	}
}

// grantAccountPrivilege is GrantAccountPrivilege of the RDS API. Granting the
// same privilege again succeeds.
func (s *Service) grantAccountPrivilege(r *rpc.Request) (any, *rpc.Error) {
	names, fail := r.Require("DBName")
	if fail != nil {
		return nil, fail
	}
	kinds, fail := r.Require("AccountPrivilege")
	if fail != nil {
		return nil, fail
	}
	databases, wanted := strings.Split(names, ","), strings.Split(kinds, ",")
	if len(databases) != len(wanted) {
		return nil, bad("InvalidDBNameOrAccountPrivilege", "There must be one privilege for each database.")
	}
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	a, fail := s.normalAccount(r, in)
	if fail != nil {
		return nil, fail
	}
	for i, name := range databases {
		if !slices.Contains(privileges(in.engine), wanted[i]) {
			return nil, bad("InvalidAccountPrivilege.Malformed", "The privilege is not one of %s.", strings.Join(privileges(in.engine), ", "))
		}
		if fail := s.grantable(r, in, name); fail != nil {
			return nil, fail
		}
		if s.isTaken(in, a, name) {
			return nil, rpc.Errorf(http.StatusForbidden, "IncorrectAccountPrivilegeType", "The database has an owner already.")
		}
	}
	for i, name := range databases {
		if server != nil {
			if err := server.Grant(r.Context, a.name, name, wanted[i]); err != nil {
				return nil, databaseError(err)
			}
		}
		s.mu.Lock()
		if !a.has(name, wanted[i]) { // an existing privilege keeps its age
			if in.engine == postgreSQL {
				in.disown(name)
			}
			a.revoke(name)
			a.grants = append(a.grants, grant{strings.Clone(name), strings.Clone(wanted[i]), r.Now})
		}
		s.mu.Unlock()
	}
	return nil, nil
}

// isTaken reports whether a database of PostgreSQL keeps its owner from an account
// (A560).
func (s *Service) isTaken(in *instance, by *account, database string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return in.engine == postgreSQL && !s.behaviour.OwnerMoves &&
		slices.ContainsFunc(in.accounts, func(a *account) bool { return a != by && a.has(database, "DBOwner") })
}

// disown takes a database from the account that owns it.
func (in *instance) disown(database string) {
	for _, a := range in.accounts {
		a.revoke(database)
	}
}

// grantable returns nil for a running database that grants and revocations know
// already. Their code of an unknown one is their own, and it may come for a database
// that was made just before (A330).
func (s *Service) grantable(r *rpc.Request, in *instance, name string) *rpc.Error {
	d, fail := s.findDatabase(r, in, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if d == nil && in.database(name) != nil {
		return fail // it is being made or removed
	}
	if d == nil || r.Now.Before(d.until.Add(s.behaviour.DatabaseLag)) {
		return rpc.Errorf(http.StatusNotFound, "InvalidDB.NotFound", "The database does not exist.")
	}
	return nil
}

// revokeAccountPrivilege is RevokeAccountPrivilege of the RDS API, which excludes
// PostgreSQL.
func (s *Service) revokeAccountPrivilege(r *rpc.Request) (any, *rpc.Error) {
	names, fail := r.Require("DBName")
	if fail != nil {
		return nil, fail
	}
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	if in.engine == postgreSQL {
		return nil, unfitEngine()
	}
	a, fail := s.normalAccount(r, in)
	if fail != nil {
		return nil, fail
	}
	databases := strings.Split(names, ",")
	for _, name := range databases {
		if fail := s.grantable(r, in, name); fail != nil {
			return nil, fail
		}
	}
	for _, name := range databases {
		if server != nil {
			if err := server.Revoke(r.Context, a.name, name); err != nil {
				return nil, databaseError(err)
			}
		}
		s.mu.Lock()
		a.revoke(name)
		s.mu.Unlock()
	}
	return nil, nil
}

// normalAccount is findAccount for calls that refuse a Super account, which has
// all privileges already.
func (s *Service) normalAccount(r *rpc.Request, in *instance) (*account, *rpc.Error) {
	a, fail := s.findAccount(r, in)
	if fail == nil && a.kind != normalAccount {
		return nil, rpc.Errorf(http.StatusForbidden, "IncorrectAccountType", "The type of the account does not support this.")
	}
	return a, fail
}
