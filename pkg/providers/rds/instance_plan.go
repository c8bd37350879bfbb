package rds

import (
	"cmp"
	"encoding/json"
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
}

func instancePlanOf(t providers.Task) (instancePlan, error) {
	var p instancePlan
	err := providers.Decode(t.Plan, "plan of the instance", &p)
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
	plan.Engine, plan.EngineVersion, plan.Class, plan.Storage = s.Engine, s.EngineVersion, s.Class, s.Storage
	plan.Database, plan.Charset, plan.Protected = s.Database, s.Charset, s.Protected
	if err := plan.selfDefine(s, t.Parameters); err != nil {
		return plan, err
	}
	plan.setStorageType(s)
	return plan, nil
}

// selfDefine puts the user's parameters over the defaults of a plan with
// selfDefine. Records of before bring parameters of such a plan to another one,
// which ignores them.
func (p *instancePlan) selfDefine(s settings, raw json.RawMessage) error {
	if !s.SelfDefine {
		return nil
	}
	user, err := parametersOf[serverParameters](raw)
	if err != nil {
		return err
	}
	p.Engine = cmp.Or(user.Engine, p.Engine)
	p.EngineVersion = cmp.Or(user.EngineVersion, p.EngineVersion)
	p.Class = cmp.Or(user.Class, p.Class)
	p.Storage = cmp.Or(user.Storage, p.Storage)
	return nil
}

func (p *instancePlan) setStorageType(s settings) {
	p.StorageType = s.StorageType
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
func (p instancePlan) isBasic() bool {
	switch p.Category {
	case "":
		return !twoZoned(p.Class)
	case "Basic", "serverless_basic":
		return true
	}
	return false
}

// isServerless reports whether RDS scales the server by itself.
func (p instancePlan) isServerless() bool {
	return p.Serverless != nil || strings.Contains(p.Class, ".serverless.")
}

// twoZoned reports whether a class has a standby ("Primary ApsaraDB RDS instance
// types": classes of the Basic edition end in .1).
func twoZoned(class string) bool { return !strings.HasSuffix(class, ".1") }
