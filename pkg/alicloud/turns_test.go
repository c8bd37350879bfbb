package alicloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// However many calls of one tenant wait for the rate limit, a call of another one
// comes next but one, and calls of one tenant keep their order.
func TestTurns_BusyTenant_DelaysOthersByOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var line turns
		var order []string
		if err := line.take(t.Context(), "busy"); err != nil {
			t.Fatal(err)
		}
		for _, tenant := range append(slices.Repeat([]string{"busy"}, 50), "b", "c", "b") {
			go func() {
				if err := line.take(t.Context(), tenant); err != nil {
					t.Error(err)
				}
				order = append(order, tenant)
				line.pass()
			}()
			synctest.Wait()
		}
		line.pass()
		synctest.Wait()
		if want := []string{"busy", "b", "c", "busy", "b", "busy"}; len(order) != 53 || !slices.Equal(order[:6], want) {
			t.Errorf("%d calls had their turns, the first as %v, want %v", len(order), order[:6], want)
		}
		if line.taken || len(line.order) != 0 || len(line.waiting) != 0 {
			t.Errorf("at the end the turns are %+v", &line)
		}
	})
}

// A call that gives up leaves the line, and takes no turn from the others.
func TestTurns_CallGivesUp_LeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var line turns
		if err := line.take(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 2)
		for range 2 {
			go func() { gone <- line.take(ctx, "b") }()
		}
		served := false
		go func() {
			if err := line.take(t.Context(), "c"); err == nil {
				served = true
				line.pass()
			}
		}()
		synctest.Wait()
		cancel()
		for range 2 {
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("a call that gave up got %v", err)
			}
		}
		line.pass()
		synctest.Wait()
		if !served || line.taken || len(line.order) != 0 {
			t.Errorf("served %t; at the end the turns are %+v", served, &line)
		}
	})
}

// The rate limit is shared by tenants through the whole way of a call.
func TestClients_BusyTenant_LeavesOthersTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Region: "cn-hangzhou", Credentials: testKey(), CallsPerSecond: 1}, testProducts()...)
		if err != nil {
			t.Fatal(err)
		}
		var (
			mu    sync.Mutex
			order []string
		)
		call := func(c *Clients, tenant string) {
			go func() {
				err := c.Call(providers.WithTenant(t.Context(), tenant), Op{Product: "Rds"}, func(Key) error {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, tenant)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		for name, clients := range map[string]func(int) *Clients{
			"Broker": func(int) *Clients { return c },
			"Users":  func(n int) *Clients { return c.With(Static(Key{ID: fmt.Sprint("key", n), Secret: "s"})) },
		} {
			order = nil
			for n := range 30 {
				call(clients(n), "busy")
			}
			call(clients(100), "other")
			sleepSeconds(60)
			synctest.Wait()
			if at := slices.Index(order, "other"); len(order) != 31 || at > 3 {
				t.Errorf("%s: the call of the other tenant is number %d of 31", name, at+1)
			}
		}
	})
}
