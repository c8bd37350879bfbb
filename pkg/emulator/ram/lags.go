package ram

import (
	"net/netip"
	"slices"
	"time"
)

// A Behaviour has the delays of the real service and what its owner has set in the
// console. The zero value has none.
type Behaviour struct {
	// KeyLag is the time until the services know a new access key (A400).
	KeyLag time.Duration
	// PolicyLag is the time until an attached policy, or another default version,
	// takes effect (A401).
	PolicyLag time.Duration
	// RevokeLag is the time in which a detached policy still counts (A402).
	RevokeLag time.Duration
	// DetachLag is the time in which the deletion of a user, group, role or policy
	// answers DeleteConflict after a policy was detached, as Terraform's
	// provider expects of it.
	DetachLag time.Duration
	// KeySources is the network policy of the account's access keys, the ones of its
	// users included: the networks that they are used from; none means all (A409).
	KeySources []netip.Prefix
}

// Instant is the behaviour without delays.
func Instant() Behaviour { return Behaviour{} }

// Seconds is the behaviour for people at a terminal.
func Seconds() Behaviour {
	return Behaviour{KeyLag: time.Second, PolicyLag: 500 * time.Millisecond, RevokeLag: 500 * time.Millisecond}
}

// Realistic is the behaviour of the cloud.
func Realistic() Behaviour {
	return Behaviour{KeyLag: 10 * time.Second, PolicyLag: 30 * time.Second, RevokeLag: 30 * time.Second}
}

// Behave changes the behaviour from now on.
func (r *RAM) Behave(change func(*Behaviour)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.behaviour)
}

// within reports whether a delay that began at a time has not ended.
func (r *RAM) within(lag time.Duration, since time.Time) bool {
	return r.clock.Now().Before(since.Add(lag))
}

// lags reports whether a detachment is still spreading in the cloud.
func (r *RAM) lags(d detachment) bool {
	return d.from != "" && r.within(r.behaviour.DetachLag, d.at)
}

// A revocation is a policy that a user, group or role had until a time.
type revocation struct {
	version *policyVersion
	at      time.Time
}

// revoke remembers that a holder, named by its id, loses one of its policies. The
// revocations with an ended delay are dropped, and a policy that never took effect
// is left out.
func (r *RAM) revoke(holder string, attached []attachment, p *policy, now time.Time) {
	kept := slices.DeleteFunc(r.revoked[holder], func(old revocation) bool { return !r.within(r.behaviour.RevokeLag, old.at) })
	if i := attachedAt(attached, p); i >= 0 && !r.within(r.behaviour.PolicyLag, attached[i].at) {
		kept = append(kept, revocation{r.inForce(p), now})
	}
	if r.revoked[holder] = kept; len(kept) == 0 {
		delete(r.revoked, holder)
	}
}

// inForce is the version of a policy that counts: the default one, or the one
// before it for the time of PolicyLag.
func (r *RAM) inForce(p *policy) *policyVersion {
	if p.before != nil && r.within(r.behaviour.PolicyLag, p.switched) {
		return p.before
	}
	return p.current()
}

// documents are the policies that count for a holder, named by its id: the
// attached ones, and the ones that it lost a moment ago.
func (r *RAM) documents(holder string, attached []attachment) []document {
	var docs []document
	for _, a := range attached {
		if !r.within(r.behaviour.PolicyLag, a.at) {
			docs = append(docs, r.inForce(r.policyOf(a.kind, a.name)).doc)
		}
	}
	for _, old := range r.revoked[holder] {
		if r.within(r.behaviour.RevokeLag, old.at) {
			docs = append(docs, old.version.doc)
		}
	}
	return docs
}
