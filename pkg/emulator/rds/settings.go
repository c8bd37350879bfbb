package rds

import (
	"maps"
	"slices"
)

// settings are the parts of an instance that clients change one by one, each by an
// action of its own. They are saved as they are: states of before have none of them, and
// the zero value is that of a new instance.
type settings struct {
	SSL            *sslSettings  `json:"ssl,omitempty"` // nil: it was never enabled
	Parameters     parameterSet  `json:"parameters,omitzero"`
	Backup         *backupPolicy `json:"backup,omitempty"`         // nil: that of a new instance
	MaintainTime   string        `json:"maintainTime,omitempty"`   // "22:00Z-02:00Z"
	MinorVersions  string        `json:"minorVersions,omitempty"`  // Auto or Manual
	SecurityGroups []string      `json:"securityGroups,omitempty"` // ids
	HBA            *hbaSettings  `json:"hba,omitempty"`            // nil: the lines of a new instance
	// Words are the word settings that were set, by parameter.
	Words        map[string]string `json:"words,omitempty"`
	ManualHATime string            `json:"manualHATime,omitempty"`
	Key          *diskKey          `json:"key,omitempty"` // nil: disks are not encrypted
	// ParameterGroup is the id of the group that the parameters are from.
	ParameterGroup string `json:"parameterGroup,omitempty"`
}

// A SettingsState describes the settings of an instance that differ from those of a
// new one.
type SettingsState struct {
	SSL            string            `json:"ssl,omitempty"`        // the endpoint that it protects
	Parameters     map[string]string `json:"parameters,omitempty"` // in use
	Pending        map[string]string `json:"pendingParameters,omitempty"`
	BackupPeriod   string            `json:"backupPeriod,omitempty"`
	Backup         any               `json:"backup,omitempty"` // the whole policy, under the names of the API
	MaintainTime   string            `json:"maintainTime,omitempty"`
	MinorVersions  string            `json:"minorVersions,omitempty"`
	SecurityGroups []string          `json:"securityGroups,omitempty"`
	Words          map[string]string `json:"words,omitempty"` // by parameter
	HBA            int               `json:"hba,omitempty"`   // changed lines of pg_hba.conf
	Key            *diskKey          `json:"key,omitempty"`   // of encrypted disks
	ParameterGroup string            `json:"parameterGroup,omitempty"`
}

// settingsState describes the settings.
func (in *instance) settingsState() SettingsState {
	s := SettingsState{
		MaintainTime: in.settings.MaintainTime, MinorVersions: in.settings.MinorVersions,
		SecurityGroups: slices.Clone(in.settings.SecurityGroups), Words: maps.Clone(in.settings.Words), Key: in.settings.Key, ParameterGroup: in.settings.ParameterGroup,
	}
	if in.settings.HBA != nil {
		s.HBA = len(in.settings.HBA.Items)
	}
	if in.settings.SSL != nil && in.settings.SSL.Enabled {
		s.SSL = in.settings.SSL.ConnectionString
	}
	s.Parameters, s.Pending = in.settings.Parameters.values()
	if in.settings.Backup != nil {
		s.BackupPeriod, s.Backup = in.settings.Backup.PreferredBackupPeriod, *in.settings.Backup
	}
	return s
}
