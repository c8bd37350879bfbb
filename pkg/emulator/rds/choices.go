package rds

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// Choices are parameters of CreateDBInstance that an instance keeps and shows; they leave its behaviour in
// the emulator as it is. A zero member is the cloud's default. The names in JSON are
// those of the saved state.
type Choices struct {
	ResourceGroup   string `json:"resourceGroup,omitempty"`     // empty: the account's default one
	ConnectionMode  string `json:"connectionMode,omitempty"`    // Safe; empty: Standard
	OptimizedWrites string `json:"optimizedWrites,omitempty"`   // optimized; empty: none
	MinorVersion    string `json:"minorVersion,omitempty"`      // empty: that of kernel
	Threshold       int    `json:"storageThreshold,omitempty"`  // percent of free storage
	UpperBound      int    `json:"storageUpperBound,omitempty"` // GB
	AutoScale       bool   `json:"storageAutoScale,omitempty"`
	AutoRenew       bool   `json:"autoRenew,omitempty"`
	IOAcceleration  bool   `json:"ioAcceleration,omitempty"`
	Bursting        bool   `json:"bursting,omitempty"`
	ColdData        bool   `json:"coldData,omitempty"`
}

var resourceGroups = regexp.MustCompile(`^rg-[a-z0-9]{1,60}$`)

// resourceGroup reads ResourceGroupId. The emulator knows the form of an id alone; the
// code for a bad one is a guess (A305).
func resourceGroup(r *rpc.Request) (string, *rpc.Error) {
	id := r.Get("ResourceGroupId")
	switch {
	case id == "" || id == cloud.DefaultResourceGroup:
		return "", nil
	case !resourceGroups.MatchString(id):
		return "", bad("EntityNotExist.ResourceGroup", "The resource group does not exist.")
	default:
		return strings.Clone(id), nil
	}
}

// checkChoices reads the choices of CreateDBInstance.
func (s *Service) checkChoices(r *rpc.Request, in *instance) *rpc.Error {
	o := &in.choices
	var fail *rpc.Error
	if o.ResourceGroup, fail = resourceGroup(r); fail != nil {
		return fail
	}
	switch r.Get("ConnectionMode") {
	case "", "Standard":
	case "Safe":
		o.ConnectionMode = "Safe"
	default:
		return bad("InvalidParameter", "ConnectionMode is Standard or Safe.")
	}
	if o.AutoRenew, fail = r.Bool("AutoRenew", false); fail != nil {
		return fail
	}
	if in.choices, fail = autoScale(r, in); fail != nil {
		return fail
	}
	return checkDisk(r, in.engine, in.storageType, o)
}

// autoScale returns the choices of an instance with StorageAutoScale and its bounds as the
// request has them (RDS API, CreateDBInstance and ModifyDasInstanceConfig).
func autoScale(r *rpc.Request, in *instance) (Choices, *rpc.Error) {
	c := in.choices
	switch r.Get("StorageAutoScale") {
	case "", "Disable":
		c.AutoScale = false
	case "Enable":
		if in.engine != mySQL && in.engine != postgreSQL {
			return c, bad("InvalidParameter", "StorageAutoScale is for MySQL and PostgreSQL.")
		}
		c.AutoScale = true
	default:
		return c, bad("InvalidParameter", "StorageAutoScale is Enable or Disable.")
	}
	if text := r.Get("StorageThreshold"); text != "" {
		if !slices.Contains([]string{"10", "20", "30", "40", "50"}, text) {
			return c, bad("InvalidParameter", "StorageThreshold is 10, 20, 30, 40 or 50.")
		}
		c.Threshold, _ = strconv.Atoi(text)
	}
	bound, fail := r.Int("StorageUpperBound", c.UpperBound)
	if fail != nil {
		return c, fail
	}
	if bound != 0 && bound < in.storage {
		return c, bad("InvalidParameter", "StorageUpperBound is at least the storage of the instance.")
	}
	c.UpperBound = bound
	if c.AutoScale && (c.Threshold == 0 || c.UpperBound == 0) {
		return c, bad("InvalidParameter", "StorageAutoScale needs StorageThreshold and StorageUpperBound.")
	}
	return c, nil
}

// checkDisk reads the choices of CreateDBInstance and ModifyDBInstanceSpec that
// depend on the disk. That only general_essd has the first three is documented; the code of
// the refusal is a guess (A306).
func checkDisk(r *rpc.Request, engine, storageType string, o *Choices) *rpc.Error {
	switch r.Get("IoAccelerationEnabled") {
	case "":
	case "0":
		o.IOAcceleration = false
	case "1":
		o.IOAcceleration = true
	default:
		return bad("InvalidParameter", "IoAccelerationEnabled is 0 or 1.")
	}
	var fail *rpc.Error
	if o.Bursting, fail = r.Bool("BurstingEnabled", o.Bursting); fail != nil {
		return fail
	}
	if o.ColdData, fail = r.Bool("ColdDataEnabled", o.ColdData); fail != nil {
		return fail
	}
	if storageType != generalESSD && (o.IOAcceleration || o.Bursting || o.ColdData) {
		return bad("InvalidParameter", "IoAccelerationEnabled, BurstingEnabled and ColdDataEnabled are for general_essd.")
	}
	switch writes := r.Get("OptimizedWrites"); {
	case writes == "":
	case writes != "optimized" && writes != "none":
		return bad("InvalidParameter", "OptimizedWrites is optimized or none.")
	case writes == "optimized" && (engine != "MySQL" || storageType == localSSD): // A307
		return bad("InvalidParameter", "OptimizedWrites is for MySQL on cloud disks.")
	default:
		o.OptimizedWrites = strings.TrimPrefix(writes, "none")
	}
	return nil
}

// setDisk takes over the choices that checkDisk reads.
func (o *Choices) setDisk(from Choices) {
	o.IOAcceleration, o.Bursting, o.ColdData, o.OptimizedWrites = from.IOAcceleration, from.Bursting, from.ColdData, from.OptimizedWrites
}

// The members of answers that show choices.

func (in *instance) resourceGroup() string {
	if in.choices.ResourceGroup == "" {
		return cloud.DefaultResourceGroup
	}
	return in.choices.ResourceGroup
}

func (in *instance) connectionMode() string {
	if in.choices.ConnectionMode == "" {
		return "Standard"
	}
	return in.choices.ConnectionMode
}

// ioAcceleration is "1" or "0".
func (in *instance) ioAcceleration() string {
	if in.choices.IOAcceleration {
		return "1"
	}
	return "0"
}

// optimizedWrites is the JSON text of OptimizedWritesInfo, empty for other engines.
func (in *instance) optimizedWrites() string {
	if in.engine != "MySQL" {
		return ""
	}
	able := in.storageType != localSSD
	return `{"optimized_writes":` + strconv.FormatBool(in.choices.OptimizedWrites == "optimized") + `,"init_optimized_writes":` + strconv.FormatBool(able) + `}`
}
