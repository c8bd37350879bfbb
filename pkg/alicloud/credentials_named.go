package alicloud

import "context"

// A Naming tells operators where the credentials of a source come from.
type Naming struct {
	Profile string // label of metrics
	Source  string // begins the texts of errors, such as "profile finance: static keys in /etc/finance"
}

// Named returns the source with a name in its metrics and errors. The name of a
// source that another one uses stays.
func Named(source CredentialsSource, n Naming) CredentialsSource { return named{source, n} }

type named struct {
	source CredentialsSource
	naming Naming
}

// measure implements measured.
func (n named) measure(m *metrics) {
	if source, ok := n.source.(measured); ok {
		source.measure(m.ofProfile(n.naming.Profile))
	}
}

// Credentials implements CredentialsSource.
func (n named) Credentials(ctx context.Context) (Key, error) {
	key, err := n.source.Credentials(ctx)
	if err == nil {
		return key, nil
	}
	known, ok := asError(err)
	if !ok {
		return Key{}, err
	}
	e := *known
	e.Detail = n.naming.Source + ": " + e.Detail
	return Key{}, &e
}

// Unavailable returns a source that has no key; detail says why and what to do. In
// metrics it has the name of the source that is unavailable, such as rrsa.
func Unavailable(source, detail string) CredentialsSource {
	return &unavailable{source: source, detail: detail}
}

type unavailable struct {
	source, detail string
	metrics        *metrics // may be nil
}

// measure implements measured.
func (u *unavailable) measure(m *metrics) {
	u.metrics = m
	m.expect(u.source)
}

// Credentials implements CredentialsSource.
func (u *unavailable) Credentials(context.Context) (Key, error) {
	err := credentialsError(u.source, u.detail, nil)
	u.metrics.refreshed(u.source, Key{}, err)
	return Key{}, err
}
