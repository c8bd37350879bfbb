package lifecycle_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
)

func TestPanicError_ValueWithSecret_OmitsIt(t *testing.T) {
	const secret = "Sw0rdfish!"
	for _, value := range []any{secret, errors.New(secret), map[string]string{"Password": secret}} {
		err := &lifecycle.PanicError{Value: value}
		if text := fmt.Sprintf("%v %s %q %+v", err, err, err, err); strings.Contains(text, secret) {
			t.Errorf("a panic with a %T is printed as %s", value, text)
		}
	}
}

func TestPanicError_RuntimeFault_TellsIt(t *testing.T) {
	defer func() {
		err := &lifecycle.PanicError{Value: recover()}
		if !strings.Contains(err.Error(), "index out of range") {
			t.Errorf("the error is %q: want the text of the runtime", err)
		}
	}()
	letters := []byte(t.Name())
	for at := range len(letters) + 1 {
		letters[at]++
	}
}
