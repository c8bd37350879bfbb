package rds

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// describeDatabases is DescribeDatabases of the RDS API.
func (s *Service) describeDatabases(r *rpc.Request) (any, *rpc.Error) {
	type privilege struct{ Account, AccountPrivilege, AccountPrivilegeDetail string }
	type databaseBody struct {
		DBName, DBStatus, CharacterSetName, DBDescription, DBInstanceId, Engine string
		ResourceGroupId                                                         string // the instance's
		Collate, Ctype, ConnLimit, Tablespace                                   string `json:",omitempty"` // of PostgreSQL
		PageNumber, PageSize                                                    int
		DuckDBEnabled                                                           bool // databases of DuckDB are another kind of instance's
		Accounts                                                                struct{ AccountPrivilegeInfo []privilege }
	}
	var body struct {
		Databases struct{ Database []databaseBody }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	all := []databaseBody{}
	for _, d := range in.databases {
		status := d.status(r.Now)
		if r.Get("DBName") != "" && r.Get("DBName") != d.name || r.Get("DBStatus") != "" && r.Get("DBStatus") != status {
			continue
		}
		b := databaseBody{DBName: d.name, DBStatus: status, DBDescription: d.description, DBInstanceId: in.id, Engine: in.engine, ResourceGroupId: in.resourceGroup()}
		b.CharacterSetName, b.Collate, b.Ctype = d.encoding(in.engine)
		if in.engine == postgreSQL {
			b.ConnLimit, b.Tablespace = "-1", "pg_default"
		}
		for _, a := range in.accounts {
			for _, g := range a.grants {
				if g.database == d.name && s.shown(g.since, r.Now) {
					b.Accounts.AccountPrivilegeInfo = append(b.Accounts.AccountPrivilegeInfo, privilege{a.name, g.shownAs(in.engine), g.detail()})
				}
			}
		}
		all = append(all, b)
	}
	cut, number, fail := innerPage(r, all, 1, 100)
	if fail != nil {
		return nil, fail
	}
	size, _ := r.Int("PageSize", defaultPage)
	for i := range cut {
		cut[i].PageNumber, cut[i].PageSize = number, size
	}
	body.Databases.Database = cut
	return body, nil
}

// checkDBNameAvailable is CheckDBNameAvailable of the RDS API: an error for a
// name that is taken or malformed.
func (s *Service) checkDBNameAvailable(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	name, fail := databaseName(r, in)
	if fail != nil {
		return nil, fail
	}
	if in.database(name) != nil {
		return nil, bad("InvalidDBName.Duplicate", "The database exists in this instance.")
	}
	return nil, nil
}

// modifyDBDescription is ModifyDBDescription of the RDS API.
func (s *Service) modifyDBDescription(r *rpc.Request) (any, *rpc.Error) {
	name, fail := r.Require("DBName")
	if fail != nil {
		return nil, fail
	}
	description, fail := r.Require("DBDescription")
	if fail != nil {
		return nil, fail
	}
	if !validDescription(description) {
		return nil, bad("InvalidDBDescription.Format", "The description has 2 to 256 characters and begins with a letter.")
	}
	in, fail := s.describable(r)
	if fail != nil {
		return nil, fail
	}
	d, fail := s.findDatabase(r, in, name)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.description = strings.Clone(description)
	return nil, nil
}

// defaultPage is the size of a page of accounts or databases.
const defaultPage = 30

// innerPage returns a page of the accounts or databases of an instance:
// PageNumber from 1, PageSize from least to most.
func innerPage[T any](r *rpc.Request, all []T, least, most int) (cut []T, number int, fail *rpc.Error) {
	number, fail = r.Int("PageNumber", 1)
	if fail != nil {
		return nil, 0, fail
	}
	size, fail := r.Int("PageSize", defaultPage)
	if fail != nil {
		return nil, 0, fail
	}
	if number < 1 || size < least || size > most {
		return nil, 0, bad("InvalidParameter", "PageNumber starts at 1, and PageSize is from %d to %d.", least, most)
	}
	from := min((number-1)*size, len(all))
	return all[from:min(from+size, len(all))], number, nil
}
