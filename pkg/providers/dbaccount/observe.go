package dbaccount

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

// A state is the observed state of a binding.
type state struct {
	noInstance bool
	server     Address   // of our instance, as seen in this look
	account    *Account  // of the binding's name; nil: missing
	own        bool      // account belongs to the binding
	super      *Account  // read only where one is needed
	all        []Account // as far as they were read
	asked      string    // the step made just before
	// fresh is a password that nothing else knows. It is drawn here since Next is
	// pure; the first request that has one is frozen.
	fresh providers.Secret
}

func observe(ctx context.Context, api API, t providers.Task, p plan, at *Address) (providers.Seen, error) {
	var s state
	var facts providers.Facts
	s.asked, facts = effect.Asked(t)
	present := t.Goal == providers.Present
	needSuper := present && t.Facts.Open[factSuper] != ""
	filter := p.Username
	if p.Chosen || needSuper || present && (t.Facts.Open[factFull] != "" || t.Facts.Open[factRemoved] != "") {
		filter = "" // names that differ in case alone are one name, and the API's filter is exact
	}
	found := at != nil
	if found {
		s.server = *at
		var err error
		if s.all, found, err = api.Accounts(ctx, at.ID, filter); err != nil {
			return providers.Seen{}, err
		}
	}
	s.noInstance = !found
	s.account = s.find(p.Username)
	for i := range s.all {
		if a := &s.all[i]; needSuper && a.Type == Super && a != s.account {
			s.super = a
		}
	}
	s.own = s.account != nil && p.owns(*s.account, t)
	if s.account != nil && !s.own && p.claims(*s.account, t.Facts) {
		return providers.Seen{}, fmt.Errorf("%w: account %s of DB instance %s is recorded as made, and its description is not %s", providers.ErrForeign, s.account.Name, s.server.ID, p.Description)
	}
	facts = facts.Merge(s.remember(p, t))
	exists := s.own
	if !present {
		s.fresh = password.New()
		exists = s.own && (!isToLock(t, p) || t.Facts.Open[factLocked] != lockedSurely)
	}
	return providers.Seen{Exists: exists, Facts: facts, State: s}, nil
}

// find returns the account of a name, nil if it is not among the read ones.
func (s state) find(name string) *Account {
	for i := range s.all {
		if sameName(s.all[i].Name, name) {
			return &s.all[i]
		}
	}
	return nil
}

// owns reports whether an account is this binding's. It has our description, or
// the binding has taken it as a locked one, or, if the description was edited, it
// has the drawn name, or the sealed fact says that it was the binding's before. An
// account with another binding's description is never ours otherwise.
func (p plan) owns(a Account, t providers.Task) bool {
	switch {
	case isTaken(t, p):
		return false
	case a.Description == p.Description, p.hasTaken(a, t):
		return true
	case isDescription(a.Description):
		return false
	}
	return !p.Chosen && a.Name == p.Username || t.Facts.Secrets[factMark] == p.Description && sameName(a.Name, p.Username)
}

// hasTaken reports whether an account is one that was locked and that the binding
// has again.
func (p plan) hasTaken(a Account, t providers.Task) bool {
	return holds(t, p) && listedAccount(t, p.Username).isFound(&a)
}

// claims reports whether the open facts alone say that an account is this
// binding's. They prove nothing: the operator decides.
func (p plan) claims(a Account, f providers.Facts) bool {
	return f.Open[factAccount] != "" && !isDescription(a.Description)
}

// remember returns the ownership facts. An account once seen as ours by its
// description stays ours; once gone, a new account of that name is not. An account
// that was made just before the look is given time to show.
func (s state) remember(p plan, t providers.Task) providers.Facts {
	switch {
	case s.account != nil && (s.account.Description == p.Description || p.hasTaken(*s.account, t)):
		return known("true", p.Description)
	case s.account == nil && !s.noInstance && s.asked != stepAccount:
		return known("", "")
	}
	return providers.Facts{}
}

// known returns the ownership facts: made is for operators, mark is the proof.
func known(made, mark string) providers.Facts {
	facts := open(factAccount, made)
	facts.Secrets = map[string]string{factMark: mark}
	return facts
}
