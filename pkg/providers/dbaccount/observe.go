package dbaccount

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// A state is the observed state of a binding.
type state struct {
	noInstance bool
	account    *Account // of the binding's name; nil: missing
	super      *Account // read only where one is needed
	host, port string
	asked      string // the step made just before
}

func observe(ctx context.Context, api API, t providers.Task, p plan, server Server) (providers.Seen, error) {
	var s state
	var facts providers.Facts
	s.asked, facts = effect.Asked(t)
	needSuper := t.Facts.Open[factSuper] != "" && t.Goal == providers.Present
	filter := p.Username
	if p.Chosen || needSuper {
		filter = "" // names that differ in case alone are one name, and the API's filter is exact
	}
	var list []Account
	found := server.ID != ""
	if found {
		var err error
		if list, found, err = api.Accounts(ctx, server.ID, filter); err != nil {
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
	s.host, s.port = server.Host, server.Port
	if found && t.Goal == providers.Present && (s.host == "" || s.port == "") {
		var err error
		if s.host, s.port, err = api.Address(ctx, server.ID); err != nil {
			return providers.Seen{}, err
		}
	}
	if known := s.remember(p); known.Open[factAccount] != t.Facts.Open[factAccount] {
		facts = facts.Merge(known)
	}
	exists := s.account != nil && p.owns(*s.account, t.Facts)
	return providers.Seen{Exists: exists, Facts: facts, State: s}, nil
}

// owns reports whether an account is this binding's. It has our description, or,
// if that was edited, the drawn name, or the name that the record has as made. An
// account with another binding's description is never ours.
func (p plan) owns(a Account, f providers.Facts) bool {
	switch {
	case a.Description == p.Description:
		return true
	case isDescription(a.Description):
		return false
	}
	return !p.Chosen && a.Name == p.Username || f.Open[factAccount] != "" && sameName(a.Name, p.Username)
}

// remember returns the ownership facts. An account once seen with our description
// stays ours; once gone, a new account of that name is not. An account that was
// made just before the look is given time to show.
func (s state) remember(p plan) providers.Facts {
	switch {
	case s.account != nil && s.account.Description == p.Description:
		return open(factAccount, "true")
	case s.account == nil && !s.noInstance && s.asked != stepAccount:
		return open(factAccount, "")
	}
	return providers.Facts{}
}
