package rds

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// settings are the member "settings" of a plan in plans.yaml, with the defaults
// of its create schema.
type settings struct {
	Engine        string `json:"engine"`
	EngineVersion string `json:"engineVersion"`
	Class         string `json:"class"`
	Storage       int    `json:"storage"`     // GB
	StorageType   string `json:"storageType"` // empty: as the class has it
	Database      string `json:"database"`    // name of the one database
	Charset       string `json:"charset"`
	SelfDefine    bool   `json:"selfDefine"` // parameters may say otherwise

	// Plans of before lack the members below.
	Category   string    `json:"category"`   // empty: as the class has it
	Serverless *capacity `json:"serverless"` // nil: a server of one size
	Zones      []string  `json:"zones"`      // the best first; others follow
	Classes    []string  `json:"classes"`    // in place of a class that is sold out
	Protected  bool      `json:"protected"`  // against deletion, from the start
	// Backups are the ones that outlive an instance: none, last or all.
	Backups string `json:"backups"`
}

// A capacity bounds a serverless instance, in RCU (RDS API, CreateDBInstance,
// ServerlessConfig).
type capacity struct {
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	AutoPause bool    `json:"autoPause,omitempty"`
	// SwitchForce lets the cloud scale at once, with a short interruption.
	SwitchForce bool `json:"switchForce,omitempty"`
}

func settingsOf(raw json.RawMessage) (settings, error) {
	var s settings
	err := providers.Decode(raw, "settings of the plan", &s)
	return s, err
}

// networkParameters are the user's parameters of a provision under any plan.
type networkParameters struct {
	VpcID     string `json:"VpcID"`
	VSwitchID string `json:"VSwitchID"`
	ZoneID    string `json:"ZoneId"`
	// Of the standby, under a plan that has one.
	StandbyZoneID    string `json:"StandbyZoneId"`
	StandbyVSwitchID string `json:"StandbyVSwitchID"`
}

// serverParameters are the user's parameters under a plan with selfDefine, at
// provision and update.
type serverParameters struct {
	Engine        string `json:"Engine"`
	EngineVersion string `json:"EngineVersion"`
	Class         string `json:"Class"`
	Storage       int    `json:"Storage"` // GB
	StorageType   string `json:"StorageType"`
	Category      string `json:"Category"`
	// Of a serverless instance.
	MinCapacity float64 `json:"MinCapacity"`
	MaxCapacity float64 `json:"MaxCapacity"`
	AutoPause   *bool   `json:"AutoPause"`
	SwitchForce *bool   `json:"SwitchForce"`
}

// over returns the bounds with the user's in their place.
func (p serverParameters) over(bounds capacity) capacity {
	bounds.Min, bounds.Max = cmp.Or(p.MinCapacity, bounds.Min), cmp.Or(p.MaxCapacity, bounds.Max)
	bounds.AutoPause = *cmp.Or(p.AutoPause, &bounds.AutoPause)
	bounds.SwitchForce = *cmp.Or(p.SwitchForce, &bounds.SwitchForce)
	return bounds
}

// ParametersOf returns the parameters that a prepared plan stands for. The place
// is the user's, or the one where the DB instance was seen.
func (instances) ParametersOf(t providers.Task) (map[string]any, error) {
	plan, err := instancePlanOf(t)
	if err != nil {
		return nil, err
	}
	values := map[string]any{
		"Engine": plan.Engine, "EngineVersion": plan.EngineVersion, "Class": plan.Class, "Storage": plan.Storage,
		"NetworkType": "VPC",
	}
	maps.Copy(values, plan.Options.parameters())
	seen := t.Facts.Open
	for name, value := range map[string]string{
		"VpcID":     cmp.Or(plan.VpcID, seen[factVPC]),
		"VSwitchID": cmp.Or(plan.VSwitchID, seen[factVSwitch]),
		"ZoneId":    cmp.Or(plan.ZoneID, seen[factZone]),
	} {
		if value != "" {
			values[name] = value
		}
	}
	return values, nil
}

// parametersOf reads parameters in normal form, which the schemas of plans.yaml
// have checked. An absent one is zero.
func parametersOf[P any](raw json.RawMessage) (P, error) {
	var p P
	if len(bytes.TrimSpace(raw)) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, &providers.Failure{Kind: providers.Invalid, Text: "Parameters must have the types that the plan's schema in the catalog states.", Cause: err}
	}
	return p, nil
}
