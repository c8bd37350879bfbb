package emulator

import (
	"fmt"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// An Account says when an account was opened. The cloud gives new accounts less
// than old ones; each difference is a switch of its own besides.
type Account string

// The accounts. A data call of today's goes to an internal endpoint, or to a host
// outside of aliyuncs.com, which counts as one.
const (
	AccountToday Account = "today" // since October 2025
	Account2024  Account = "2024"  // before March 2025
)

// UnmarshalText refuses other accounts than the two.
func (a *Account) UnmarshalText(text []byte) error {
	switch given := Account(text); given {
	case Account2024, AccountToday:
		*a = given
		return nil
	}
	return fmt.Errorf(`the account %q is unknown: use "today" or "2024"`, text)
}

// buckets returns the switches of OSS for the account.
func (a Account) buckets() oss.Behaviour {
	today := a == AccountToday
	return oss.Behaviour{BlockPublicAccess: today, RefuseV1: today, RefuseV1OfNewBuckets: today, RefusePublicData: today}
}

// An accountBehaviour is the switch over the single switches.
type accountBehaviour struct {
	// Opened sets the single switches when it changes; they can be changed after it.
	Opened Account
}

const accountName = "account"

// An account remembers which Account set the single switches last.
type account struct {
	mu     sync.Mutex
	opened Account
}

// accountProduct makes the switch reachable as /behaviour/account.
func (s *Server) accountProduct() Product {
	return Product{Name: accountName, Behave: product.Behave(func(change func(*accountBehaviour)) {
		s.account.mu.Lock()
		defer s.account.mu.Unlock()
		behaviour := accountBehaviour{s.account.opened}
		change(&behaviour)
		if behaviour.Opened == s.account.opened {
			return
		}
		s.account.opened = behaviour.Opened
		if buckets := s.OSS(); buckets != nil {
			opened := behaviour.Opened.buckets()
			buckets.Behave(func(b *oss.Behaviour) {
				b.BlockPublicAccess, b.RefusePublicData = opened.BlockPublicAccess, opened.RefusePublicData
				b.RefuseV1, b.RefuseV1OfNewBuckets = opened.RefuseV1, opened.RefuseV1OfNewBuckets
			})
		}
	})}
}

// Open gives the emulated account the single switches of an Account.
func (s *Server) Open(a Account) {
	s.behave(accountName, func(b any) {
		if own, ok := b.(*accountBehaviour); ok {
			own.Opened = a
		}
	})
}
