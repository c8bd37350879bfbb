package oss

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// checkSettings refuses unusable settings of a plan at the start, with the cause that an
// operator reads: settings of endpoints and kinds, and options that no instance without
// parameters could have.
func checkSettings(settings json.RawMessage) error {
	_, err := endpointSettingsOf(settings)
	if err == nil {
		_, err = kindsOf(settings)
	}
	if err == nil {
		_, err = prepareInstance(providers.Task{Settings: settings})
	}
	failure, ok := errors.AsType[*providers.Failure](err)
	switch {
	case !ok:
		return err
	case failure.Cause != nil:
		return failure.Cause
	}
	return fmt.Errorf("oss: the settings contradict each other: %s", failure.Text)
}
