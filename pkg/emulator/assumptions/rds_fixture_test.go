package assumptions_test

import (
	"os"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// wanted returns the parameters of a small instance, followed by the given
// ones.
func (e *environment) wanted(pairs ...string) []string {
	vpc, vswitch := "vpc-cnhangzhou0default", "vsw-cnhangzhou0h"
	if e.srv == nil {
		vpc, vswitch = os.Getenv("ALIBABA_CLOUD_VPC_ID"), os.Getenv("ALIBABA_CLOUD_VSWITCH_ID")
	}
	return append([]string{
		"Engine", "MySQL", "EngineVersion", "5.7", "DBInstanceClass", "rds.mysql.t1.small", "DBInstanceStorage", "20", "DBInstanceNetType", "Intranet",
		"SecurityIPList", "127.0.0.1", "PayType", "Postpaid", "InstanceNetworkType", "VPC", "VPCId", vpc, "VSwitchId", vswitch, "ZoneIdSlave1", "Auto",
		"DBInstanceDescription", e.name(),
	}, pairs...)
}

type made struct {
	DBInstanceId string
	TagResult    bool
}

// instance makes an instance, waits until it is Running, and removes it at the
// end.
func (e *environment) instance(pairs ...string) string {
	e.Helper()
	id := into[made](e.rds("CreateDBInstance", e.wanted(pairs...)...)).DBInstanceId
	e.removed(id)
	e.running(id)
	return id
}

func (e *environment) removed(id string) {
	e.Cleanup(func() { e.rds("DeleteDBInstance", "DBInstanceId", id) })
}

// running waits for an instance, on the real cloud for minutes.
func (e *environment) running(id string) {
	e.Helper()
	for deadline := time.Now().Add(40 * time.Minute); e.status(id) != "Running"; {
		if e.srv != nil || time.Now().After(deadline) {
			e.Fatalf("%s is %s", id, e.status(id))
		}
		select {
		case <-time.After(15 * time.Second):
		case <-e.Context().Done():
			e.Fatal(e.Context().Err())
		}
	}
}

func (e *environment) status(id string) string {
	e.Helper()
	return into[struct {
		Items struct {
			DBInstanceAttribute []struct{ DBInstanceStatus string }
		}
	}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0].DBInstanceStatus
}

const password = "Check_1234"

// slow gives the emulator's work a duration, on a frozen clock.
func slow(c *emulator.Config) {
	c.Profile, c.Clock = rds.Realistic(), cloud.NewFrozenClock(time.Now())
}
