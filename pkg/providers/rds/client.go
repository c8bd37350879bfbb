package rds

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// client makes the calls of RDS that this provider needs, in one region (RDS API,
// version 2014-08-15). Its errors are *alicloud.Error.
type client struct {
	clients *alicloud.Clients
	region  string
}

var _ dbaccount.API = client{}

// pageSize is the largest that DescribeDBInstances and DescribeAccounts take.
const pageSize = 100

// payType is pay-as-you-go: instances that can be deleted at any time.
const payType = "Postpaid"

// A dbInstance has the read members of an instance.
type dbInstance struct {
	ID, Description, Status string
	Class                   string
	Storage                 int // GB
	Host, Port              string
	VPC, VSwitch, Zone      string
	Protected               bool // against deletion
	MaintainTime            string
	ResourceGroup           string
	LockMode                string
	Version, StorageType    string
	Category                string
	Serverless              *capacity // nil: of a fixed size
	Public                  endpoint  // that is reached from the internet; read where the plan asks for it
}

// get describes an instance; nil if it is missing.
func (c client) get(ctx context.Context, id string) (*dbInstance, error) {
	req, resp := rds.CreateDescribeDBInstanceAttributeRequest(), rds.CreateDescribeDBInstanceAttributeResponse()
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, providers.UnlessMissing(err)
	}
	for _, a := range resp.Items.DBInstanceAttribute {
		if a.DBInstanceId == id {
			return &dbInstance{
				ID: id, Description: a.DBInstanceDescription, Status: a.DBInstanceStatus, Class: a.DBInstanceClass, Storage: a.DBInstanceStorage,
				Host: a.ConnectionString, Port: a.Port, VPC: a.VpcId, VSwitch: a.VSwitchId, Zone: a.ZoneId, Protected: a.DeletionProtection,
				MaintainTime: a.MaintainTime, ResourceGroup: a.ResourceGroupId, LockMode: a.LockMode,
				Version: a.EngineVersion, StorageType: a.DBInstanceStorageType, Category: a.Category, Serverless: capacityOf(a.ServerlessConfig),
			}, nil
		}
	}
	return nil, nil //nolint:nilnil // nil says that it is missing
}

// findByTag returns the ids of the instances with a tag.
func (c client) findByTag(ctx context.Context, tag providers.Tag) ([]string, error) {
	filter, err := tagFilter(tag)
	if err != nil {
		return nil, err
	}
	return c.list(ctx, func(r *rds.DescribeDBInstancesRequest) { r.Tags = filter }, func(rds.DBInstance) bool { return true })
}

// tagFilter returns a tag as lists take it.
func tagFilter(tag providers.Tag) (string, error) {
	filter, err := json.Marshal(map[string]string{tag.Key: tag.Value})
	return string(filter), err
}

// findByDescription returns the ids of the instances with just this
// description: the API searches for substrings.
func (c client) findByDescription(ctx context.Context, description string) ([]string, error) {
	return c.list(ctx, func(r *rds.DescribeDBInstancesRequest) { r.SearchKey = description },
		func(i rds.DBInstance) bool { return i.DBInstanceDescription == description })
}

func (c client) list(ctx context.Context, filter func(*rds.DescribeDBInstancesRequest), keep func(rds.DBInstance) bool) ([]string, error) {
	var ids []string
	for page, seen := 1, 0; ; page++ {
		req, resp := rds.CreateDescribeDBInstancesRequest(), rds.CreateDescribeDBInstancesResponse()
		req.RegionId = c.region
		req.PageNumber, req.PageSize = requests.NewInteger(page), requests.NewInteger(pageSize)
		filter(req)
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, err
		}
		for _, i := range resp.Items.DBInstance {
			if keep(i) {
				ids = append(ids, i.DBInstanceId)
			}
		}
		seen += len(resp.Items.DBInstance)
		if len(resp.Items.DBInstance) == 0 || seen >= resp.TotalRecordCount {
			return ids, nil
		}
	}
}

// create makes an instance (RDS API, CreateDBInstance).
func (c client) create(ctx context.Context, r createRequest, token string) (id string, tagged bool, err error) {
	req, resp := rds.CreateCreateDBInstanceRequest(), rds.CreateCreateDBInstanceResponse()
	req.RegionId, req.ClientToken = c.region, token
	req.Engine, req.EngineVersion = r.Engine, r.EngineVersion
	req.DBInstanceClass, req.DBInstanceStorage, req.DBInstanceStorageType = r.Class, requests.NewInteger(r.Storage), r.StorageType
	req.DBInstanceDescription = r.Description
	req.DBInstanceNetType, req.InstanceNetworkType = "Intranet", "VPC"
	req.VPCId, req.VSwitchId, req.ZoneId, req.ZoneIdSlave1 = r.VpcID, r.VSwitchID, r.ZoneID, r.SecondZoneID
	req.SecurityIPList = r.SecurityIPs
	req.PayType, req.Category, req.DBTimeZone = cmp.Or(r.PayType, payType), r.Category, r.TimeZone
	if r.Protected {
		req.DeletionProtection = requests.NewBoolean(true)
	}
	req.EncryptionKey, req.RoleARN, req.ResourceGroupId = r.EncryptionKey, r.RoleARN, r.ResourceGroupID
	if r.Serverless != nil {
		req.ServerlessConfig = r.Serverless.config()
	}
	tags := make([]rds.CreateDBInstanceTag, len(r.Tags))
	for i, tag := range r.Tags {
		tags[i] = rds.CreateDBInstanceTag{Key: tag.Key, Value: tag.Value}
	}
	req.Tag = &tags
	if err := c.clients.Do(ctx, alicloud.Write, req, resp); err != nil {
		return "", false, err
	}
	if resp.DBInstanceId == "" {
		op := alicloud.Op{Product: "Rds", Action: "CreateDBInstance", Access: alicloud.Write}
		return "", false, alicloud.IncompleteAnswer(op, resp.GetHttpStatus(), resp.RequestId, "the answer names no instance", providers.ErrOutcomeUnknown)
	}
	return resp.DBInstanceId, resp.TagResult, nil
}

// config returns the bounds as CreateDBInstance takes them.
func (c capacity) config() rds.CreateDBInstanceServerlessConfig {
	text := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	return rds.CreateDBInstanceServerlessConfig{
		MinCapacity: text(c.Min), MaxCapacity: text(c.Max),
		AutoPause: strconv.FormatBool(c.AutoPause), SwitchForce: strconv.FormatBool(c.SwitchForce),
	}
}

// tag tags an instance (RDS API, TagResources).
func (c client) tag(ctx context.Context, r tagRequest) error {
	req, resp := rds.CreateTagResourcesRequest(), rds.CreateTagResourcesResponse()
	req.RegionId, req.ResourceType, req.ResourceId = c.region, "INSTANCE", &[]string{r.InstanceID}
	tags := make([]rds.TagResourcesTag, len(r.Tags))
	for i, tag := range r.Tags {
		tags[i] = rds.TagResourcesTag{Key: tag.Key, Value: tag.Value}
	}
	req.Tag = &tags
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// whitelist replaces one group of the whitelist (RDS API, ModifySecurityIps).
func (c client) whitelist(ctx context.Context, r whitelistRequest) error {
	req, resp := rds.CreateModifySecurityIpsRequest(), rds.CreateModifySecurityIpsResponse()
	req.RegionId, req.DBInstanceId = c.region, r.InstanceID
	req.DBInstanceIPArrayName, req.ModifyMode, req.SecurityIps = r.Group, "Cover", r.SecurityIPs
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// unprotect lifts the protection against deletion (RDS API,
// ModifyDBInstanceDeletionProtection).
func (c client) unprotect(ctx context.Context, r instanceRequest, token string) error {
	req, resp := rds.CreateModifyDBInstanceDeletionProtectionRequest(), rds.CreateModifyDBInstanceDeletionProtectionResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.DeletionProtection = c.region, token, r.InstanceID, requests.NewBoolean(false)
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// start starts a stopped instance (RDS API, StartDBInstance). The call takes no token.
func (c client) start(ctx context.Context, r instanceRequest) error {
	req, resp := rds.CreateStartDBInstanceRequest(), rds.CreateStartDBInstanceResponse()
	req.RegionId, req.DBInstanceId = c.region, r.InstanceID
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// remove deletes an instance (RDS API, DeleteDBInstance).
func (c client) remove(ctx context.Context, r deleteRequest) error {
	req, resp := rds.CreateDeleteDBInstanceRequest(), rds.CreateDeleteDBInstanceResponse()
	req.RegionId, req.DBInstanceId, req.ReleasedKeepPolicy = c.region, r.InstanceID, r.KeepPolicy
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// Accounts lists accounts of an instance (RDS API, DescribeAccounts).
func (c client) Accounts(ctx context.Context, instanceID, name string) (list []dbaccount.Account, found bool, err error) {
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
			list = append(list, dbaccount.Account{
				Name: a.AccountName, Description: a.AccountDescription, Type: a.AccountType,
				Busy: a.AccountStatus == "Unavailable", Grants: grants,
			})
		}
		seen += len(resp.Accounts.DBInstanceAccount)
		if len(resp.Accounts.DBInstanceAccount) < pageSize || resp.TotalRecordCount > 0 && seen >= resp.TotalRecordCount {
			return list, true, nil
		}
	}
}

// CreateAccount makes an account (RDS API, CreateAccount). The call takes no
// token, so that its repetition is ErrExists.
func (c client) CreateAccount(ctx context.Context, r dbaccount.AccountRequest, password providers.Secret) error {
	req, resp := rds.CreateCreateAccountRequest(), rds.CreateCreateAccountResponse()
	req.RegionId, req.DBInstanceId = c.region, r.InstanceID
	req.AccountName, req.AccountType, req.AccountDescription = r.Name, r.Type, r.Description
	req.AccountPassword = password.Reveal()
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// NeedsSuper reports whether an instance takes Normal accounts only after a Super
// account (RDS API, CreateAccount: the one meaning of this code for a request of
// type Normal).
func (c client) NeedsSuper(err error) bool {
	var e *alicloud.Error
	return errors.As(err, &e) && e.Code == "InvalidAccountType.Format"
}

// IsFull reports whether an instance has as many accounts as it may have (RDS API,
// CreateAccount).
func (c client) IsFull(err error) bool {
	var e *alicloud.Error
	return errors.As(err, &e) && e.Code == "AccountLimitExceeded"
}

// SetPassword replaces the password of an account (RDS API, ResetAccountPassword);
// its rights stay.
func (c client) SetPassword(ctx context.Context, r dbaccount.AccountRequest, password providers.Secret) error {
	req, resp := rds.CreateResetAccountPasswordRequest(), rds.CreateResetAccountPasswordResponse()
	req.RegionId, req.DBInstanceId, req.AccountName = c.region, r.InstanceID, r.Name
	req.AccountPassword = password.Reveal()
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// DeleteAccount removes an account (RDS API, DeleteAccount).
func (c client) DeleteAccount(ctx context.Context, r dbaccount.AccountRequest) error {
	req, resp := rds.CreateDeleteAccountRequest(), rds.CreateDeleteAccountResponse()
	req.RegionId, req.DBInstanceId, req.AccountName = c.region, r.InstanceID, r.Name
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// Grant gives an account a privilege on a database (RDS API,
// GrantAccountPrivilege). A fresh database may be unknown to grants for a moment; a
// database that the instance no longer lists is a failure for the user.
func (c client) Grant(ctx context.Context, r dbaccount.GrantRequest) error {
	req, resp := rds.CreateGrantAccountPrivilegeRequest(), rds.CreateGrantAccountPrivilegeResponse()
	req.RegionId, req.DBInstanceId, req.AccountName = c.region, r.InstanceID, r.Name
	req.DBName, req.AccountPrivilege = r.Database, r.Privilege
	err := c.clients.Do(ctx, alicloud.Write, req, resp)
	var e *alicloud.Error
	if !errors.As(err, &e) || e.Code != "InvalidDB.NotFound" {
		return err
	}
	if status, lookErr := c.databaseStatus(ctx, r.InstanceID, r.Database); lookErr != nil || status != "" {
		return err
	}
	return providers.Failf(providers.Invalid, "The instance has lost its database %q; create it there again, or use another instance.", r.Database)
}

// databaseStatus returns the status of a database, "" if it is missing (RDS API,
// DescribeDatabases).
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
