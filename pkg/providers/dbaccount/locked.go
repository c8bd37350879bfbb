package dbaccount

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// A PasswordRequest is the request of lock-account. The new password is in the
// request alone, and is forgotten with it.
type PasswordRequest struct {
	InstanceID, Name string
	Password         providers.Secret
}

// A listed account is one of the list of the instance.
type listed providers.LockedAccount

// listedAccount returns the account of a name in the list of the instance, or nil.
func listedAccount(t providers.Task, name string) *listed {
	if t.Of == nil {
		return nil
	}
	for i := range t.Of.Locked {
		if sameName(t.Of.Locked[i].Name, name) {
			return (*listed)(&t.Of.Locked[i])
		}
	}
	return nil
}

// isFound reports whether an account of the server is the listed one. It has the
// description that it was listed with, and that description is a mark of ours:
// accounts of people stay theirs, whatever the list says.
func (l *listed) isFound(a *Account) bool {
	return l != nil && a != nil && sameName(a.Name, l.Name) && a.Description == l.Mark && isDescription(a.Description)
}

// isLocked reports whether no binding has the account.
func (l *listed) isLocked() bool { return l != nil && l.Holder == "" }

// checkLocked refuses the name of a locked account in other letters: servers compare
// the name of a login with case, and two such names are one to the API. Its error is
// for the user.
func (p plan) checkLocked(t providers.Task) error {
	if account := listedAccount(t, p.Username); account != nil && account.Name != p.Username {
		return providers.Failf(providers.Invalid, "The Username differs by case alone from %s, a locked account of this instance; write it so, or choose another.", account.Name)
	}
	return nil
}

// isTaken reports whether another binding has the account of the binding's name: one
// that expired lost its account to the list.
func isTaken(t providers.Task, p plan) bool {
	account := listedAccount(t, p.Username)
	return account != nil && !account.isLocked() && !holds(t, p)
}

// isToLeave reports whether the account of the binding, which is gone, is still in the
// list of the instance: the binding had it again, or it was locked as the binding
// expired.
func isToLeave(t providers.Task, p plan) bool {
	account := listedAccount(t, p.Username)
	return holds(t, p) || account.isLocked() && account.Mark == p.Description
}

// holds reports whether the binding has the account of its name again.
func holds(t providers.Task, p plan) bool {
	account := listedAccount(t, p.Username)
	return account != nil && account.Holder == t.Life.Incarnation
}

// isToLock reports whether the end of the binding locks the account. One that was
// never handed out has made nothing, so it is deleted, unless it was locked before
// this binding. The account of an expired binding is locked in any case.
func isToLock(t providers.Task, p plan) bool {
	if t.Expire {
		return true
	}
	if t.Of != nil && t.Of.Unbind == providers.DeleteAccount {
		return holds(t, p) && !t.Usable
	}
	return t.Usable || holds(t, p)
}

// nextToEnd locks or deletes the account if it is ours.
func nextToEnd(t providers.Task, p plan, s state) providers.Step {
	const removing = "The database account is being removed."
	switch a := s.account; {
	case !s.own:
		step := providers.DoneStep(nil)
		if isToLeave(t, p) && !s.noInstance && !t.Expire {
			step.Account = &providers.AccountChange{Event: providers.AccountGone, Name: p.Username}
		}
		return step
	case a.Busy:
		return providers.WaitStep(stepDeleteAccount, providers.Quick, removing)
	case isToLock(t, p):
		return nextToLock(t, s)
	default:
		return effect.Once(s.asked, stepDeleteAccount, removing, AccountRequest{InstanceID: s.server.ID, Name: a.Name})
	}
}

// nextToLock closes the login of the account. A lost call of a bind that set the
// password of a locked account may come late, so the lock is then repeated once
// every call has landed.
func nextToLock(t providers.Task, s state) providers.Step {
	const locking = "The database account is being locked."
	locked := t.Facts.Open[factLocked]
	if locked == lockedEarly && t.Unsure {
		return providers.WaitStep(stepLock, providers.Slow, locking)
	}
	if locked == lockedSurely {
		step := providers.DoneStep(nil)
		step.Account = &providers.AccountChange{Event: providers.AccountLocked, Name: s.account.Name, Mark: s.account.Description}
		return step
	}
	step := providers.CallStep(stepLock, PasswordRequest{InstanceID: s.server.ID, Name: s.account.Name, Password: s.fresh})
	step.Text = locking
	return step
}

// lockedFact returns the fact of a lock that was made.
func lockedFact(t providers.Task, p plan) providers.Facts {
	if t.Unsure && holds(t, p) {
		return open(factLocked, lockedEarly)
	}
	return open(factLocked, lockedSurely)
}

// nextToTake gives a locked account to the binding that names it: the list says so
// before the account gets the binding's password.
func nextToTake(p plan, s state) providers.Step {
	const taking = "The database account is being given its new password."
	if s.account.Busy {
		return providers.WaitStep(stepPassword, providers.Quick, taking)
	}
	step := providers.CallStep(stepPassword, AccountRequest{InstanceID: s.server.ID, Name: s.account.Name})
	step.Text = taking
	step.Account = &providers.AccountChange{Event: providers.AccountTaken, Name: p.Username}
	return step
}

// oldestLocked returns the account that was locked first, nil where none is.
func oldestLocked(t providers.Task) *listed {
	if t.Of == nil {
		return nil
	}
	for i := range t.Of.Locked {
		if account := (*listed)(&t.Of.Locked[i]); account.isLocked() {
			return account
		}
	}
	return nil
}

// nextToCreate makes the account. Where the server is full, the account that was
// locked first makes room, and leaves the list once it is gone.
func nextToCreate(t providers.Task, p plan, s state, text string) providers.Step {
	create := effect.Once(s.asked, stepAccount, text, AccountRequest{InstanceID: s.server.ID, Name: p.Username, Type: Normal, Description: p.Description})
	if listedAccount(t, p.Username) != nil { // a locked one of this name was deleted by hand
		create.Account = &providers.AccountChange{Event: providers.AccountTaken, Name: p.Username}
	}
	if removed := t.Facts.Open[factRemoved]; removed != "" {
		if account := listedAccount(t, removed); account.isLocked() && account.isFound(s.find(removed)) {
			return providers.WaitStep(stepDeleteLocked, providers.Quick, text)
		}
		create.Account = &providers.AccountChange{Event: providers.AccountRemoved, Name: removed}
		return create
	}
	oldest := oldestLocked(t)
	if t.Facts.Open[factFull] == "" || oldest == nil {
		return create
	}
	switch a := s.find(oldest.Name); {
	case a != nil && !oldest.isFound(a): // another one of that name
		create.Account = &providers.AccountChange{Event: providers.AccountGone, Name: oldest.Name}
		return create
	case a != nil && a.Busy:
		return providers.WaitStep(stepDeleteLocked, providers.Quick, text)
	}
	step := providers.CallStep(stepDeleteLocked, AccountRequest{InstanceID: s.server.ID, Name: oldest.Name})
	step.Text, step.Target = text, oldest.Name
	return step
}
