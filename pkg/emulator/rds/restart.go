package rds

import (
	"context"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// restartDBInstance is RestartDBInstance of the RDS API. With an engine its
// server really restarts, and the instance is Rebooting until it is back.
func (s *Service) restartDBInstance(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findFree(r, unknownName(), "IncorrectDBInstanceState")
	if fail != nil {
		return nil, fail
	}
	s.beginRestart(in, r.Now)
	return nil, nil
}

// beginRestart begins the restart of an instance, after which the parameters have
// their values that wait for one.
func (s *Service) beginRestart(in *instance, now time.Time) {
	until := now.Add(s.profile.Restart)
	in.begin(rebooting, until)
	in.settings.Parameters.restartAt(until)
	if in.server != nil {
		in.working = true
		s.background.Go(func() { s.restart(in) })
	}
}

// restart restarts the engine's server of an instance. After a failure the
// instance stays in Rebooting, as one stuck in the cloud.
func (s *Service) restart(in *instance) {
	in.work.Lock() // wait for a call on its way inside the server
	defer in.work.Unlock()
	ctx, cancel := context.WithTimeout(s.backgroundCtx, time.Minute)
	defer cancel()
	err := in.server.Restart(ctx)
	if s.backgroundCtx.Err() != nil { // the Service ends, and with it the engine
		return
	}
	if err != nil {
		s.report(fmt.Errorf("rds: restart the engine of %s: %w", in.id, err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in.working = false
}
