package rds

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"

// Names in the cloud derive from a life. Descriptions must begin with a letter
// (RDS API, CreateDBInstance and CreateAccount).

func instanceDescription(l providers.Life) string { return "osb-" + l.Hash(26, "instance") }

// superName returns the name of the Super account: 16 characters, of which 15
// hold 75 bits.
func superName(l providers.Life) string { return "s" + l.Hash(15, "super") }

// nameLimit returns how long the name of an account may be (RDS API,
// CreateAccount): 16 characters on MariaDB and on MySQL 5.5 and 5.6, 32 from 5.7 on.
func nameLimit(engine, version string) int {
	if engine == mariaDB || version == "5.5" || version == "5.6" {
		return 16
	}
	return 32
}
