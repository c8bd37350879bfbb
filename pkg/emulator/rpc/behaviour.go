package rpc

import (
	"net/http"
	"sync"
	"time"
)

// A Behaviour is the set of the gateway's switches.
type Behaviour struct {
	// UnknownNotFound refuses what the emulator lacks as the cloud refuses what
	// does not exist, with codes that clients take as final: an unknown action is
	// 404 InvalidAction.NotFound, an unknown version 400 InvalidVersion (A013), all
	// else 400 NotImplemented.X. Official clients repeat a 501 for minutes.
	UnknownNotFound bool
	// ClockSkew is added to the time that the times of requests are compared with, in
	// every product: clients see their own clock as wrong by it (A004, A077).
	ClockSkew time.Duration
}

// Switches hold the Behaviour that products besides those of the gateway share.
// They are safe for concurrent use; the zero value is the default behaviour.
type Switches struct {
	mu        sync.Mutex
	behaviour Behaviour
}

// Behave changes the behaviour from now on.
func (s *Switches) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// UnknownNotFound reports whether clients are to take 501s as final.
func (s *Switches) UnknownNotFound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour.UnknownNotFound
}

// Now returns the time that the times of requests are compared with.
func (s *Switches) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().UTC().Add(s.behaviour.ClockSkew)
}

// unknownAction is the answer to an action that no table has.
func (c *call) unknownAction() *Error {
	switch {
	case !c.g.switches.UnknownNotFound():
		return Unsupported(c.action)
	case c.product.Version == "":
		return Errorf(http.StatusBadRequest, "InvalidVersion", "Specified parameter Version is not valid.")
	default:
		return Errorf(http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
	}
}
