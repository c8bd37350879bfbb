package lifecycle

import (
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// OpenStrings unseals a JSON object of strings.
func OpenStrings(s store.Sealed) (map[string]string, error) {
	b, err := s.Open()
	if err != nil || b == nil {
		return nil, err
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("not an object of strings: %w", err)
	}
	return m, nil
}

// SealStrings seals a JSON object of strings; an empty map gives an empty value.
func SealStrings(m map[string]string) (store.Sealed, error) {
	if len(m) == 0 {
		return store.Sealed{}, nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return store.Sealed{}, fmt.Errorf("sealing: %w", err)
	}
	return store.Seal(b), nil
}
