package rds

import (
	"net"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// bindings returns the binding kind: an account that reads and writes the
// database of an instance.
func bindings(i instances) providers.Provider {
	return dbaccount.New(dbaccount.Config{
		API:         func(region string) dbaccount.API { return i.client(region) },
		Server:      server,
		Credentials: credentials,
		Explain:     sentences().Of,
	})
}

// server describes the server of an instance.
func server(instance providers.Task) (dbaccount.Server, error) {
	plan, err := instancePlanOf(instance)
	if err != nil {
		return dbaccount.Server{}, err
	}
	return dbaccount.Server{
		ID: instance.Facts.Open[factInstance], Host: instance.Facts.Open[factHost], Port: instance.Facts.Open[factPort],
		Database: plan.Database, NameLimit: nameLimit(plan.EngineVersion), Reserved: reserved(plan.Engine),
		SuperName: plan.SuperName, SuperPassword: plan.SuperPassword, SuperDescription: instanceDescription(instance.Life),
	}, nil
}

// credentials returns the credentials of an application: flat strings, under the
// names of the first broker and under the names that frameworks read: Spring
// (jdbc-url), Cloud Foundry's buildpacks (hostname, name) and servicebinding.io
// (type, provider).
func credentials(l dbaccount.Login) map[string]string {
	escape := providers.EscapeURI
	user, password := escape(l.Username), escape(l.Password.Reveal())
	address := net.JoinHostPort(l.Host, l.Port)
	// MariaDB Connector/J 3 takes a URL of this scheme only with the option at its
	// end; MySQL's own driver ignores the option.
	jdbc := "jdbc:mysql://" + address + "/" + escape(l.Database) + "?user=" + user + "&password=" + password + "&permitMysqlScheme"
	return map[string]string{
		"type":                       "mysql",
		providers.CredentialProvider: providers.CloudProvider,
		"uri":                        "mysql://" + user + ":" + password + "@" + address + "/" + escape(l.Database),
		"jdbcUrl":                    jdbc,
		"jdbc-url":                   jdbc,
		"host":                       l.Host,
		"hostname":                   l.Host,
		"port":                       l.Port,
		"database":                   l.Database,
		"name":                       l.Database,
		"username":                   l.Username,
		"password":                   l.Password.Reveal(),
	}
}
