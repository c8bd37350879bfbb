package rampolicy

import (
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// textLinked is the sentence for a removal that RAM refuses. RAM does so for a while
// after the last link is gone, and for as long as a link is left that people made.
const textLinked = "RAM still counts a link of this binding's user, role or policy, which ends by itself within minutes. If it lasts, the operator of the broker removes the link that was made by hand, such as the policy at another user or role, and the broker goes on by itself."

// ExplainLinks adds the sentence to the error of a removal that RAM refuses because
// of a link (RAM API, "Error codes": DeleteConflict).
func ExplainLinks(err error) error {
	if errors.Is(err, providers.ErrWrongState) {
		return providers.WithSentence(err, textLinked)
	}
	return err
}
