package rampolicy

import (
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestExplainLinks_RefusedRemoval_NamesTheLink(t *testing.T) {
	refused := ExplainLinks(providers.ErrWrongState)
	if !errors.Is(refused, providers.ErrWrongState) || providers.Sentence(refused) == providers.Sentence(providers.ErrWrongState) {
		t.Errorf("%v has the sentence %q", refused, providers.Sentence(refused))
	}
	for _, other := range []error{nil, providers.ErrDenied} {
		if got := ExplainLinks(other); !errors.Is(got, other) {
			t.Errorf("%v became %v", other, got)
		}
	}
}
