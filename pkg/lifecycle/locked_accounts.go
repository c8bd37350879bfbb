package lifecycle

import (
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

const (
	// keptRemoved is the number of removed accounts that a record lists.
	keptRemoved = 20
	// shownBinding is the length to which the list cuts a binding's id, in bytes.
	// Platforms send 36; the list of a server full of accounts fits into a record.
	shownBinding = 64
)

// ChangeAccount makes the change of a binding in the list of its instance, and
// reports whether the list was another one before.
func ChangeAccount(instance, binding *store.Record, c providers.AccountChange, now time.Time) bool {
	at := slices.IndexFunc(instance.Locked, func(a store.LockedAccount) bool {
		return a.Removed.IsZero() && strings.EqualFold(a.Name, c.Name)
	})
	var account store.LockedAccount
	if at >= 0 {
		account = instance.Locked[at]
	}
	id := strings.ToValidUTF8(binding.BindingID[:min(len(binding.BindingID), shownBinding)], "")
	locked, own := at >= 0 && account.Holder == "", at >= 0 && account.Holder == binding.Incarnation
	switch c.Event {
	case providers.AccountLocked:
		if locked && account.Binding == id && account.Mark == c.Mark {
			return false
		}
		account.Name, account.Mark, account.Binding = c.Name, c.Mark, id
		account.Locked, account.Holder = now, ""
	case providers.AccountTaken:
		if !locked {
			return false
		}
		account.Binding, account.Holder = id, binding.Incarnation
		instance.Locked = slices.Clone(instance.Locked)
		instance.Locked[at] = account
		return true
	case providers.AccountRemoved:
		if !locked {
			return false
		}
		account.Removed = now
	case providers.AccountGone:
		if !own && !locked {
			return false
		}
		instance.Locked = slices.Delete(slices.Clone(instance.Locked), at, at+1)
		return true
	}
	list := slices.Clone(instance.Locked)
	if at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	instance.Locked = withoutOldRemovals(append(list, account))
	return true
}

// withoutOldRemovals drops all but the last removed accounts.
func withoutOldRemovals(list []store.LockedAccount) []store.LockedAccount {
	removed := 0
	for i, account := range slices.Backward(list) {
		if account.Removed.IsZero() {
			continue
		}
		if removed++; removed > keptRemoved {
			list = slices.Delete(list, i, i+1)
		}
	}
	return list
}

// LockedAccounts returns the accounts of an instance as its provider reads them.
func LockedAccounts(instance *store.Record) []providers.LockedAccount {
	var accounts []providers.LockedAccount
	for i := range instance.Locked {
		if a := &instance.Locked[i]; a.Removed.IsZero() {
			accounts = append(accounts, providers.LockedAccount{Name: a.Name, Mark: a.Mark, Holder: a.Holder})
		}
	}
	return accounts
}

// ForgetHolder drops the account of a purged binding from the list of its
// instance, and reports whether there was one.
func ForgetHolder(instance *store.Record, incarnation string) bool {
	before := len(instance.Locked)
	instance.Locked = slices.DeleteFunc(slices.Clone(instance.Locked), func(a store.LockedAccount) bool {
		return a.Holder != "" && a.Holder == incarnation
	})
	return len(instance.Locked) != before
}
