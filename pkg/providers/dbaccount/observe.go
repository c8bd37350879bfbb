package dbaccount

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// A state is the observed state of a binding.
type state struct {
	noInstance bool
	server     Address  // of our instance, as seen in this look
	account    *Account // of the binding's name; nil: missing
	super      *Account // read only where one is needed
	asked      string   // the step made just before
}

func observe(ctx context.Context, api API, t providers.Task, p plan, at *Address) (providers.Seen, error) {
	var s state
	var facts providers.Facts
	s.asked, facts = effect.Asked(t)
	needSuper := t.Facts.Open[factSuper] != "" && t.Goal == providers.Present
	filter := p.Username
	if p.Chosen || needSuper {
		filter = "" // names that differ in case alone are one name, and the API's filter is exact
	}
	var list []Account
	found := at != nil
	if found {
		s.server = *at
		var err error
		if list, found, err = api.Accounts(ctx, at.ID, filter); err != nil {
			return providers.Seen{}, err
		}
	}
	s.noInstance = !found
	for _, a := range list {
		switch {
		case sameName(a.Name, p.Username):
			s.account = &a
		case needSuper && a.Type == Super:
			s.super = &a
		}
	}
	if s.account != nil && !p.owns(*s.account, t.Facts) && p.claims(*s.account, t.Facts) {
		return providers.Seen{}, fmt.Errorf("%w: account %s of DB instance %s is recorded as made, and its description is not %s", providers.ErrForeign, s.account.Name, s.server.ID, p.Description)
	}
	facts = facts.Merge(s.remember(p))
	exists := s.account != nil && p.owns(*s.account, t.Facts)
	return providers.Seen{Exists: exists, Facts: facts, State: s}, nil
}

// owns reports whether an account is this binding's. It has our description, or,
// if that was edited, the drawn name, or the sealed fact that it once had our
// description. An account with another binding's description is never ours.
func (p plan) owns(a Account, f providers.Facts) bool {
	switch {
	case a.Description == p.Description:
		return true
	case isDescription(a.Description):
		return false
	}
	return !p.Chosen && a.Name == p.Username || f.Secrets[factMark] == p.Description && sameName(a.Name, p.Username)
}

// claims reports whether the open facts alone say that an account is this
// binding's. They prove nothing: the operator decides.
func (p plan) claims(a Account, f providers.Facts) bool {
	return f.Open[factAccount] != "" && !isDescription(a.Description)
}

// remember returns the ownership facts. An account once seen with our description
// stays ours; once gone, a new account of that name is not. An account that was
// made just before the look is given time to show.
func (s state) remember(p plan) providers.Facts {
	switch {
	case s.account != nil && s.account.Description == p.Description:
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
