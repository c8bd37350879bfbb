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
	AccountDefault Account = ""      // public access to new buckets is blocked; all else as in 2024
	Account2024    Account = "2024"  // before March 2025
	AccountToday   Account = "today" // since October 2025
)

// UnmarshalText refuses other accounts than the three.
func (a *Account) UnmarshalText(text []byte) error {
	switch given := Account(text); given {
	case AccountDefault, Account2024, AccountToday:
		*a = given
		return nil
	}
	return fmt.Errorf(`the account %q is unknown: use "2024", "today" or "" for the default`, text)
}

// buckets returns the switches of OSS for the account.
func (a Account) buckets() oss.Behaviour {
	return oss.Behaviour{BlockPublicAccess: a != Account2024, RefuseV1: a == AccountToday, RefusePublicData: a == AccountToday}
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
			buckets.Behave(func(b *oss.Behaviour) { *b = behaviour.Opened.buckets() })
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
