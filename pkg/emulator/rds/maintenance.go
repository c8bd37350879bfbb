package rds

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

var windows = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]Z-([01][0-9]|2[0-3]):[0-5][0-9]Z$`)

// validWindow reports whether text is a span of the day in UTC ("22:00Z-02:00Z").
func validWindow(text string) bool {
	from, to, _ := strings.Cut(text, "-")
	return windows.MatchString(text) && from != to
}

// maintainTime is the maintenance window of the instance.
func (in *instance) maintainTime() string { return cmp.Or(in.settings.MaintainTime, "18:00Z-22:00Z") }

// minorVersions tells how the minor version is upgraded: by itself, unless the
// instance was told otherwise (A345). MariaDB and SQL Server cannot be told.
func (in *instance) minorVersions() string { return cmp.Or(in.settings.MinorVersions, "Auto") }

// modifyMaintainTime is ModifyDBInstanceMaintainTime of the RDS API.
func (s *Service) modifyMaintainTime(r *rpc.Request) (any, *rpc.Error) {
	window, fail := r.Require("MaintainTime")
	if fail != nil {
		return nil, fail
	}
	if !validWindow(window) {
		return nil, bad("Abs.InvalidMaintainTime", "MaintainTime has the form 22:00Z-02:00Z.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	in.settings.MaintainTime = strings.Clone(window)
	return nil, nil
}

// modifyMinorVersions is ModifyDBInstanceAutoUpgradeMinorVersion of the RDS API,
// for MySQL and PostgreSQL.
func (s *Service) modifyMinorVersions(r *rpc.Request) (any, *rpc.Error) {
	how, fail := r.Require("AutoUpgradeMinorVersion")
	if fail != nil {
		return nil, fail
	}
	if how != "Auto" && how != "Manual" {
		return nil, bad("InvalidParameter", "AutoUpgradeMinorVersion is Auto or Manual.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	if in.engine != mySQL && in.engine != postgreSQL {
		return nil, unfitEngine()
	}
	in.settings.MinorVersions = strings.Clone(how)
	return nil, nil
}
