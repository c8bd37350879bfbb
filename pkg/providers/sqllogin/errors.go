package sqllogin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Errors that services distinguish.
var (
	// ErrAdminRefused: the server refuses the name or password of the broker's own
	// account, as after a change by hand.
	ErrAdminRefused = errors.New("the server refuses the broker's own account")
	// ErrTLS: the server could be reached, and encryption as configured failed.
	ErrTLS = errors.New("the server's TLS is refused")
)

// Sentences for users.
const (
	textUnreachable = "The broker does not reach the database server; ask the operator of the broker to check that the broker's addresses are among the ones that the server admits (--broker-addresses), the server's security groups, and the routes between the two networks."
	textTLS         = "The broker refuses the certificate of the database server, or the server has no TLS; ask the operator of the broker."
	textRefused     = "The database server refuses the broker's own account; ask the operator of the broker to see whether it was changed by hand."
	textFull        = "The database server has all the connections it may have; close some of the applications' connections, or update to a larger plan. The broker goes on by itself."
	textReadOnly    = "The database server takes no changes for now, as while its disk is full: delete data, or update the instance to more storage. The broker goes on by itself."
	textStarting    = "The database server is starting or stopping; the broker goes on when it is ready."
	textLocked      = "The database is at work on what the broker has to change; the broker goes on when it is free."
	textNoRight     = "The broker's own account lacks a right on the database server; ask the operator of the broker."
)

// A refusal is the meaning of an answer of the server.
type refusal struct {
	reason   error
	sentence string
}

// refusalOf returns the meaning of an SQLSTATE (PostgreSQL, "Error Codes").
func refusalOf(code pqerror.Code) refusal {
	switch code {
	case "28P01", "28000": // invalid_password, invalid_authorization_specification
		return refusal{errors.Join(ErrAdminRefused, providers.ErrCredentials), textRefused}
	case "53300": // too_many_connections
		return refusal{providers.ErrWrongState, textFull}
	case "25006", "53100": // read_only_sql_transaction, disk_full
		return refusal{providers.ErrWrongState, textReadOnly}
	case "57P01", "57P02", "57P03": // shutdown, crash, cannot_connect_now
		return refusal{providers.ErrWrongState, textStarting}
	case "55P03", "57014", "40001", "40P01", "55006", "2BP01":
		// lock_not_available, query_canceled, serialization_failure, deadlock_detected,
		// object_in_use, dependent_objects_still_exist
		return refusal{providers.ErrWrongState, textLocked}
	case "42710", "42P04": // duplicate_object, duplicate_database
		return refusal{reason: providers.ErrExists}
	case "42704", "3D000": // undefined_object, invalid_catalog_name
		return refusal{reason: providers.ErrNotFound}
	case "42501": // insufficient_privilege
		return refusal{providers.ErrDenied, textNoRight}
	}
	return refusal{reason: providers.ErrUnexplained}
}

// classified returns an error of a statement with its reason. Text of the server stays
// out where it may quote a verifier. An answer that is lost leaves the outcome unknown.
func classified(err error) error {
	var answer *pq.Error
	switch {
	case err == nil, isClassified(err):
		return err
	case errors.As(err, &answer):
		r := refusalOf(answer.Code)
		text := answer.Message
		if strings.Contains(text, mechanism) {
			text = "(hidden)"
		}
		err = fmt.Errorf("%w: SQLSTATE %s (%s): %q", r.reason, answer.Code, answer.Code.Name(), text)
		if r.sentence == "" {
			return err
		}
		return providers.WithSentence(err, r.sentence)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: the connection is lost: %v", providers.ErrOutcomeUnknown, err) //nolint:errorlint // the driver's error is text for the log
}

// isClassified reports whether an error has a reason already.
func isClassified(err error) bool {
	_, isFailure := errors.AsType[*providers.Failure](err)
	return isFailure || errors.Is(err, providers.ErrUnreachable) || errors.Is(err, providers.ErrForeign) ||
		errors.Is(err, providers.ErrWrongState) || errors.Is(err, providers.ErrOutcomeUnknown)
}
