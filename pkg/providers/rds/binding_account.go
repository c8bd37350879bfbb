package rds

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// accountBindings returns the kind "account": an account that reads and writes the
// database of an instance.
func (i instances) accountBindings() providers.Provider {
	return dbaccount.New(dbaccount.Config{
		API: func(instance providers.Task) (dbaccount.API, error) {
			at, err := i.reach(instance)
			return at.client(), err
		},
		Server:      server,
		Find:        i.find,
		Credentials: i.credentials,
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
		Database: plan.Database, NameLimit: nameLimit(plan.Engine, plan.EngineVersion), LowerCase: plan.Engine == mariaDB, Reserved: reserved(plan.Engine),
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
	return dbaccount.Address{ID: found.ID, Host: found.Host, Port: found.Port, PublicHost: found.Public.host, PublicPort: found.Public.port}
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
