package rds

import (
	"maps"
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

var (
	offsets    = regexp.MustCompile(`^(-(0[0-9]|1[0-2]):[0-5][0-9]|\+(0[0-9]|1[0-2]):[0-5][0-9]|\+13:00)$`)
	zoneNames  = regexp.MustCompile(`^[A-Z][A-Za-z]+(/[A-Za-z_+\-0-9]+)*$`)
	mysqlMinor = regexp.MustCompile(`^rds_[0-9]{8}$`)
	pgMinor    = regexp.MustCompile(`^rds_postgres_[0-9]{4}_[0-9]{8}$`)
)

// checkServer reads the parameters of CreateDBInstance that a server starts with. Time zone
// and case of table names become parameters, which DescribeParameters shows; servers of an engine
// run without them.
func (s *Service) checkServer(r *rpc.Request, in *instance) *rpc.Error {
	chosen := map[string]string{}
	ignoreCase, fail := r.Bool("DBIsIgnoreCase", true)
	if fail != nil {
		return fail
	}
	if !ignoreCase {
		if in.engine != mySQL {
			return bad("InvalidParameter", "DBIsIgnoreCase is for MySQL.")
		}
		chosen["lower_case_table_names"] = "0"
	}
	if timeZone := strings.Clone(r.Get("DBTimeZone")); timeZone != "" {
		local := in.storageType == localSSD
		switch {
		case in.engine == mySQL && (offsets.MatchString(timeZone) || local && zoneNames.MatchString(timeZone)):
			chosen["default_time_zone"] = timeZone
		case in.engine == postgreSQL && !local && zoneNames.MatchString(timeZone):
			chosen["timezone"] = timeZone
		default:
			return bad("InvalidParameter", "DBTimeZone is an offset for MySQL, a name for PostgreSQL and for MySQL on local disks.")
		}
	}
	if len(chosen) > 0 {
		in.settings.Parameters.Running = chosen
	}
	minor := r.Get("TargetMinorVersion")
	switch {
	case minor == "", in.engine == mySQL && mysqlMinor.MatchString(minor), in.engine == postgreSQL && pgMinor.MatchString(minor):
	default:
		return bad("InvalidParameter", "TargetMinorVersion has the form rds_20200229 for MySQL, rds_postgres_1400_20220830 for PostgreSQL.")
	}
	in.choices.MinorVersion = strings.Clone(minor)
	return nil
}

// clonedSettings returns the settings of a new instance for another one of its request.
func (in *instance) clonedSettings() settings {
	return settings{Key: in.settings.Key, ParameterGroup: in.settings.ParameterGroup, Parameters: parameterSet{Running: maps.Clone(in.settings.Parameters.Running)}}
}
