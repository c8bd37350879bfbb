package rds

import (
	"fmt"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// Product describes the service to the emulator.
func (s *Service) Product() product.Product {
	return product.Product{
		Name: "rds", Namespace: "Rds", Service: s, RPC: s.API(),
		Snapshot: s.Snapshot, Restore: s.Restore, Behave: product.Behave(s.Behave), Close: s.Close,
		Handler: http.HandlerFunc(s.serveAuthority), Serves: isAuthority,
		Resources: func() []product.Resources {
			return []product.Resources{
				product.Kind("instances", s.Instances(), InstanceState.names),
				product.Kind("keptBackups", s.KeptBackups(), KeptBackups.names),
				{Kind: "serviceLinkedRoles", List: s.ServiceRoles()}, // which stay of the account
			}
		},
	}
}

// names describes an instance with its accounts and databases, a line each.
func (i InstanceState) names() []string {
	names := []string{fmt.Sprintf("instance %s %q tags %v", i.ID, i.Description, i.Tags)}
	for _, a := range i.Accounts {
		names = append(names, fmt.Sprintf("account %s of %s", a.Name, i.ID))
	}
	for _, d := range i.Databases {
		names = append(names, fmt.Sprintf("database %s of %s", d, i.ID))
	}
	return names
}
