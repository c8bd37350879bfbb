package alicloud

import (
	"context"
	"errors"
	"net/http"
	"strings"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An Op names a call to the cloud.
type Op struct {
	Product string // Rds, Ram, Vpc, Sts, Oss
	Action  string
	Access  Access
	// Secrets of the call, whatever they are: they are struck out of the text
	// of errors. Empty ones do no harm.
	Secrets []string
}

// product is the product in lower case, as SDKs differ in its spelling.
func (op Op) product() string { return strings.ToLower(op.Product) }

// Classify turns an error of one of the SDKs, or of the network, into an
// *Error with its kinds. An error that holds an *Error already keeps it. nil
// stays nil.
func Classify(op Op, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := asError(err); ok {
		return known
	}
	e := &Error{Product: op.Product, Action: op.Action}
	var (
		server  *sdkerrors.ServerError
		service *oss.ServiceError
	)
	switch {
	case errors.As(err, &server):
		e.Code, e.Status, e.RequestID = server.ErrorCode(), server.HttpStatus(), server.RequestId()
		e.Detail = redact(server.Message(), op.Secrets)
		e.Kinds = refusalKinds(op, e.Code, e.Status)
	case errors.As(err, &service):
		e.Code, e.Status, e.RequestID = service.Code, service.StatusCode, service.RequestID
		e.Detail = redact(service.Message, op.Secrets)
		e.Kinds = refusalKinds(op, e.Code, e.Status)
	default:
		e.Detail = redact(withoutURL(err), op.Secrets)
		e.Kinds = lostKinds(op, err)
	}
	return e
}

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// refusalKinds returns the kinds of an answer that is an error.
func refusalKinds(op Op, code string, status int) []error {
	kind := kindOf(op.Product, code)
	switch {
	case kind == nil:
	case errors.Is(kind, errEarlierTry) && op.Access == Read:
		return []error{providers.ErrWrongState}
	case errors.Is(kind, errEarlierTry):
		return []error{providers.ErrWrongState, providers.ErrOutcomeUnknown}
	case errors.Is(kind, providers.ErrOutcomeUnknown) && op.Access == Read:
		return nil
	default:
		return []error{kind}
	}
	switch {
	case status == http.StatusTooManyRequests:
		return []error{providers.ErrThrottled}
	case status >= http.StatusInternalServerError && op.Access == Write:
		return []error{providers.ErrOutcomeUnknown}
	}
	return nil
}

// lostKinds returns the kinds of an error without an answer.
func lostKinds(op Op, err error) []error {
	var kinds []error
	var unsent *notSentError
	if op.Access == Write && !errors.As(err, &unsent) {
		kinds = append(kinds, providers.ErrOutcomeUnknown)
	}
	for _, kind := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// kindOf looks a code up in its product's table, then in that of all products;
// in each first the code itself, then its family ("InvalidX.*" for
// "InvalidX.Y"). It returns nil for what stands in none.
func kindOf(product, code string) error {
	if code == "" {
		return nil
	}
	family := code
	if i := strings.IndexByte(code, '.'); i > 0 {
		family = code[:i] + ".*"
	}
	for _, table := range []map[string]error{productKinds(product), gatewayKinds} {
		for _, name := range []string{code, family} {
			if kind := table[name]; kind != nil {
				return kind
			}
		}
	}
	if strings.Contains(code, "Throttling") {
		return providers.ErrThrottled
	}
	return nil
}

func productKinds(product string) map[string]error {
	switch strings.ToLower(product) {
	case productRDS:
		return rdsKinds
	case productRAM:
		return ramKinds
	case productVPC:
		return vpcKinds
	case productSTS:
		return stsKinds
	case productOSS:
		return ossKinds
	}
	return nil
}

// The products, as endpoints are named.
const (
	productRDS = "rds"
	productRAM = "ram"
	productVPC = "vpc"
	productSTS = "sts"
	productOSS = "oss"
)

func products() []string { return []string{productRDS, productRAM, productVPC, productSTS, productOSS} }
