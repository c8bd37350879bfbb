// Package location emulates the location service (2015-06-12), which tells SDKs
// where the products of a region are: here, all at the address at which the
// emulator was asked.
package location

import (
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Service answers DescribeEndpoints.
type Service struct {
	regions map[string]bool
}

// New returns a Service for these regions.
func New(regions []string) *Service {
	s := &Service{regions: make(map[string]bool, len(regions))}
	for _, id := range regions {
		s.regions[id] = true
	}
	return s
}

// serviceCodes are the products that the emulator has, by the code under which
// the location service knows them.
func serviceCodes() map[string]string {
	return map[string]string{"rds": "Rds", "vpc": "Vpc", "ram": "Ram", "sts": "Sts", "oss": "Oss"}
}

// Product registers the service with the gateway.
func (s *Service) Product() rpc.Product {
	return rpc.Product{Name: "Location", Version: "2015-06-12", Actions: map[string]rpc.Action{
		"DescribeEndpoints": {Do: s.describeEndpoints, Free: true},
	}}
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
	if namespace, ok := serviceCodes()[code]; ok && kind == "openAPI" {
		answer.Endpoints.Endpoint = append(answer.Endpoints.Endpoint, endpoint{
			Endpoint: r.Host, Id: id, Namespace: namespace, Type: kind, SerivceCode: code, ServiceCode: code, Protocols: protocols{[]string{r.Protocol}},
		})
	}
	return answer, nil
}
