package rds

import (
	"context"
	"fmt"
	"net"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The steps of bindings.
const (
	stepSuper         = "super-account"
	stepAccount       = "account"
	stepGrant         = "grant"
	stepDeleteAccount = "delete-account"
)

// The frozen requests of the steps. Passwords are not in them: they stay in
// the sealed plans, which change no more than requests do.
type (
	accountRequest struct{ InstanceID, Name, Type, Description string }
	grantRequest   struct{ InstanceID, Name, Database, Privilege string }
)

func doWithAccount(ctx context.Context, c client, t providers.Task, s providers.Step) (providers.Facts, error) {
	if s.Name == stepGrant {
		r, err := request[grantRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, c.grant(ctx, r)
	}
	r, err := request[accountRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	plan, of, err := plansOf(t)
	if err != nil {
		return providers.Facts{}, err
	}
	switch s.Name {
	case stepSuper:
		return providers.Facts{}, c.createAccount(ctx, r, of.SuperPassword)
	case stepAccount:
		err := c.createAccount(ctx, r, plan.Password)
		if superFirst(err) && t.Facts.Open[factSuper] == "" {
			return open(factSuper, "true"), nil // nothing was made, but now we know what is missing
		}
		return learned(open(factAccount, "true"), err)
	case stepDeleteAccount:
		return providers.Facts{}, providers.UnlessMissing(c.deleteAccount(ctx, r))
	}
	return providers.Facts{}, fmt.Errorf("no such step %q", s.Name)
}

// credentials are what an application reads: flat strings, those of the first
// broker and what was missing there.
func credentials(plan bindingPlan, database, host, port string) map[string]string {
	escape := providers.EscapeURI
	user, password := escape(plan.Username), escape(plan.Password.Reveal())
	address := net.JoinHostPort(host, port)
	return map[string]string{
		"type":     "mysql",
		"uri":      "mysql://" + user + ":" + password + "@" + address + "/" + escape(database),
		"jdbcUrl":  "jdbc:mysql://" + address + "/" + escape(database) + "?user=" + user + "&password=" + password,
		"host":     host,
		"port":     port,
		"database": database,
		"username": plan.Username,
		"password": plan.Password.Reveal(),
	}
}
