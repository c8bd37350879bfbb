package alicloud

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// classify turns an error of one of the SDKs, or of the network, into an *Error
// with its reasons. An *Error inside err is returned as it is, and nil stays nil.
func (p products) classify(op Op, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := asError(err); ok {
		return known
	}
	e := &Error{Product: op.Product, Action: op.Action}
	code := "" // as answered
	var (
		server  *sdkerrors.ServerError
		service *oss.ServiceError
	)
	switch {
	case errors.As(err, &server):
		code, e.Status, e.RequestID = server.ErrorCode(), server.HttpStatus(), server.RequestId()
		e.Detail = redact(server.Message(), op.Secrets)
		e.Reasons = refusalReasons(op, p[op.product()].ReasonOf(op.Action, code), e.Status, code != "")
	case errors.As(err, &service):
		code, e.Status, e.RequestID = service.Code, service.StatusCode, service.RequestID
		e.Detail = redact(service.Message, op.Secrets)
		reason := p[op.product()].Reason(service.EC) // the exact cause, where the product names it
		if reason == nil {
			reason = p[op.product()].Reason(code)
		}
		e.Reasons = refusalReasons(op, reason, e.Status, code != "" && code != noCode)
	default:
		e.Detail = redact(withoutURL(err), op.Secrets)
		e.Reasons = lossReasons(op, err)
	}
	e.Code, e.RequestID = redactIdentifier(code, op.Secrets), redactIdentifier(e.RequestID, op.Secrets)
	return e
}

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// noCode is the code that the OSS SDK gives to an answer without one, such as the
// page of a gateway.
const noCode = "BadErrorResponse"

// refusalReasons returns the reasons of an answer that is an error; reason is
// that of its code, and coded reports whether the answer has one.
// ErrOutcomeUnknown is for writes: a read may be repeated.
func refusalReasons(op Op, reason error, status int, coded bool) []error {
	switch {
	case reason == nil:
	case errors.Is(reason, ErrEarlierAttempt) && op.Access == Read:
		return []error{providers.ErrWrongState}
	case errors.Is(reason, ErrEarlierAttempt):
		return []error{providers.ErrWrongState, providers.ErrOutcomeUnknown}
	case errors.Is(reason, providers.ErrOutcomeUnknown) && op.Access == Read:
		return nil
	default:
		return []error{reason}
	}
	switch {
	case status == http.StatusTooManyRequests:
		return []error{providers.ErrThrottled}
	case status >= http.StatusInternalServerError && op.Access == Write:
		return []error{providers.ErrOutcomeUnknown}
	case coded && status/100 == 4 && status != http.StatusRequestTimeout:
		return []error{providers.ErrUnexplained}
	}
	return nil
}

// lossReasons returns the reasons of a call without an answer.
func lossReasons(op Op, err error) []error {
	if unsendable, ok := errors.AsType[*unsendableError](err); ok {
		return []error{unsendable.reason()}
	}
	if u, ok := errors.AsType[*url.Error](err); ok && u.Op == "parse" { // the parameters make no URL
		return []error{providers.ErrInvalid}
	}
	if op.Internal && isWithoutRoute(err) {
		return []error{providers.ErrUnreachable}
	}
	var reasons []error
	var unsent *notSentError
	if op.Access == Write && !errors.As(err, &unsent) {
		reasons = append(reasons, providers.ErrOutcomeUnknown)
	}
	for _, reason := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// isWithoutRoute reports whether no connection was made, since a name resolved
// nowhere or no host answered.
func isWithoutRoute(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && (failed.Op == "dial" || failed.Op == "proxyconnect")
}
