package rds

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"

// describeAccounts is DescribeAccounts of the RDS API.
func (s *Service) describeAccounts(r *rpc.Request) (any, *rpc.Error) {
	type privilege struct{ DBName, AccountPrivilege, AccountPrivilegeDetail string }
	type accountBody struct {
		DBInstanceId, AccountName, AccountStatus, AccountType, AccountDescription, PrivExceeded string
		CreateDB, CreateRole, Replication, BypassRLS                                            string  `json:",omitempty"` // of PostgreSQL
		ValidUntil                                                                              *string `json:",omitempty"` // of PostgreSQL
		DatabasePrivileges                                                                      struct{ DatabasePrivilege []privilege }
	}
	var body struct {
		PageNumber, TotalRecordCount int
		ResourceGroupId              string
		Accounts                     struct{ DBInstanceAccount []accountBody }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	all := []accountBody{}
	for _, a := range in.accounts {
		if r.Get("AccountName") != "" && r.Get("AccountName") != a.name || !s.shown(a.since, r.Now) {
			continue
		}
		b := accountBody{DBInstanceId: in.id, AccountName: a.name, AccountStatus: a.status(r.Now), AccountType: a.kind, AccountDescription: a.description, PrivExceeded: "0"}
		if in.engine == postgreSQL {
			super := choose(a.kind == superAccount, [2]string{"t", "f"})
			never := ""
			b.CreateDB, b.CreateRole, b.Replication, b.BypassRLS, b.ValidUntil = super, super, super, "f", &never
		}
		for _, g := range a.grants {
			if !s.shown(g.since, r.Now) {
				continue
			}
			b.DatabasePrivileges.DatabasePrivilege = append(b.DatabasePrivileges.DatabasePrivilege, privilege{g.database, g.privilege, g.detail()})
		}
		all = append(all, b)
	}
	cut, number, fail := innerPage(r, all, 30, 200)
	if fail != nil {
		return nil, fail
	}
	body.ResourceGroupId = in.resourceGroup()
	body.PageNumber, body.TotalRecordCount, body.Accounts.DBInstanceAccount = number, len(all), cut
	return body, nil
}
