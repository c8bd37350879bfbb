package alicloud

import (
	_ "embed" // the table of hosts
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A Product is a product of the cloud that clients may call. The package that
// calls it states it; New registers it.
type Product struct {
	// Name in lower case, as endpoints are named: rds.
	Name string
	// Version of its API; empty for OSS, which has a single one.
	Version string
	// Host returns the real host in a region.
	Host func(region string) string
	// Codes are the reasons of its error codes, by code or by family of codes
	// ("InvalidX.*" for "InvalidX.Y"), or by the number of the exact cause that OSS
	// gives (EC), which comes before all codes. A code comes before its family, and both
	// before the codes shared by all products.
	Codes map[string]error
	// ActionCodes are the reasons of codes that mean something else with an action, by
	// action. They come before Codes.
	ActionCodes map[string]map[string]error
}

// ReasonOf looks a code of an action up, then as Reason does.
func (p Product) ReasonOf(action, code string) error {
	if reason := reasonIn(p.ActionCodes[action], code); reason != nil && code != "" {
		return reason
	}
	return p.Reason(code)
}

// Reason looks a code up in the codes of the product, then in the codes shared by
// all products; in each first the code itself, then its family. It returns nil for
// an unknown code.
func (p Product) Reason(code string) error {
	if code == "" {
		return nil
	}
	for _, codes := range []map[string]error{p.Codes, sharedCodes()} {
		if reason := reasonIn(codes, code); reason != nil {
			return reason
		}
	}
	if strings.Contains(code, "Throttling") {
		return providers.ErrThrottled
	}
	return nil
}

// ErrEarlierAttempt is the reason, in Codes, of codes that say that an earlier
// request with the same token is still at work. Errors with such
// a code have two reasons: ErrWrongState, since this request was refused and is worth
// repeating, and ErrOutcomeUnknown, since the earlier one continues.
var ErrEarlierAttempt = errors.New("an earlier attempt is under way")

// CentralHost returns the Host of a product that one host serves everywhere.
func CentralHost(product string) func(string) string {
	return func(string) string { return product + ".aliyuncs.com" }
}

//go:embed hosts_sts.yaml
var hostsOfSTS []byte

// STS returns the product that credentials and the caller's account come from.
// New registers it by itself.
func STS() Product {
	return Product{
		Name: "sts", Version: "2015-04-01", Host: TableHost(hostsOfSTS),
		Codes: map[string]error{ // page "Error messages"
			"EntityNotExist.Role":  providers.ErrNotFound,
			"AuthenticationFail.*": providers.ErrCredentials,
		},
	}
}

// EndpointsAt returns endpoints that put the products, and STS, behind one URL.
func EndpointsAt(u *url.URL, list ...Product) map[string]*url.URL {
	endpoints := map[string]*url.URL{}
	for _, p := range slices.Concat(list, []Product{STS()}) {
		endpoints[p.Name] = u
	}
	return endpoints
}

// products are the registered products by name.
type products map[string]Product

// register returns the products with STS among them. Several services may state
// the same product.
func register(list []Product) (products, error) {
	registered := products{}
	for _, p := range slices.Concat(list, []Product{STS()}) {
		if p.Name == "" || p.Name != strings.ToLower(p.Name) || p.Host == nil {
			return nil, fmt.Errorf("alicloud: product %q needs a name in lower case and a host", p.Name)
		}
		registered[p.Name] = p
	}
	return registered, nil
}

// names returns the sorted names.
func (p products) names() []string { return slices.Sorted(maps.Keys(p)) }

func reasonIn(codes map[string]error, code string) error {
	if reason := codes[code]; reason != nil {
		return reason
	}
	if family, _, found := strings.Cut(code, "."); found {
		return codes[family+".*"]
	}
	return nil
}
