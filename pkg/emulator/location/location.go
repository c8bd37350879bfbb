// Package location emulates the location service (2015-06-12), which returns
// the endpoints of a region's products to SDKs: here each endpoint is the
// address of the request, or the product's own host where the emulator is the
// proxy of a client that asks the real host of the service.
package location

import (
	_ "embed"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// A Service answers DescribeEndpoints.
type Service struct {
	regions    map[string]bool
	namespaces map[string]string // by the products' service codes
}

// New returns a Service for the endpoints of the products in the regions.
func New(regions []vpc.Region, products []product.Product) *Service {
	s := &Service{regions: map[string]bool{}, namespaces: map[string]string{}}
	for _, region := range regions {
		s.regions[region.ID] = true
	}
	for _, p := range products {
		if p.Namespace != "" {
			s.namespaces[p.Name] = p.Namespace
		}
	}
	return s
}

// Product describes the service to the emulator.
func (s *Service) Product() product.Product {
	return product.Product{Name: "location", Service: s, RPC: s.API()}
}

//go:embed actions.yaml
var contracts []byte

// API returns the actions that the gateway serves.
func (s *Service) API() rpc.API {
	return rpc.API{Name: "Location", Version: "2015-06-12", Actions: rpc.MustReadContracts(contracts).Actions(map[string]rpc.Action{
		"DescribeEndpoints": {Do: s.describeEndpoints, Free: true, ReadOnly: true},
	}, nil)}
}

type protocols struct{ Protocols []string }

// An endpoint has the API's own spelling of ServiceCode beside the right one.
type endpoint struct {
	Endpoint, Id, Namespace, Type string
	SerivceCode, ServiceCode      string
	Protocols                     protocols
}

// describeEndpoints is DescribeEndpoints of the location service.
func (s *Service) describeEndpoints(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("Id")
	if fail != nil {
		return nil, fail
	}
	code, fail := r.Require("ServiceCode")
	if fail != nil {
		return nil, fail
	}
	if !s.regions[id] {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidRegionId", "The specified region does not exist.")
	}
	kind := r.Get("Type")
	if kind == "" {
		kind = "openAPI"
	}
	type list struct{ Endpoint []endpoint }
	answer := struct {
		Success   bool
		Endpoints list
	}{true, list{[]endpoint{}}}
	if namespace, ok := s.namespaces[code]; ok && kind == "openAPI" {
		answer.Endpoints.Endpoint = append(answer.Endpoints.Endpoint, endpoint{
			Endpoint: hostFor(code, id, r.Host), Id: id, Namespace: namespace, Type: kind, SerivceCode: code, ServiceCode: code, Protocols: protocols{[]string{r.Protocol}},
		})
	}
	return answer, nil
}

// hostFor returns the endpoint of a product for a client that asks at a host. OSS
// needs its own, since its hosts name buckets.
func hostFor(code, region, asked string) string {
	switch {
	case !strings.HasSuffix(asked, ".aliyuncs.com"):
		return asked
	case code == "oss":
		return "oss-" + region + ".aliyuncs.com"
	case code == "ram":
		return "ram.aliyuncs.com"
	}
	return code + "." + region + ".aliyuncs.com"
}
