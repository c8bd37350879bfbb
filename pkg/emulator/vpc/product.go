package vpc

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"

// Product describes the service to the emulator. Networks exist from the start
// and do not count as resources.
func (s *Service) Product() product.Product {
	return product.Product{
		Name: "vpc", Namespace: "Vpc", Service: s, RPC: s.API(), Snapshot: s.Snapshot, Restore: s.Restore,
	}
}
