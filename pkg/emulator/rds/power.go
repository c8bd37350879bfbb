package rds

import (
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// stopDBInstance is StopDBInstance of the RDS API: the instance is suspended, its endpoints
// stay, and its servers take no connections. RDS, "Suspend an instance", has the
// conditions; which code belongs to which of them is a guess (A530).
func (s *Service) stopDBInstance(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	switch {
	case in.status(r.Now) != running:
		return nil, bad("InvalidStatus.Format", "The instance is %s.", in.status(r.Now))
	case in.engine != mySQL && in.engine != "SQLServer":
		return nil, bad("EngineNotSupported", "Instances of %s cannot be stopped.", in.engine)
	case in.payType == prepaid, in.engine == mySQL && in.serverless != nil:
		return nil, bad("OperationDenied.PayType", "Only pay-as-you-go instances can be stopped.")
	case in.engine == mySQL && in.class.Kind == "s":
		return nil, bad("InvalidShareInstance.NotSupport", "Instances of shared classes cannot be stopped.")
	case in.engine == mySQL && (in.class.Kind != "x" || !slices.Contains([]string{basic, ha}, in.category) || !slices.Contains([]string{essd, "cloud_essd2", "cloud_essd3"}, in.storageType)):
		return nil, unfitEngine()
	}
	if fail := s.refuseLocked(in, r.Now); fail != nil {
		return nil, fail
	}
	in.begin(stopping, r.Now.Add(s.profile.Restart))
	s.admit(in)
	return nil, nil
}

// startDBInstance is StartDBInstance of the RDS API. The word for the state in between is
// that of the console (A532).
func (s *Service) startDBInstance(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	if status := in.status(r.Now); status != stopped {
		return nil, bad("InvalidStatus.Format", "The instance is %s.", status)
	}
	if fail := s.refuseLocked(in, r.Now); fail != nil {
		return nil, fail
	}
	s.wake(in, r.Now.Add(s.profile.Restart))
	s.serial++
	return struct{ TaskId, MigrationId uint64 }{firstID + s.serial, 0}, nil
}

// wake begins the start of a stopped instance. The caller holds mu.
func (s *Service) wake(in *instance, until time.Time) {
	in.stopped = false
	if in.serverless != nil {
		in.serverless.Awake = until
	}
	in.begin(s.behaviour.StartingState, until)
	s.admit(in)
}

// admit lets the clients of the whitelist reach the server of an instance, and no client
// while the instance is stopped or its disks cannot be read.
func (s *Service) admit(in *instance) {
	if in.server != nil {
		in.server.Allow(in.allowed())
	}
}

// pauseIdle stops the serverless instances with AutoPause that have been awake for the time
// of the switch IdlePause (RDS, "Configure automatic start and stop"). The caller
// holds mu.
func (s *Service) pauseIdle(now time.Time) {
	if s.behaviour.IdlePause <= 0 {
		return
	}
	for _, in := range s.order {
		if in.serverless == nil || !in.serverless.AutoPause {
			continue
		}
		in.applyDue(now)
		awake := in.serverless.Awake
		if awake.Before(in.readyAt) {
			awake = in.readyAt
		}
		if in.status(now) == running && !now.Before(awake.Add(s.behaviour.IdlePause)) {
			in.stopped = true
			s.admit(in)
		}
	}
}

// refuseLocked is the refusal of a change of a locked instance, nil for one that is free or
// locked in one of the given ways (A531).
func (s *Service) refuseLocked(in *instance, now time.Time, but ...string) *rpc.Error {
	mode := s.lockMode(in, now)
	if mode == unlocked || slices.Contains(but, mode) {
		return nil
	}
	return rpc.Errorf(http.StatusBadRequest, "IncorrectDBInstanceLockMode.ValueNotSupported", "The instance is locked: %s.", mode)
}
