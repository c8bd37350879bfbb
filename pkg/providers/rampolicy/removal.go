package rampolicy

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A Detacher takes policies from the users, or from the roles, of an account.
type Detacher interface {
	// Attached lists the policies of the user or role.
	Attached(ctx context.Context, name string) ([]Attachment, error)
	Detach(ctx context.Context, name string, a Attachment) error
}

// DetachOne takes one policy from the user or role. A missing one is a success.
func DetachOne(ctx context.Context, from Detacher, name string) error {
	attached, err := from.Attached(ctx, name)
	if err != nil || len(attached) == 0 {
		return providers.UnlessMissing(err)
	}
	return providers.UnlessMissing(from.Detach(ctx, name, attached[0]))
}

// Forgotten returns the facts of a removal that ended with err: they clear the fact
// that something was made.
func Forgotten(fact string, err error) (providers.Facts, error) {
	if err := providers.UnlessMissing(err); err != nil {
		return providers.Facts{}, ExplainLinks(err)
	}
	return OpenFact(fact, ""), nil
}

// OpenFact returns one fact that operators see.
func OpenFact(name, value string) providers.Facts {
	return providers.Facts{Open: map[string]string{name: value}}
}
