package rds

import "strings"

// storageTypeOf returns the disk that a class comes with ("Primary ApsaraDB RDS
// instance types"): the historic classes and classes that end in .2 have local
// disks, the others cloud disks.
func storageTypeOf(class string) string {
	if strings.HasPrefix(class, "rds.") || strings.HasSuffix(class, ".2") {
		return "local_ssd"
	}
	return "cloud_essd"
}

// twoZoned reports whether a class has a standby ("Primary ApsaraDB RDS instance
// types": classes of the Basic edition end in .1).
func twoZoned(class string) bool { return !strings.HasSuffix(class, ".1") }
