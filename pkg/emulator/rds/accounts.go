package rds

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// maxAccounts is how many accounts an instance has at most.
const maxAccounts = 500

const superAccount, normalAccount = "Super", "Normal"

// An account is a database account. Passwords are not kept.
type account struct {
	name, kind, description string
	until                   time.Time // Unavailable until then, or gone then
	leaving                 bool
	grants                  []grant
}

func (a *account) available(now time.Time) bool { return !a.leaving && !now.Before(a.until) }

func (in *instance) account(name string) *account {
	for _, a := range in.accounts {
		if a.name == name {
			return a
		}
	}
	return nil
}

// createAccount is CreateAccount of the RDS API. It takes no ClientToken: a
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

// workOn finds the running instance that a request changes the inside of, and
// makes others wait that change the same one until done is called. Server is
// nil without an engine.
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
	a := &account{name: r.Get("AccountName"), kind: r.Get("AccountType"), description: r.Get("AccountDescription"), until: r.Now.Add(s.profile.Account)}
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
		return nil, bad("InvalidAccountPassword.Format", "The password has 8 to 32 characters of at least three kinds: upper case, lower case, digits, !@#$%%^&*()_+-=.")
	}
	if a.description != "" && (!descriptions.MatchString(a.description) || strings.HasPrefix(a.description, "http")) {
		return nil, bad("InvalidAccountDescription.Format", "The description has 2 to 255 characters and begins with a letter.")
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
		if b.name == a.name || in.engine == "MySQL" && b.kind != a.kind && strings.EqualFold(a.name, b.name) {
			return nil, bad("InvalidAccountName.Duplicate", "The account exists in this instance.")
		}
	}
	if a.kind == superAccount && hasSuper || len(in.accounts) >= maxAccounts {
		return nil, rpc.Errorf(http.StatusForbidden, "AccountLimitExceeded", "The instance has as many accounts of this type as it may have.")
	}
	if a.kind == normalAccount && !hasSuper && s.behaviour.FirstAccountSuper {
		return nil, bad("InvalidAccountType.Format", "The first account of the instance must be a Super account.")
	}
	in.accounts = append(in.accounts, a)
	return a, nil
}

// deleteAccount is DeleteAccount of the RDS API.
func (s *Service) deleteAccount(r *rpc.Request) (any, *rpc.Error) {
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	a, fail := s.findAccount(r, in)
	if fail != nil {
		return nil, fail
	}
	if server != nil {
		if err := server.DropAccount(r.Context, a.name); err != nil {
			return nil, databaseError(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.leaving, a.until, a.grants = true, r.Now.Add(s.profile.Account), nil
	return nil, nil
}

// resetAccountPassword is ResetAccountPassword of the RDS API.
func (s *Service) resetAccountPassword(r *rpc.Request) (any, *rpc.Error) {
	password, fail := r.Require("AccountPassword")
	if fail != nil {
		return nil, fail
	}
	if !validPassword(password) {
		return nil, bad("InvalidAccountPassword.Format", "The password has 8 to 32 characters of at least three kinds: upper case, lower case, digits, !@#$%%^&*()_+-=.")
	}
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	a, fail := s.findAccount(r, in)
	if fail != nil || server == nil {
		return nil, fail
	}
	if err := server.SetPassword(r.Context, a.name, password); err != nil {
		return nil, databaseError(err)
	}
	return nil, nil
}

// findAccount returns the account that AccountName names, which must be
// available. The caller holds the instance's work, not mu.
func (s *Service) findAccount(r *rpc.Request, in *instance) (*account, *rpc.Error) {
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
	if !a.available(r.Now) {
		return nil, bad("IncorrectAccountStatus", "The account is not available now.")
	}
	return a, nil
}

var (
	accountNames      = regexp.MustCompile(`^[a-z][a-z0-9_]*[a-z0-9]$`)
	mysqlAccountNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*[A-Za-z0-9]$`)
)

// reserved tells some of the keywords that no account and no database may be
// called.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "root", "admin", "mysql", "sys", "test", "information_schema", "performance_schema", "aurora", "aliyun_root", "replicator",
		"postgres", "template0", "template1", "select", "user", "guest":
		return true
	}
	return false
}

// checkAccountName checks a name by engine and version (RDS API,
// CreateAccount, AccountName).
func checkAccountName(name, engine, version, storageType string) *rpc.Error {
	limit, pattern := 16, accountNames
	switch {
	case engine == "MySQL":
		pattern = mysqlAccountNames
		if version == "5.7" || version == "8.0" {
			limit = 32
		}
	case engine == "SQLServer":
		limit = 64
	case engine == "PostgreSQL" && storageType != localSSD:
		limit = 63
	}
	if len(name) > limit || !pattern.MatchString(name) {
		return bad("InvalidAccountName.Format", "The account name has 2 to %d letters, digits and underscores, begins with a letter and ends with a letter or digit.", limit)
	}
	if reserved(name) {
		return bad("InvalidAccountName.Forbid", "The account name is a keyword.")
	}
	return nil
}

// validPassword checks a password (RDS API, CreateAccount, AccountPassword).
func validPassword(p string) bool {
	var kinds [4]int
	for i := range len(p) {
		switch c := p[i]; {
		case 'A' <= c && c <= 'Z':
			kinds[0] = 1
		case 'a' <= c && c <= 'z':
			kinds[1] = 1
		case '0' <= c && c <= '9':
			kinds[2] = 1
		case strings.IndexByte("!@#$%^&*()_+-=", c) >= 0:
			kinds[3] = 1
		default:
			return false
		}
	}
	return len(p) >= 8 && len(p) <= 32 && kinds[0]+kinds[1]+kinds[2]+kinds[3] >= 3
}

func databaseError(err error) *rpc.Error {
	return bad("Database.ConnectError", "The database refused: %v", err)
}
