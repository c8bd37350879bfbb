package rds

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// createDBInstance is CreateDBInstance of the RDS API.
func (s *Service) createDBInstance(r *rpc.Request) (any, *rpc.Error) {
	in, fail := s.newInstance(r)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tagged := len(in.tags) > 0 && !s.behaviour.DropTags
	if !tagged {
		in.tags = map[string]string{}
	}
	s.serial++
	in.serial = s.serial
	s.instances[in.id] = in
	s.order = append(s.order, in)
	if s.engine != nil && s.engine.Runs(in.engine) {
		in.starting = true
		s.background.Go(func() { s.start(in) })
	}
	return struct {
		DBInstanceId, ConnectionString, Port, OrderId string
		TagResult                                     bool
	}{in.id, hostOf(in.id, in.engine), in.port, fmt.Sprint(200_000_000_000_000 + in.serial), tagged}, nil
}

// newInstance checks a CreateDBInstance and makes the record of it.
func (s *Service) newInstance(r *rpc.Request) (*instance, *rpc.Error) {
	if fail := notEmulated(r); fail != nil {
		return nil, fail
	}
	in := &instance{region: r.Region, created: r.Now, readyAt: r.Now.Add(s.profile.Create)}
	for _, check := range []func(*rpc.Request, *instance) *rpc.Error{
		s.checkEngine, s.checkClass, s.checkBilling, s.checkNetwork, s.checkPort, s.checkWhitelist, s.checkDescription, s.checkTags,
	} {
		if fail := check(r, in); fail != nil {
			return nil, fail
		}
	}
	prefix := "rm-"
	if in.engine == "PostgreSQL" {
		prefix = "pgm-"
	}
	in.id = prefix + "bp1" + strings.ToLower(rand.Text()[:14])
	return in, nil
}

// start starts the engine's server of an instance. If it cannot, the instance
// stays in creation for ever, as a production that is stuck.
func (s *Service) start(in *instance) {
	server, err := s.engine.Start(s.backgroundCtx, in.id, in.engine)
	if s.backgroundCtx.Err() != nil { // the Service ends: that is no failure, and a server that runs is the engine's to stop
		return
	}
	if err != nil {
		s.report(fmt.Errorf("rds: start the engine of %s: %w", in.id, err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	server.Allow(in.allowed())
	in.server, in.starting = server, false
}

// stop ends the engine's server of an instance that is being deleted.
func (s *Service) stop(in *instance) {
	in.work.Lock() // let a call finish that is inside the server
	defer in.work.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.backgroundCtx), time.Minute)
	defer cancel()
	if err := in.server.Stop(ctx); err != nil {
		s.report(fmt.Errorf("rds: stop the engine of %s: %w", in.id, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in.stopping = false
}

// notEmulated refuses parameters that change what is made and that the
// emulator does not play.
func notEmulated(r *rpc.Request) *rpc.Error {
	for _, name := range []string{
		"BackupId", "BabelfishConfig", "BpeEnabled", "BurstingEnabled", "ColdDataEnabled", "DBIsIgnoreCase", "DBParamGroupId", "DBTimeZone",
		"DedicatedHostGroupId", "EncryptionKey", "PrivateIpAddress", "RoleARN", "StorageAutoScale", "SystemDBCharset", "TargetMinorVersion",
		"UserBackupId", "WhitelistTemplateList", "ZoneIdSlave2",
	} {
		if r.Get(name) != "" {
			return rpc.Unsupported("CreateDBInstance." + name)
		}
	}
	for name := range r.Params {
		if strings.HasPrefix(name, "ServerlessConfig") {
			return rpc.Unsupported("CreateDBInstance.ServerlessConfig")
		}
	}
	if r.Get("DryRun") == "true" {
		return rpc.Unsupported("CreateDBInstance.DryRun")
	}
	if amount, fail := r.Int("Amount", 1); fail != nil || amount < 1 || amount > 20 {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParam.Amount", "Amount is from 1 to 20.")
	} else if amount > 1 {
		return rpc.Unsupported("CreateDBInstance.Amount")
	}
	return nil
}
