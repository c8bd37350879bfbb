package rds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Words of the API about disks and editions (RDS API, CreateDBInstance).
const (
	generalESSD      = "general_essd"
	highAvailability = "HighAvailability"
)

// mysqlVersions are the versions that UpgradeDBInstanceEngineVersion goes through, one
// at a time (RDS API; "Upgrade the engine version" of RDS for MySQL).
func mysqlVersions() []string { return []string{"5.5", "5.6", "5.7", "8.0"} }

// performanceLevels are the disks that change into each other (RDS API,
// ModifyDBInstanceSpec, DBInstanceStorageType).
func performanceLevels() []string { return []string{"cloud_essd", "cloud_essd2", "cloud_essd3"} }

// nextVersion returns the version that an upgrade from have to want goes to first, ""
// where there is none to make.
func nextVersion(have, want string) string {
	versions := mysqlVersions()
	at, to := slices.Index(versions, have), slices.Index(versions, want)
	if at < 0 || to <= at {
		return ""
	}
	return versions[at+1]
}

// refuseUpdate says what an instance cannot change to; nil: it can.
func refuseUpdate(old, plan instancePlan) *providers.Failure {
	for _, rule := range []func(old, plan instancePlan) *providers.Failure{
		refuseEngine, refuseVersion, refuseEdition, refuseDisk, refuseShrinking,
	} {
		if refusal := rule(old, plan); refusal != nil {
			return refusal
		}
	}
	return nil
}

func refuseEngine(old, plan instancePlan) *providers.Failure {
	if plan.Engine != old.Engine {
		return providers.Fixedf("The engine of an instance cannot change; make a new instance.")
	}
	return nil
}

func refuseVersion(old, plan instancePlan) *providers.Failure {
	have, want := old.EngineVersion, plan.EngineVersion
	switch {
	case want == have:
		return nil
	case old.Engine == "PostgreSQL":
		return providers.Fixedf("The engine version of a PostgreSQL instance cannot change (it is %s): make a new instance of version %s and restore a backup into it.", have, want)
	case old.Engine != "MySQL":
		return providers.Fixedf("The engine version of a %s instance cannot change (it is %s); make a new instance.", old.Engine, have)
	case old.Serverless != nil:
		return providers.Fixedf("The engine version of a serverless instance cannot change (it is %s); make a new instance.", have)
	case slices.Contains(mysqlVersions(), have) && !slices.Contains(mysqlVersions(), want):
		return providers.Fixedf("RDS upgrades MySQL to 8.0 at most (the instance has %s): make a new instance of version %s and move the data.", have, want)
	case nextVersion(have, want) == "":
		return providers.Fixedf("The engine version of an instance cannot go back (it is %s); make a new instance.", have)
	}
	return nil
}

func refuseEdition(old, plan instancePlan) *providers.Failure {
	have, want := old.category(), plan.category()
	isServerless := plan.Serverless != nil
	switch {
	case (old.Serverless != nil) != isServerless:
		return providers.Fixedf("An instance cannot change between serverless and a fixed size; make a new instance.")
	case strings.EqualFold(have, want), have == "", want == "":
		return nil
	case have == basic && want == highAvailability && old.StorageType != localSSD:
		return nil
	}
	return providers.Fixedf("The category of an instance changes from Basic to HighAvailability alone (it is %s); make a new instance.", have)
}

func refuseDisk(old, plan instancePlan) *providers.Failure {
	have, want, levels := old.StorageType, plan.StorageType, performanceLevels()
	switch {
	case have == want, slices.Contains(levels, have) && slices.Contains(levels, want):
		return nil
	case have == "cloud_ssd" && slices.Contains(levels, want) && old.Engine == "PostgreSQL":
		return nil
	}
	return providers.Fixedf("The storage type of an instance changes among %s alone (it is %s); make a new instance.", strings.Join(levels, ", "), have)
}

func refuseShrinking(old, plan instancePlan) *providers.Failure {
	if plan.Storage < old.Storage {
		return providers.Fixedf("Storage cannot shrink: it has %d GB; keep its size or choose a larger one.", old.Storage)
	}
	return nil
}

// category returns the category of the plan, else that of its class.
func (p *instancePlan) category() string {
	return cmp.Or(p.Category, newClassTable().category(p.Class))
}
