package ram

import (
	"cmp"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// Product describes RAM to the emulator. It decides for all products.
func (r *RAM) Product() product.Product {
	return product.Product{
		Name: "ram", Namespace: "Ram", Service: r, RPC: r.API(), Keys: r, Authorizer: r,
		Snapshot: r.Snapshot, Restore: r.Restore, Behave: product.Behave(r.Behave), Resources: r.resources,
	}
}

// resources lists the resources that clients have made. The account's own keys
// and system policies are left out.
func (r *RAM) resources() []product.Resources {
	line := func(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }
	return []product.Resources{
		product.Kind("users", r.Users(), func(u UserState) []string { return line("user %s %q", u.Name, u.Comments) }),
		product.Kind("keys", r.Keys(), func(k KeyState) []string { return line("key %s of %s", k.ID, cmp.Or(k.User, "the account")) }),
		product.Kind("policies", r.Policies(), func(p PolicyState) []string { return line("policy %s %q", p.Name, p.Description) }),
		product.Kind("groups", r.Groups(), func(name string) []string { return line("group %s", name) }),
		product.Kind("roles", r.Roles(), func(o RoleState) []string { return line("role %s", o.Name) }),
		r.aliasState(),
	}
}

// aliasState shows the alias of the account, a setting that counts as no resource.
func (r *RAM) aliasState() product.Resources {
	r.mu.Lock()
	defer r.mu.Unlock()
	aliases := []string{}
	if r.alias != "" {
		aliases = append(aliases, r.alias)
	}
	return product.Resources{Kind: "accountAliases", List: aliases}
}
