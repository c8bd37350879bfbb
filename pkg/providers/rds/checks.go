package rds

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// checkServer refuses combinations that RDS never sells, with what to change. Zones and
// stocks are the cloud's answer at the order.
func checkServer(table classTable, p instancePlan) error {
	for _, check := range []func(classTable, instancePlan) *providers.Failure{checkClass, checkServerless, checkStorage, checkStandby} {
		if failure := check(table, p); failure != nil {
			return failure
		}
	}
	return nil
}

func checkClass(table classTable, p instancePlan) *providers.Failure {
	family, ok := table.family(p.Engine, p.Class)
	if !ok {
		return providers.Failf(providers.Invalid, "Class %s is not one of %s; choose a Class such as %s.", p.Class, p.Engine, some(table.examples(p.Engine, p.Category, "", "")))
	}
	if of := table.category(p.Class); of != p.Category {
		return providers.Failf(providers.Invalid, "Class %s is of Category %s, not %s; leave Category out%s.", p.Class, of, p.Category,
			orChoose("Class", table.examples(p.Engine, p.Category, p.EngineVersion, p.StorageType)))
	}
	if !slices.Contains(family.Versions, p.EngineVersion) {
		return providers.Failf(providers.Invalid, "Class %s is not sold with %s %s; choose an EngineVersion among %s%s.", p.Class, p.Engine, p.EngineVersion,
			strings.Join(family.Versions, ", "), orChoose("Class", table.examples(p.Engine, p.Category, p.EngineVersion, "")))
	}
	if !slices.Contains(family.Storage, p.StorageType) {
		return providers.Failf(providers.Invalid, "Class %s is not sold with StorageType %s; choose a StorageType among %s%s.", p.Class, p.StorageType,
			strings.Join(family.Storage, ", "), orChoose("Class", table.examples(p.Engine, p.Category, p.EngineVersion, p.StorageType)))
	}
	return nil
}

func checkStorage(table classTable, p instancePlan) *providers.Failure {
	family, _ := table.family(p.Engine, p.Class)
	b, ok := table.storage(family, p.StorageType)
	if !ok || b.Max < b.Min {
		return providers.Failf(providers.Invalid, "Class %s is not sold with StorageType %s; leave StorageType out.", p.Class, p.StorageType)
	}
	size := float64(p.Storage)
	if size < b.Min || size > b.Max || math.Mod(size, float64(b.Step)) != 0 {
		return providers.Failf(providers.Invalid, "Storage of %d GB is not sold for Class %s with StorageType %s; choose from %g to %g in steps of %d.", p.Storage, p.Class, p.StorageType, b.Min, b.Max, b.Step)
	}
	return nil
}

func checkStandby(_ classTable, p instancePlan) *providers.Failure {
	switch wished := p.StandbyZoneID != "" || p.StandbyVSwitchID != ""; {
	case wished && !hasStandby(p.Category):
		return providers.Failf(providers.Invalid, "An instance of Category %s has no standby; leave StandbyZoneId and StandbyVSwitchID out, or choose the Category HighAvailability.", p.Category)
	case p.StandbyVSwitchID != "" && p.StandbyVSwitchID == p.VSwitchID:
		return providers.Failf(providers.Invalid, "VSwitchID and StandbyVSwitchID are the same; choose two VSwitches in two zones, or leave StandbyVSwitchID out.")
	}
	return nil
}

func checkServerless(table classTable, p instancePlan) *providers.Failure {
	limit, c := table.Engines[p.Engine].Capacity, p.Serverless
	switch {
	case !isServerless(p.Category) && c == nil:
		return nil
	case !isServerless(p.Category):
		return providers.Failf(providers.Invalid, "MinCapacity, MaxCapacity, AutoPause and SwitchForce are for serverless instances; leave them out, or choose a Category serverless_basic or serverless_standard.")
	case c == nil || c.Min == 0 || c.Max == 0:
		return providers.Failf(providers.Invalid, "A serverless instance needs MinCapacity and MaxCapacity, from %g to %g RCU; give both.", limit.Min, limit.Max)
	case c.Min < limit.Min || c.Max > limit.Max || c.Min > c.Max:
		return providers.Failf(providers.Invalid, "The capacity from %g to %g RCU is not sold; choose MinCapacity and MaxCapacity from %g to %g, MinCapacity not above MaxCapacity.", c.Min, c.Max, limit.Min, limit.Max)
	case math.Mod(c.Min, 0.5) != 0 || c.Max != math.Trunc(c.Max):
		return providers.Failf(providers.Invalid, "MinCapacity is in steps of 0.5 RCU and MaxCapacity in whole ones; correct them.")
	}
	return nil
}

// hasStandby reports whether instances of a category have a secondary node.
func hasStandby(category string) bool {
	return category != basic && category != serverlessPrefix+"basic"
}

// some names the first of a list.
func some(names []string) string {
	const most = 6
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

// orChoose is the end of a sentence that names other values of a parameter, if there are any.
func orChoose(parameter string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(", or choose a %s such as %s", parameter, some(names))
}
