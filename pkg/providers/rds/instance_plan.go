package rds

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

// An instancePlan is the result of Prepare for an instance.
type instancePlan struct {
	Description   string `json:"description"`
	Engine        string `json:"engine"`
	EngineVersion string `json:"engineVersion"`
	Class         string `json:"class"`
	Storage       int    `json:"storage"` // GB
	StorageType   string `json:"storageType"`
	Database      string `json:"database"`
	Charset       string `json:"charset"`
	// The user's wishes; empty: the operator's default.
	VpcID     string `json:"vpcId,omitempty"`
	VSwitchID string `json:"vSwitchId,omitempty"`
	ZoneID    string `json:"zoneId,omitempty"`
	// Whitelist is the operator's; empty: the CIDRs of the VPC.
	Whitelist []string `json:"whitelist,omitempty"`
	// The Super account, made only if the cloud asks for one before it takes
	// others. It is the broker's own.
	SuperName     string           `json:"superName"`
	SuperPassword providers.Secret `json:"superPassword"`
	// Options are what the user, else the plan of the catalog, asks for.
	Options wantedOptions `json:"options,omitempty"`

	// Records of before lack the members below; an empty one is the cloud's default.
	Category         string    `json:"category,omitempty"` // empty: as the class has it
	Serverless       *capacity `json:"serverless,omitempty"`
	StandbyZoneID    string    `json:"standbyZoneId,omitempty"` // the user's wish
	StandbyVSwitchID string    `json:"standbyVSwitchId,omitempty"`
	Zones            []string  `json:"zones,omitempty"`     // to try, the best first; others follow
	Classes          []string  `json:"classes,omitempty"`   // to try after Class
	Protected        bool      `json:"protected,omitempty"` // against deletion, from the start
	Backups          string    `json:"backups,omitempty"`   // that outlive the instance
}

func instancePlanOf(t providers.Task) (instancePlan, error) {
	var p instancePlan
	err := providers.Decode(t.Plan, "plan of the instance", &p)
	if p.Category == "" && p.Class != "" { // a record of before
		p.Category = newClassTable().category(p.Class)
	}
	return p, err
}

func prepareInstance(t providers.Task, whitelist []string) (instancePlan, error) {
	plan := instancePlan{
		Description:   instanceDescription(t.Life),
		Whitelist:     whitelist,
		SuperName:     superName(t.Life),
		SuperPassword: password.New(),
	}
	s, err := settingsOf(t.Settings)
	if err != nil {
		return plan, err
	}
	network, err := parametersOf[networkParameters](t.Parameters)
	if err != nil {
		return plan, err
	}
	plan.VpcID, plan.VSwitchID, plan.ZoneID = network.VpcID, network.VSwitchID, network.ZoneID
	plan.StandbyZoneID, plan.StandbyVSwitchID = network.StandbyZoneID, network.StandbyVSwitchID
	plan.Engine, plan.EngineVersion, plan.Class, plan.Storage = s.Engine, s.EngineVersion, s.Class, s.Storage
	plan.Database, plan.Charset = s.Database, s.Charset
	plan.Zones, plan.Protected, plan.Backups = s.Zones, s.Protected, s.Backups
	if err := plan.selfDefine(s, t.Parameters); err != nil {
		return plan, err
	}
	plan.setStorageType()
	if plan.Class == s.Class { // the user's own class has no others in its place
		plan.Classes = s.Classes
	}
	table := newClassTable()
	if err := plan.setVersion(table, t.Parameters); err != nil {
		return plan, err
	}
	plan.Category = cmp.Or(plan.Category, table.category(plan.Class))
	return plan, checkServer(table, plan)
}

// selfDefine puts the user's parameters over the defaults of a plan with
// selfDefine. Records of before bring parameters of such a plan to another one,
// which ignores them.
func (p *instancePlan) selfDefine(s settings, raw json.RawMessage) error {
	p.StorageType, p.Category, p.Serverless = s.StorageType, s.Category, s.Serverless
	if !s.SelfDefine {
		return nil
	}
	user, err := parametersOf[serverParameters](raw)
	if err != nil {
		return err
	}
	p.Engine = cmp.Or(user.Engine, p.Engine)
	p.EngineVersion = cmp.Or(user.EngineVersion, p.EngineVersion)
	p.Storage = cmp.Or(user.Storage, p.Storage)
	p.StorageType = cmp.Or(user.StorageType, p.StorageType)
	if user.Class != "" && user.Class != p.Class {
		p.Class, p.Category = user.Class, "" // as the class has it
	}
	p.Category = cmp.Or(user.Category, p.Category)
	if user.MinCapacity != 0 || user.MaxCapacity != 0 || user.AutoPause != nil || user.SwitchForce != nil {
		bounds := capacity{}
		if p.Serverless != nil {
			bounds = *p.Serverless
		}
		p.Serverless = new(user.over(bounds))
	}
	return nil
}

// setVersion chooses a version that the class has, where neither the user nor the plan
// of the catalog names one of them: the default of the class.
func (p *instancePlan) setVersion(table classTable, raw json.RawMessage) error {
	user, err := parametersOf[serverParameters](raw)
	if err != nil {
		return err
	}
	family, known := table.family(p.Engine, p.Class)
	if user.EngineVersion == "" && known && !slices.Contains(family.Versions, p.EngineVersion) {
		p.EngineVersion = family.Default
	}
	return nil
}

func (p *instancePlan) setStorageType() {
	if p.StorageType == "" {
		p.StorageType = storageTypeOf(p.Class)
	}
}

// storageTypeOf returns the disk that a class comes with ("Primary ApsaraDB RDS
// instance types"): the historic classes and classes that end in .2 have local
// disks, the others cloud disks.
func storageTypeOf(class string) string {
	if strings.HasPrefix(class, "rds.") || strings.HasSuffix(class, ".2") {
		return localDisk
	}
	return "cloud_essd"
}

// localDisk is the storage type of a disk of the server's own machine.
const localDisk = "local_ssd"

// isBasic reports whether an instance has no standby.
func (p *instancePlan) isBasic() bool {
	switch p.Category {
	case "":
		return !twoZoned(p.Class)
	case "Basic", "serverless_basic":
		return true
	}
	return false
}

// isServerless reports whether RDS scales the server by itself.
func (p *instancePlan) isServerless() bool {
	return p.Serverless != nil || strings.Contains(p.Class, ".serverless.")
}

// twoZoned reports whether a class has a standby ("Primary ApsaraDB RDS instance
// types": classes of the Basic edition end in .1).
func twoZoned(class string) bool { return !strings.HasSuffix(class, ".1") }
