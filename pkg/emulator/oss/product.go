package oss

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// Product describes the service to the emulator. OSS serves each request that
// the other products leave: its paths are the names of buckets and objects.
func (s *Service) Product() product.Product {
	return product.Product{
		Name: "oss", Namespace: "Oss", Service: s, Handler: s, MayChange: mayChange, ReadOnly: readOnly, Unknown: s.Unknown,
		Snapshot: s.Snapshot, Restore: s.Restore, Behave: product.Behave(s.Behave),
		Resources: func() []product.Resources {
			return []product.Resources{product.Kind("buckets", s.Buckets(), func(b BucketState) []string {
				return []string{fmt.Sprintf("bucket %s tags %v", b.Name, b.Tags)}
			})}
		},
	}
}

func mayChange(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// readOnly reports by the name of an operation whether it only reads.
func readOnly(action string) bool {
	name := strings.TrimPrefix(action, "oss:")
	return strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "Head") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Option")
}
