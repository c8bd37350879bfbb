package rds

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// settings are the member "settings" of a plan in plans.yaml.
type settings struct {
	Engine        string `json:"engine"`
	EngineVersion string `json:"engineVersion"`
	Class         string `json:"class"`
	Storage       int    `json:"storage"`     // GB
	StorageType   string `json:"storageType"` // empty: as the class has it
	Database      string `json:"database"`    // name of the one database
	Charset       string `json:"charset"`
	SelfDefine    bool   `json:"selfDefine"` // parameters may say otherwise
}

func settingsOf(raw json.RawMessage) (settings, error) {
	s := settings{Engine: mysql, Database: "app", Charset: "utf8mb4"}
	err := providers.Decode(raw, "settings of the plan", &s)
	return s, err
}

// mysql is the one engine of the offering.
const mysql = "MySQL"

// parameters are those of the user at provision and update. A member that is
// null or an empty string is absent.
type parameters struct {
	Engine        text `json:"Engine"`
	EngineVersion text `json:"EngineVersion"`
	Class         text `json:"Class"`
	Storage       text `json:"Storage"`
	NetworkType   text `json:"NetworkType"`
	VpcID         text `json:"VpcID"`
	VSwitchID     text `json:"VSwitchID"`
	ZoneID        text `json:"ZoneId"`
}

func parametersOf(raw json.RawMessage) (parameters, error) {
	var p parameters
	if len(bytes.TrimSpace(raw)) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, &providers.Failure{Kind: providers.Invalid, Text: "Parameters must be an object of strings and numbers.", Cause: err}
	}
	if kind := string(p.NetworkType); kind != "" && !strings.EqualFold(kind, "VPC") {
		if strings.EqualFold(kind, "classic") {
			return p, providers.Failf(providers.Invalid, "NetworkType classic is closed by Alibaba Cloud: use VPC, or leave it out.")
		}
		return p, providers.Failf(providers.Invalid, "NetworkType must be VPC.")
	}
	return p, nil
}

// text is a string or a number of JSON, as it was written.
type text string

// UnmarshalJSON accepts strings, numbers and null.
func (v *text) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*v = text(strings.TrimSpace(s))
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*v = text(n.String())
	return nil
}

// version returns an engine version as the API writes it: YAML shortens 8.0 to
// 8.
func version(v text) (string, error) {
	s := string(v)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	switch s {
	case "5.5", "5.6", "5.7", "8.0":
		return s, nil
	}
	return "", providers.Failf(providers.Invalid, "EngineVersion must be 5.5, 5.6, 5.7 or 8.0.")
}

func engine(v text) (string, error) {
	if !strings.EqualFold(string(v), mysql) {
		return "", providers.Failf(providers.Invalid, "Engine must be MySQL.")
	}
	return mysql, nil
}

// storage returns a size in GB (RDS API, CreateDBInstance: a multiple of 5;
// the bounds are those of the class).
func storage(v text) (int, error) {
	f, err := strconv.ParseFloat(string(v), 64)
	n := int(f)
	if err != nil || float64(n) != f || n < 5 || n > 64000 || n%5 != 0 {
		return 0, providers.Failf(providers.Invalid, "Storage must be a whole number of GB, a multiple of 5.")
	}
	return n, nil
}

var classForm = regexp.MustCompile(`^[a-z][a-z0-9.-]{2,63}$`)

func class(v text) (string, error) {
	if !classForm.MatchString(string(v)) {
		return "", providers.Failf(providers.Invalid, "Class must be an instance class such as rds.mysql.s2.large.")
	}
	return string(v), nil
}

// networkID is the form of ids, so that nonsense is told at once.
var networkID = regexp.MustCompile(`^[A-Za-z0-9-]{2,64}$`)

func checkNetwork(p parameters) error {
	for _, v := range []struct {
		name  string
		value text
	}{{"VpcID", p.VpcID}, {"VSwitchID", p.VSwitchID}, {"ZoneId", p.ZoneID}} {
		if v.value != "" && !networkID.MatchString(string(v.value)) {
			return providers.Failf(providers.Invalid, "%s must be an id of letters, digits and hyphens.", v.name)
		}
	}
	return nil
}

// storageTypeOf is the disk that a class comes with ("Primary ApsaraDB RDS
// instance types"): the historic classes and those that end in .2 have local
// disks, the others cloud disks.
func storageTypeOf(class string) string {
	if strings.HasPrefix(class, "rds.") || strings.HasSuffix(class, ".2") {
		return "local_ssd"
	}
	return "cloud_essd"
}

// twoZoned says whether a class has a standby ("Primary ApsaraDB RDS instance
// types": those of the Basic edition end in .1).
func twoZoned(class string) bool { return !strings.HasSuffix(class, ".1") }
