package alicloud

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Sentences tell users which change helps, by code or by family of codes
// ("InvalidX.*" for "InvalidX.Y"). Each is constant text, free of ids and times.
type Sentences map[string]string

// Of returns err with its sentence, for providers.Sentence. An error of an unknown
// code is returned as it is.
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
