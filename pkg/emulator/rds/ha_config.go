package rds

import (
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A node is a node of an instance in the answer of DescribeDBInstanceHAConfig.
type node struct{ NodeId, NodeType, RegionId, ZoneId, SyncStatus, LogSyncTime, DataSyncTime string }

// describeHAConfig is DescribeDBInstanceHAConfig of the RDS API: the primary node,
// and its standbys, which are in step.
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
	id := func(n int) string { return strconv.FormatUint(1_000_000+in.serial, 10) + strconv.Itoa(n) }
	primary := node{NodeId: id(0), NodeType: "Master", RegionId: in.region, ZoneId: in.zone, SyncStatus: "NotSupport"}
	at := timestamp(r.Now)
	if len(in.standbys) > 0 {
		primary.SyncStatus, primary.LogSyncTime, primary.DataSyncTime = "Synchronized", at, at
	}
	nodes := []node{primary}
	for i, standby := range in.standbys {
		nodes = append(nodes, node{id(1 + i), "Slave", in.region, standby.zone, "Synchronized", at, at})
	}
	body.HostInstanceInfos.NodeInfo = nodes
	return body, nil
}
