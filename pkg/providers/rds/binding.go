package rds

import (
	"context"
	"encoding/json"
	"fmt"
	"net"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// bindings returns the binding kind: an account that reads and writes the
// database of an instance.
func bindings(i instances) providers.Provider {
	return dbaccount.New(dbaccount.Config{
		API: func(instance providers.Task) (dbaccount.API, error) {
			at, err := i.reach(instance)
			return at.client(), err
		},
		Server:      server,
		Find:        i.find,
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
		Database: plan.Database, NameLimit: nameLimit(plan.EngineVersion), Reserved: reserved(plan.Engine),
		SuperName: plan.SuperName, SuperPassword: plan.SuperPassword, SuperDescription: instanceDescription(instance.Life),
	}, nil
}

// factServer is the address of an instance, sealed. It is written when the
// instance is seen with our marks, so that bindings need no look of their own.
const factServer = "server"

// sealServer returns the fact of an instance that was seen with our marks.
func sealServer(found *dbInstance) (providers.Facts, error) {
	b, err := json.Marshal(addressOf(found))
	if err != nil {
		return providers.Facts{}, fmt.Errorf("rds: write the address: %w", err)
	}
	return providers.Facts{Secrets: map[string]string{factServer: string(b)}}, nil
}

// isSealedServer reports whether the sealed address of a task's instance is that of
// an id.
func isSealedServer(instance providers.Task, id string) bool {
	var at dbaccount.Address
	text := instance.Facts.Secrets[factServer]
	return text != "" && providers.Decode([]byte(text), "address of the server", &at) == nil && at.ID == id
}

func addressOf(found *dbInstance) dbaccount.Address {
	return dbaccount.Address{ID: found.ID, Host: found.Host, Port: found.Port}
}

// find returns the address of an instance: the sealed one, or, where the open id
// differs from it, the one of an instance with our marks in the cloud. Open facts
// alone never lead to a server.
func (i instances) find(ctx context.Context, instance providers.Task) (*dbaccount.Address, error) {
	if text := instance.Facts.Secrets[factServer]; text != "" {
		var at dbaccount.Address
		if err := providers.Decode([]byte(text), "address of the server", &at); err != nil {
			return nil, err
		}
		if at.ID == instance.Facts.Open[factInstance] {
			return &at, nil
		}
	}
	plan, err := instancePlanOf(instance)
	if err != nil {
		return nil, err
	}
	from, err := i.reach(instance)
	if err != nil {
		return nil, err
	}
	found, _, err := findInstance(ctx, from.client(), instance, plan)
	if found == nil || err != nil {
		return nil, err
	}
	at := addressOf(found)
	return &at, nil
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
