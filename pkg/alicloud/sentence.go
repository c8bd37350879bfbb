package alicloud

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Sentences are what a provider tells its users of codes that say what to change,
// by code or by family of codes ("InvalidX.*" for "InvalidX.Y"). They hold no ids
// and no times.
type Sentences map[string]string

// Of returns err so that Sentence tells it as s does. All else of it stays; what
// s does not know comes back as it is.
func (s Sentences) Of(err error) error {
	e, ok := asError(err)
	if !ok {
		return err
	}
	text := s[e.Code]
	if text == "" {
		family, _, _ := strings.Cut(e.Code, ".")
		text = s[family+".*"]
	}
	if text == "" {
		return err
	}
	return providers.WithSentence(err, text)
}
