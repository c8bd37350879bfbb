package emulator_test

import (
	"maps"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// Reads collect the parameters that the code of actions read, by "Product:Action",
// with N for the number of an element.
type reads struct {
	mu     sync.Mutex
	byCall map[string]map[string]bool
}

// element is the number of an element in the name of a parameter.
var element = regexp.MustCompile(`\.[0-9]+(\.|$)`)

// products are the products of the emulator with observed actions.
func (rs *reads) products(e emulator.Environment) ([]emulator.Product, error) {
	products, err := emulator.Products(e)
	for i, p := range products {
		observed := make(map[string]rpc.Action, len(p.RPC.Actions))
		for name, action := range p.RPC.Actions {
			observed[name] = rs.observed(p.RPC.Name+":"+name, action)
		}
		products[i].RPC.Actions = observed
	}
	return products, err
}

func (rs *reads) observed(call string, action rpc.Action) rpc.Action {
	rs.byCall[call] = map[string]bool{}
	do := action.Do
	action.Do = func(r *rpc.Request) (any, *rpc.Error) {
		r.Observe = func(parameter string) {
			rs.mu.Lock()
			defer rs.mu.Unlock()
			rs.byCall[call][element.ReplaceAllString(parameter, ".N$1")] = true
		}
		return do(r)
	}
	return action
}

// An action reads the parameters that its table calls implemented or checked, and no
// others: code for a parameter that is refused, or taken by its default, is dead.
func TestParameters_OfTheTable_AreTheOnesRead(t *testing.T) {
	t.Parallel()
	scenarios := answerScenarios()
	for _, api := range rpcAPIs(t) {
		if api.Name == "Location" { // it lists the products and is none of them
			continue
		}
		rs := &reads{byCall: map[string]map[string]bool{}}
		srv := emulatortest.New(t, emulatortest.WithProducts(rs.products), emulatortest.WithClock(cloud.NewFrozenClock(time.Now())))
		scenarios[api.Name](t, &answers{caller: newCaller(t, srv), api: api, seen: map[string]map[string]bool{}})
		for _, action := range slices.Sorted(maps.Keys(api.Actions)) {
			c, read := api.Actions[action].Contract, rs.byCall[api.Name+":"+action]
			wanted := slices.Concat(c.Implements, c.Checks)
			for _, name := range wanted {
				if !read[name] {
					t.Errorf("%s:%s: the code reads no parameter %s", api.Name, action, name)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(read)) {
				if !slices.Contains(wanted, name) && !slices.Contains(rpc.CommonParameters(), name) {
					t.Errorf("%s:%s: the code reads %s, which the table does not let through", api.Name, action, name)
				}
			}
		}
	}
}
