package sts

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"

// Product describes the service to the emulator. Sessions expire by themselves
// and do not count as resources.
func (s *Service) Product() product.Product {
	return product.Product{
		Name: "sts", Namespace: "Sts", Service: s, RPC: s.API(), Keys: s, Snapshot: s.Snapshot, Restore: s.Restore,
	}
}
