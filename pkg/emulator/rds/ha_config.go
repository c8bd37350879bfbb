package rds

import (
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A node is a node of an instance in the answer of DescribeDBInstanceHAConfig.
type node struct{ NodeId, NodeType, RegionId, ZoneId, SyncStatus, LogSyncTime, DataSyncTime string }

// describeHAConfig is DescribeDBInstanceHAConfig of the RDS API: the primary node,
// and its standby unless the instance is Basic. Standbys are in step.
func (s *Service) describeHAConfig(r *rpc.Request) (any, *rpc.Error) {
	var body struct {
		DBInstanceId      string
		SyncMode, HAMode  string `json:",omitempty"` // of MySQL
		HostInstanceInfos struct{ NodeInfo []node }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	body.DBInstanceId = in.id
	if in.engine == mySQL {
		body.SyncMode, body.HAMode = "Semi-sync", "RPO"
	}
	id := func(n uint64) string { return strconv.FormatUint(10_000_000+10*in.serial+n, 10) }
	if in.category == "Basic" {
		body.HostInstanceInfos.NodeInfo = []node{{NodeId: id(0), NodeType: "Master", RegionId: in.region, ZoneId: in.zone, SyncStatus: "NotSupport"}}
		return body, nil
	}
	at := timestamp(r.Now)
	body.HostInstanceInfos.NodeInfo = []node{
		{id(0), "Master", in.region, in.zone, "Synchronized", at, at},
		{id(1), "Slave", in.region, in.zone, "Synchronized", at, at},
	}
	return body, nil
}
