package rds

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/sqllogin"
)

// kindSQL makes login roles over SQL. RDS for PostgreSQL has one owner a database, and
// takes no grant back (RDS API, GrantAccountPrivilege, RevokeAccountPrivilege), so that
// its API alone can neither share a database nor end a binding.
const kindSQL = sqllogin.Name

// adminDatabase is the database that every server of PostgreSQL has (PostgreSQL,
// initdb).
const adminDatabase = "postgres"

// sqlBindings returns the kind "sql": a login role of PostgreSQL.
func (i instances) sqlBindings() providers.Provider {
	return opened{
		Provider: sqllogin.New(sqllogin.Config{
			Server:      i.sqlServer,
			Find:        i.find,
			Credentials: i.credentials,
			Explain:     sentences().Of,
			Dial:        i.deps.Dial,
		}),
		instances: i,
	}
}

// sqlServer describes the server of an instance of PostgreSQL.
func (i instances) sqlServer(instance providers.Task) (sqllogin.Server, error) {
	plan, err := instancePlanOf(instance)
	if err != nil {
		return sqllogin.Server{}, err
	}
	ssl := i.sslOf(instance, plan.Engine, instance.Facts.Open[factHost])
	return sqllogin.Server{
		Databases: sqlDatabases(plan),
		AdminName: plan.SuperName, AdminPassword: plan.SuperPassword, AdminDatabase: adminDatabase,
		Reserved: reserved(plan.Engine),
		TLS:      sqllogin.TLS{Mode: ssl.mode, CA: ssl.ca},
	}, nil
}

// sqlDatabases returns the databases of an instance, the one of credentials first.
func sqlDatabases(plan instancePlan) []sqllogin.Database {
	charsets := map[string]string{plan.Database: plan.Charset}
	for _, d := range valueOf[[]namedDatabase](plan.Options["Databases"]) {
		charsets[d.Name] = d.Charset
	}
	var all []sqllogin.Database
	for _, name := range plan.databases() {
		// UTF8,C,en_US.utf8 or UTF8 (RDS API, CreateDatabase).
		parts := append(strings.Split(charsets[name], ","), "", "")
		all = append(all, sqllogin.Database{Name: name, Encoding: parts[0], Collate: parts[1], Ctype: parts[2]})
	}
	return all
}

// isSQL reports whether the bindings of an instance are of kindSQL. They make its
// databases, since a database of the API's has no owner that SQL could change.
func isSQL(instance providers.Task) bool {
	kind, err := bindingKindOf(instance.Settings)
	return err == nil && kind == kindSQL
}
