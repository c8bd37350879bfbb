package providers

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"strings"
)

// A Life is the origin of names, tokens and tags in the cloud: the broker and the
// incarnation of an instance or binding. Platforms may use any string as an id and
// use it again after a deletion; a life is unique.
type Life struct {
	BrokerID    string
	Incarnation string // 128 random bits in hex
}

// Hash returns n characters of [a-z2-7], five bits each. The same life and words
// always give the same hash. 15 characters hold 75 bits.
func (l Life) Hash(n int, words ...string) string {
	h := sha256.New()
	for _, w := range append([]string{l.BrokerID, l.Incarnation}, words...) {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:n]
}

// Token returns the ClientToken of a step: 52 ASCII characters (the APIs take
// 64), the same for every retry of it.
func (l Life) Token(operation, step string) string {
	return l.Hash(52, "token", operation, step)
}

// BindingHash returns the hash of the binding's id, for marks of resources that
// belong to a binding: 20 characters of [a-z2-7], 100 bits.
func (t Task) BindingHash() string {
	return Life{BrokerID: t.Life.BrokerID}.Hash(20, "binding", t.BindingID)
}

// Merge returns a new set: the facts of f, overridden by the facts of other.
func (f Facts) Merge(other Facts) Facts {
	return Facts{Open: merged(f.Open, other.Open), Secrets: merged(f.Secrets, other.Secrets)}
}

func merged(a, b map[string]string) map[string]string {
	if len(a)+len(b) == 0 {
		return nil
	}
	m := maps.Clone(a)
	if m == nil {
		m = make(map[string]string, len(b))
	}
	maps.Copy(m, b)
	return m
}

// IsZero reports whether f is empty.
func (f Facts) IsZero() bool { return len(f.Open)+len(f.Secrets) == 0 }
