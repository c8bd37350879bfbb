package engine

import (
	"context"
	"errors"
	"fmt"
)

// Installed is the Engine of all database servers that this machine has.
type Installed struct {
	engines []installedEngine
	missing []error
}

// An installedEngine is an Engine that has files.
type installedEngine interface {
	Engine
	Name() string
	Close() error
}

var _ Engine = (*Installed)(nil)

// Open prepares the engines that are installed; Names lists them and Missing
// the others. Close it at the end.
func Open(options Options) (*Installed, error) {
	all := &Installed{}
	for _, open := range []func() (installedEngine, error){
		func() (installedEngine, error) { return NewMariaDB(options) },
		func() (installedEngine, error) { return NewPostgreSQL(options) },
	} {
		one, err := open()
		switch {
		case err == nil:
			all.engines = append(all.engines, one)
		case errors.Is(err, ErrNotInstalled):
			all.missing = append(all.missing, err)
		default:
			return nil, errors.Join(err, all.Close())
		}
	}
	return all, nil
}

// Names lists the servers that are installed: "MariaDB", "PostgreSQL".
func (a *Installed) Names() []string {
	var names []string
	for _, one := range a.engines {
		names = append(names, one.Name())
	}
	return names
}

// Missing has one ErrNotInstalled, with its reason, for each other engine.
func (a *Installed) Missing() []error { return a.missing }

// Runs reports whether one of them backs instances of RDS's engine kind.
func (a *Installed) Runs(kind string) bool {
	for _, one := range a.engines {
		if one.Runs(kind) {
			return true
		}
	}
	return false
}

// Start starts a server; see Engine.
func (a *Installed) Start(ctx context.Context, id, kind string) (Server, error) {
	for _, one := range a.engines {
		if one.Runs(kind) {
			return one.Start(ctx, id, kind)
		}
	}
	return nil, fmt.Errorf("%w: %s as %s", ErrNotInstalled, id, kind)
}

// Close closes all engines. Processes and files are removed when it returns.
func (a *Installed) Close() error {
	var failed []error
	for _, one := range a.engines {
		failed = append(failed, one.Close())
	}
	return errors.Join(failed...)
}
