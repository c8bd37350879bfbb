package rpc

import (
	"context"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// run does the action, with the next fault for it if there is one.
func (c *call) run() {
	fault, faulty := c.g.faults.Take(strings.ToLower(c.product.Name) + ":" + c.action)
	if !faulty {
		c.do()
		return
	}
	fault.Wait(c.r.Context())
	switch fault.Effect {
	case cloud.Slow:
		c.do()
	case cloud.FailBefore:
		fault.Strike()
		c.fail(faultError(fault), false)
	case cloud.DropBefore:
		c.lose(fault, false)
	case cloud.Hang:
		c.record(0, "", false)
		fault.Strike()
		c.g.faults.Hold(c.r.Context())
		cloud.DropConnection()
	case cloud.DropAfter:
		c.lose(fault, true)
	case cloud.FailAfter:
		_, err := c.operation.Do(c.request())
		fault.Strike()
		if err != nil {
			c.fail(err, false)
			return
		}
		c.fail(faultError(fault), true)
	case cloud.Twice:
		_, err := c.operation.Do(c.request())
		c.record(0, "", err == nil)
		fault.Strike()
		c.do()
	case cloud.HangAfter:
		_, err := c.operation.Do(c.request())
		c.record(0, "", err == nil)
		fault.Strike()
		c.g.faults.Hold(c.r.Context())
		cloud.DropConnection()
	case cloud.Late:
		c.g.faults.Hold(context.WithoutCancel(c.r.Context()))
		c.lose(fault, true)
	}
}

// lose drops the connection, after doing the action or instead.
func (c *call) lose(fault cloud.Fault, do bool) {
	done := false
	if do {
		_, err := c.operation.Do(c.request())
		done = err == nil
	}
	c.record(0, "", done)
	fault.Strike()
	cloud.DropConnection()
}

// faultError is the error that a fault answers. A zero Status is replaced by
// the one of the code in the gateway's tables.
func faultError(f cloud.Fault) *Error {
	code, status := f.Code, f.Status
	if code == "" {
		code = "ServiceUnavailable"
	}
	if status == 0 {
		status = statusOf(code)
	}
	return Errorf(status, code, "The request failed because a fault was asked for.")
}

func statusOf(code string) int {
	switch {
	case code == "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case code == "InternalError":
		return http.StatusInternalServerError
	case code == "Forbidden.RAM", code == "Forbidden.NoPermission", code == "NoPermission", strings.HasPrefix(code, "OperationDenied."):
		return http.StatusForbidden
	case strings.HasSuffix(code, ".NotFound"), strings.HasPrefix(code, "EntityNotExist."):
		return http.StatusNotFound
	case strings.HasPrefix(code, "EntityAlreadyExists."), strings.HasPrefix(code, "DeleteConflict."), strings.HasPrefix(code, "LimitExceeded."):
		return http.StatusConflict
	default:
		return http.StatusBadRequest
	}
}
