package metadata

// A Behaviour is the set of switches in which metadata services differ.
type Behaviour struct {
	// AllowV1 answers requests without a token too (A123).
	AllowV1 bool
	// RefuseToken refuses to give tokens, as services without the hardened mode do (A450).
	RefuseToken bool
}

// Behave changes the behaviour from now on.
func (s *Service) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.switches)
}

func (s *Service) behaviour() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.switches
}
