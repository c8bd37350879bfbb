package rds

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// restoreServer starts a new server for a restored instance and fills it from the
// record: databases, accounts with their passwords, privileges. After a failure
// the instance stays in creation.
func (s *Service) restoreServer(in *instance) {
	s.mu.Lock()
	inside := in.saved() // it is constant while the instance is in creation
	s.mu.Unlock()
	server, err := s.engine.Start(s.backgroundCtx, in.id, in.engine)
	if err == nil {
		err = refill(s.backgroundCtx, server, inside)
	}
	if encryption := inside.Settings.SSL.encryption(); err == nil && encryption != nil {
		err = server.Encrypt(s.backgroundCtx, encryption)
	}
	if s.backgroundCtx.Err() != nil { // as in start
		return
	}
	if err != nil {
		s.report(fmt.Errorf("rds: start the engine of %s again: %w", in.id, err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	server.Allow(in.allowed())
	in.server, in.starting = server, false
}

func refill(ctx context.Context, server engine.Server, in savedInstance) error {
	for _, d := range in.Databases {
		if d.Leaving {
			continue
		}
		if err := server.CreateDatabase(ctx, d.Name, d.Charset); err != nil {
			return fmt.Errorf("database %s: %w", d.Name, err)
		}
	}
	for _, a := range in.Accounts {
		if a.Leaving {
			continue
		}
		if err := server.CreateAccount(ctx, a.Name, a.Password, a.Kind == superAccount); err != nil {
			return fmt.Errorf("account %s: %w", a.Name, err)
		}
		for _, g := range a.Grants {
			if err := server.Grant(ctx, a.Name, g.Database, g.Privilege); err != nil {
				return fmt.Errorf("account %s on %s: %w", a.Name, g.Database, err)
			}
		}
		if a.Locked {
			if err := server.LockAccount(ctx, a.Name, true); err != nil {
				return fmt.Errorf("lock account %s: %w", a.Name, err)
			}
		}
	}
	return nil
}
