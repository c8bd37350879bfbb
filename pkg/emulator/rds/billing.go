package rds

import (
	"strconv"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const postpaid, prepaid = "Postpaid", "Prepaid"

// billing reads the pay type of an instance and the end of its paid time, which
// is zero for a postpaid one (RDS API, CreateDBInstance, PayType, Period and
// UsedTime).
func billing(r *rpc.Request, payType string) (kind string, expires time.Time, fail *rpc.Error) {
	switch payType {
	case postpaid:
		return postpaid, time.Time{}, nil
	case serverlessPay:
		return serverlessPay, time.Time{}, nil
	case prepaid:
		period := r.Get("Period")
		used, err := strconv.Atoi(r.Get("UsedTime"))
		if limit := map[string]int{"Year": 5, "Month": 11}[period]; err != nil || used < 1 || used > limit {
			return "", time.Time{}, bad("Order.PeriodInvalid", "Prepaid needs a Period of Year (UsedTime 1 to 5) or Month (1 to 11).")
		}
		if period == "Year" {
			return prepaid, r.Now.AddDate(used, 0, 0), nil
		}
		return prepaid, r.Now.AddDate(0, used, 0), nil
	default:
		return "", time.Time{}, bad("InvalidParameter", "PayType is Postpaid, Prepaid or Serverless.")
	}
}

// modifyPayType is TransformDBInstancePayType and ModifyDBInstancePayType of
// the RDS API.
func (s *Service) modifyPayType(r *rpc.Request) (any, *rpc.Error) {
	payType, fail := r.Require("PayType")
	if fail != nil {
		return nil, fail
	}
	kind, expires, fail := billing(r, payType)
	if fail != nil {
		return nil, fail
	}
	// All but true counts as false (RDS API, TransformDBInstancePayType).
	renew := r.Action == "TransformDBInstancePayType" && r.Get("AutoRenew") == "true"
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	if in.payType == kind || in.serverless != nil || kind == serverlessPay {
		return nil, bad("OperationDenied.PayType", "The instance is %s.", kind)
	}
	if in.protected {
		return nil, bad("OperationDenied.PayType", "DeletionProtection is for pay-as-you-go instances.")
	}
	in.payType, in.expires, in.choices.AutoRenew = kind, expires, renew
	s.serial++
	return struct {
		DBInstanceId, ExpiredTime, ChargeType string
		OrderId                               uint64
	}{in.id, in.expireTime(), kind, firstID + s.serial}, nil
}
