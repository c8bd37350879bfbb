package metadata

import (
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// Name is the name of the product.
const Name = "metadata"

// Product describes the service to the emulator. Reading the key of the role can
// issue one, so each request may change the state.
func (s *Service) Product() product.Product {
	return product.Product{
		Name: Name, Service: s, Handler: s, Behave: product.Behave(s.Behave),
		Serves: func(r *http.Request) bool { return strings.HasPrefix(folded(r.URL.Path), "/latest/") },
	}
}
