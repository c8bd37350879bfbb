package cloud

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// A CallerKind is the kind of identity that signed a request.
type CallerKind int

// The kinds of identity that can sign a request.
const (
	Account CallerKind = iota // the account itself
	User                      // a RAM user
	Role                      // a session of an assumed role
)

// String returns the word that STS uses for the kind (STS API,
// GetCallerIdentity, IdentityType).
func (k CallerKind) String() string {
	switch k {
	case User:
		return "RAMUser"
	case Role:
		return "AssumedRoleUser"
	default:
		return "Account"
	}
}

// A Caller is the identity that signed a request.
type Caller struct {
	AccountID   string // 16 digits
	AccessKeyID string
	Kind        CallerKind
	Name        string // RAM user or role name; empty for the account itself
	ID          string // RAM user's id; empty for others
	ARN         string // acs:ram::ACCOUNT:root, user/NAME or assumed-role/NAME/SESSION
	Policy      string // session policy document of an assumed role; may be empty

	Origin // how the request came
}

// An Origin is the way by which a request came, for conditions of policies. The
// zero value is an unknown origin.
type Origin struct {
	SourceIP netip.Addr // condition key acs:SourceIp; invalid if unknown
	Secure   bool       // condition key acs:SecureTransport: whether it came by TLS
	// Keys are the values of the product's own condition keys, such as oss:Prefix.
	Keys map[string][]string
}

// OriginOf returns the origin of a request: the address of the connection,
// whatever its headers claim.
func OriginOf(r *http.Request) Origin {
	c := Origin{Secure: r.TLS != nil}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil {
			c.SourceIP = ip.Unmap()
		}
	}
	return c
}

// A Key is an access key as the verifier of a signature needs it.
type Key struct {
	Secret  string
	Token   string    // the STS security token that must accompany the key; empty for long-lived keys
	Expires time.Time // zero for long-lived keys
	Active  bool
	Caller  Caller
	// Sources are the networks that the key is used from; none means all.
	Sources []netip.Prefix
}

// IsUsable reports whether the key is active, and used from one of its networks.
func (k Key) IsUsable(from Origin) bool {
	return k.Active && (len(k.Sources) == 0 || slices.ContainsFunc(k.Sources, func(network netip.Prefix) bool { return network.Contains(from.SourceIP) }))
}

// Keys finds access keys. ok is false where the id is unknown.
type Keys interface {
	Key(accessKeyID string) (key Key, ok bool)
}

// A Keyring looks an access key up in several Keys; the first hit wins.
type Keyring []Keys

// Key implements Keys.
func (r Keyring) Key(accessKeyID string) (Key, bool) {
	for _, keys := range r {
		if key, ok := keys.Key(accessKeyID); ok {
			return key, true
		}
	}
	return Key{}, false
}

// An Authorizer decides whether caller may do action ("oss:PutObject",
// "rds:CreateDBInstance") on resource ("acs:oss:*:ACCOUNT:bucket/key").
type Authorizer interface {
	Allowed(caller Caller, action, resource string) bool
}

// A Denier tells why an Authorizer allows nothing.
type Denier interface {
	// Denies reports whether a policy denies the action; else none allows it.
	Denies(caller Caller, action, resource string) bool
}
