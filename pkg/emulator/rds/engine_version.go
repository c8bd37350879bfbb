package rds

import (
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// upgradeDBInstanceEngineVersion is UpgradeDBInstanceEngineVersion of the RDS API: the next
// version of MySQL, up to 8.0, on local disks of HighAvailability and on ESSD ("Upgrade the major
// engine version" of RDS for MySQL). The codes of the refusals are guesses (A539). Behind the
// instance the same server goes on.
func (s *Service) upgradeDBInstanceEngineVersion(r *rpc.Request) (any, *rpc.Error) {
	version, fail := r.Require("EngineVersion")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	steps := []string{"5.5", "5.6", "5.7", "8.0"}
	at := slices.Index(steps, version)
	switch {
	case in.engine != mySQL || in.serverless != nil || in.storageType == "cloud_ssd":
		return nil, unfitEngine()
	case at < 1:
		return nil, bad("InvalidEngineVersion.Malformed", "EngineVersion is 5.6, 5.7 or 8.0.")
	case in.version != steps[at-1]:
		return nil, bad("IncorrectEngineVersion", "MySQL %s does not become %s in one step.", in.version, steps[at])
	case !in.class.sells(in.engine, steps[at]):
		return nil, missingClass()
	case in.change != nil:
		return nil, bad("InvalidOrderTask.NotSupport", "Another order of the instance is not finished.")
	}
	from, fail := in.effective(r)
	if fail != nil {
		return nil, fail
	}
	in.change = in.sameSpec()
	in.change.version = steps[at]
	in.beginAt(upgrading, from, from.Add(s.profile.Change))
	s.serial++
	return struct{ TaskId string }{formatID(s.serial)}, nil
}

// sameSpec is the change to what an instance is.
func (in *instance) sameSpec() *change {
	return &change{class: in.class, storage: in.storage, storageType: in.storageType, choices: in.choices, standbys: in.standbys, serverless: in.serverless.clone()}
}

// effective reads when a change begins: at once, or in the next maintenance window.
func (in *instance) effective(r *rpc.Request) (time.Time, *rpc.Error) {
	switch r.Get("EffectiveTime") {
	case "", "Immediate":
		return r.Now, nil
	case "MaintainTime":
		start, _, _ := strings.Cut(in.maintainTime(), "-")
		at, err := time.Parse("15:04Z", start)
		if err != nil {
			return r.Now, nil //nolint:nilerr // windows were checked when they were set
		}
		now := r.Now.UTC()
		from := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
		if from.Before(now) {
			from = from.AddDate(0, 0, 1)
		}
		return from, nil
	case "ScheduleTime":
		return time.Time{}, rpc.Unsupported(r.Action + ".EffectiveTime")
	default:
		return time.Time{}, bad("InvalidParameter", "EffectiveTime is Immediate or MaintainTime.")
	}
}
