package rds

import (
	"context"
	"errors"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An account is what we read of a database account.
type account struct {
	Name, Status, Type, Description string
	Grants                          map[string]string // database → privilege
}

// accounts lists accounts of an instance: those with the name, all if it is
// empty (RDS API, DescribeAccounts). found is false if there is no such
// instance.
func (c client) accounts(ctx context.Context, instanceID, name string) (list []account, found bool, err error) {
	for page, seen := 1, 0; ; page++ {
		req, resp := rds.CreateDescribeAccountsRequest(), rds.CreateDescribeAccountsResponse()
		req.RegionId, req.DBInstanceId, req.AccountName = c.region, instanceID, name
		req.PageNumber, req.PageSize = requests.NewInteger(page), requests.NewInteger(pageSize)
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, false, providers.UnlessMissing(err)
		}
		for _, a := range resp.Accounts.DBInstanceAccount {
			grants := make(map[string]string, len(a.DatabasePrivileges.DatabasePrivilege))
			for _, p := range a.DatabasePrivileges.DatabasePrivilege {
				grants[p.DBName] = p.AccountPrivilege
			}
			list = append(list, account{Name: a.AccountName, Status: a.AccountStatus, Type: a.AccountType, Description: a.AccountDescription, Grants: grants})
		}
		seen += len(resp.Accounts.DBInstanceAccount)
		if len(resp.Accounts.DBInstanceAccount) < pageSize || resp.TotalRecordCount > 0 && seen >= resp.TotalRecordCount {
			return list, true, nil
		}
	}
}

// createAccount makes an account (RDS API, CreateAccount). The call takes no
// token: a repetition is providers.ErrExists.
func (c client) createAccount(ctx context.Context, r accountRequest, password providers.Secret) error {
	req, resp := rds.CreateCreateAccountRequest(), rds.CreateCreateAccountResponse()
	req.RegionId, req.DBInstanceId = c.region, r.InstanceID
	req.AccountName, req.AccountType, req.AccountDescription = r.Name, r.Type, r.Description
	req.AccountPassword = password.Reveal()
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// superFirst says that an instance takes no Normal account before it has a
// Super account (RDS API, CreateAccount: the one meaning of this code for a
// request whose type is Normal).
func superFirst(err error) bool {
	var e *alicloud.Error
	return errors.As(err, &e) && e.Code == "InvalidAccountType.Format"
}

// deleteAccount removes an account (RDS API, DeleteAccount).
func (c client) deleteAccount(ctx context.Context, r accountRequest) error {
	req, resp := rds.CreateDeleteAccountRequest(), rds.CreateDeleteAccountResponse()
	req.RegionId, req.DBInstanceId, req.AccountName = c.region, r.InstanceID, r.Name
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// grant lets an account read and write a database (RDS API,
// GrantAccountPrivilege).
func (c client) grant(ctx context.Context, r grantRequest) error {
	req, resp := rds.CreateGrantAccountPrivilegeRequest(), rds.CreateGrantAccountPrivilegeResponse()
	req.RegionId, req.DBInstanceId, req.AccountName = c.region, r.InstanceID, r.Name
	req.DBName, req.AccountPrivilege = r.Database, r.Privilege
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// databaseStatus returns the status of a database, "" if it is not there (RDS
// API, DescribeDatabases).
func (c client) databaseStatus(ctx context.Context, instanceID, name string) (string, error) {
	req, resp := rds.CreateDescribeDatabasesRequest(), rds.CreateDescribeDatabasesResponse()
	req.RegionId, req.DBInstanceId, req.DBName = c.region, instanceID, name
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return "", providers.UnlessMissing(err)
	}
	for _, d := range resp.Databases.Database {
		if d.DBName == name {
			return d.DBStatus, nil
		}
	}
	return "", nil
}

// createDatabase makes a database (RDS API, CreateDatabase).
func (c client) createDatabase(ctx context.Context, r databaseRequest) error {
	req, resp := rds.CreateCreateDatabaseRequest(), rds.CreateCreateDatabaseResponse()
	req.RegionId, req.DBInstanceId = c.region, r.InstanceID
	req.DBName, req.CharacterSetName = r.Database, r.Charset
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
