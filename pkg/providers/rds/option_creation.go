package rds

import (
	"encoding/json"
	"regexp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The options that CreateDBInstance sets.

// createOptions are the members of the order that options state.
type createOptions struct {
	TimeZone        string `json:",omitempty"`
	EncryptionKey   string `json:",omitempty"`
	RoleARN         string `json:",omitempty"`
	ResourceGroupID string `json:",omitempty"`
}

// createOptions returns what the order of an instance says about options.
func (p *instancePlan) createOptions(t providers.Task) createOptions {
	o := createOptions{
		TimeZone:        valueOf[string](p.Options["TimeZone"]),
		EncryptionKey:   valueOf[string](p.Options["EncryptionKey"]),
		ResourceGroupID: valueOf[string](p.Options["ResourceGroupId"]),
	}
	if o.EncryptionKey != "" {
		if o.EncryptionKey == serviceKey { // the role alone says so
			o.EncryptionKey = ""
		}
		// The role by which RDS uses keys of the account (RDS API, CreateDBInstance).
		o.RoleARN = "acs:ram::" + t.Owner + ":role/aliyunrdsinstanceencryptiondefaultrole"
	}
	return o
}

// offset and zoneName are the two ways to write a time zone.
var (
	offset   = regexp.MustCompile(`^([+-](0[0-9]|1[0-2]):[0-5][0-9]|\+13:00)$`)
	zoneName = regexp.MustCompile(`^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$`)
)

// timeZoneOption is the time zone of the server: for MySQL an offset from UTC, for
// PostgreSQL a name (RDS API, CreateDBInstance: DBTimeZone). MariaDB's is the parameter
// of its manual.
func timeZoneOption() option {
	const name = "TimeZone"
	return option{
		name: name,
		normal: func(c optionContext, value, before json.RawMessage) (json.RawMessage, *providers.Failure) {
			zone := valueOf[string](value)
			switch {
			case c.plan.Engine == engineMySQL && !offset.MatchString(zone):
				return nil, invalid("%s of MySQL is an offset from UTC between -12:59 and +13:00, such as +08:00.", name)
			case c.plan.Engine == enginePostgreSQL && !zoneName.MatchString(zone):
				return nil, invalid("%s of PostgreSQL is the name of a zone, such as Asia/Hong_Kong.", name)
			case c.plan.Engine != engineMySQL && c.plan.Engine != enginePostgreSQL:
				return nil, providers.Unprocessablef("%s: RDS for %s takes none when it makes a server; leave it out.", name, c.plan.Engine)
			}
			return value, c.changesFixed(name, value, before)
		},
		remove: keptAs(name),
	}
}

// serviceKey stands for the key that RDS itself has in KMS. General-purpose classes of
// PostgreSQL take no other (RDS for PostgreSQL, "Cloud disk encryption").
const serviceKey = "ServiceKey"

// encryptionOption encrypts the cloud disk with a key of KMS, for good (RDS API,
// CreateDBInstance: EncryptionKey with RoleARN). Terraform's provider notes that the
// order takes the id of a key alone.
func encryptionOption() option {
	const name = "EncryptionKey"
	return option{
		name: name,
		normal: func(c optionContext, value, before json.RawMessage) (json.RawMessage, *providers.Failure) {
			switch p := c.plan; {
			case p.Engine != engineMySQL && p.Engine != enginePostgreSQL:
				return nil, providers.Unprocessablef("%s: RDS for %s encrypts no disks; leave it out.", name, p.Engine)
			case p.StorageType == localDisk:
				return nil, providers.Unprocessablef("%s: RDS encrypts cloud disks alone; leave it out, or choose a plan with cloud disks.", name)
			case p.Engine == enginePostgreSQL && p.isServerless():
				return nil, providers.Unprocessablef("%s: RDS encrypts no disks of serverless PostgreSQL; leave it out, or choose another plan.", name)
			}
			return value, c.changesFixed(name, value, before)
		},
		remove: keptAs(name),
	}
}
