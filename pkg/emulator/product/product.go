// Package product describes one service of the emulated cloud to the program
// around it. A service is a folder that returns its Product, and one line in
// emulator.Products; the port, snapshots, the control API, the location service
// and reports of leftovers derive from that list.
package product

import (
	"encoding/json"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Product is one service with the abilities that it has: Name is required, and
// a zero field means that the service lacks the ability.
type Product struct {
	// Name is the product in RAM actions and faults ("rds:CreateDBInstance"), in
	// the saved state and in paths of the control API.
	Name string
	// Namespace is the product's word in the location service ("Rds"); the
	// location service omits a product whose Namespace is empty.
	Namespace string
	// Service is the value behind the product, for tests that need its own type.
	Service any

	// RPC is the API that the RPC gateway serves.
	RPC rpc.API
	// Handler serves requests of other protocols: the requests that Serves
	// accepts, or with a nil Serves each request that is left over.
	Handler http.Handler
	Serves  func(*http.Request) bool
	// MayChange reports whether a request to Handler can change the state; nil
	// means that each request can.
	MayChange func(*http.Request) bool
	// ReadOnly reports whether an action of Handler only reads. Actions of RPC
	// say so themselves.
	ReadOnly func(action string) bool
	// Unknown lists the requests that Handler answered with 501.
	Unknown func() []string

	// Keys finds the access keys that the product issues.
	Keys cloud.Keys
	// Authorizer decides for all products; one product of a cloud has it.
	Authorizer cloud.Authorizer

	// Snapshot returns the state, which Restore of an empty product takes in.
	// A product has both or neither.
	Snapshot func() (json.RawMessage, error)
	Restore  func(json.RawMessage) error
	// Resources lists the resources in the account, kind by kind.
	Resources func() []Resources
	// Behave calls change with a pointer to the struct of the product's switches.
	Behave func(change func(behaviour any))
	// Close waits for the product's work in the background.
	Close func()
}

// OnlyReads reports whether an action leaves the state of the product as it is.
// An unknown action counts as a change.
func (p Product) OnlyReads(action string) bool {
	if a, ok := p.RPC.Actions[action]; ok {
		return a.ReadOnly
	}
	return p.ReadOnly != nil && p.ReadOnly(action)
}

// Resources are the resources of one kind in the account. Resources of the start,
// as the default network, are left out.
type Resources struct {
	Kind  string   // "instances": the member of /state and /assert; unique among all products
	Count int      // how many exist
	List  any      // the resources as /state shows them, a slice
	Names []string // one line a resource and a part of it, for reports of leftovers
}

// Kind returns the Resources of a kind. Describe names a resource and its parts.
func Kind[T any](kind string, list []T, describe func(T) []string) Resources {
	if list == nil {
		list = []T{}
	}
	r := Resources{Kind: kind, Count: len(list), List: list}
	for _, x := range list {
		r.Names = append(r.Names, describe(x)...)
	}
	return r
}

// Behave adapts a service's own Behave method, which changes a B.
func Behave[B any](behave func(change func(*B))) func(change func(behaviour any)) {
	return func(change func(any)) { behave(func(b *B) { change(b) }) }
}
