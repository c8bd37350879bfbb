package emulator

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// Resources lists the resources of the account, kind by kind. The account's own
// key and the networks of the start are left out.
func (s *Server) Resources() []product.Resources { return resourcesOf(s.products) }

func resourcesOf(products []Product) []product.Resources {
	var all []product.Resources
	for _, p := range products {
		if p.Resources != nil {
			all = append(all, p.Resources()...)
		}
	}
	return all
}

// Leftovers describes each resource that exists and its parts, a line each.
func (s *Server) Leftovers() []string {
	var lines []string
	for _, r := range s.Resources() {
		lines = append(lines, r.Names...)
	}
	return lines
}

// Empty reports whether the account is without resources.
func (s *Server) Empty() bool {
	for _, r := range s.Resources() {
		if r.Count > 0 {
			return false
		}
	}
	return true
}

// state is the body of GET /state: the resources by their kind.
func (s *Server) state() map[string]any {
	state := map[string]any{}
	for _, r := range s.Resources() {
		state[r.Kind] = r.List
	}
	return state
}

// ReadOnly reports whether a call only reads, by the word of its product.
func (s *Server) ReadOnly(call cloud.Call) bool {
	for _, p := range s.products {
		if p.Namespace == call.Product || p.RPC.Name == call.Product {
			return p.OnlyReads(call.Action)
		}
	}
	return false
}

// product finds a product by its name; it is zero where the list lacks it.
func (s *Server) product(name string) Product {
	for _, p := range s.products {
		if p.Name == name {
			return p
		}
	}
	return Product{}
}

// Service returns the service of type T behind one of the products, for tests
// that look into it, or a zero T if there is none.
func Service[T any](s *Server) T {
	var none T
	for _, p := range s.products {
		if service, ok := p.Service.(T); ok {
			return service
		}
	}
	return none
}
