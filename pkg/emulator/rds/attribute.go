package rds

import (
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An attribute is an instance in the answer of DescribeDBInstanceAttribute.
type attribute struct {
	DBInstanceId, DBInstanceDescription, DBInstanceStatus, DBInstanceClass  string
	DBInstanceType, DBInstanceNetType, DBInstanceStorageType, Engine        string
	EngineVersion, RegionId, ZoneId, VpcId, VSwitchId, InstanceNetworkType  string
	PayType, LockMode, ConnectionMode, ConnectionString, Port, CreationTime string
	DBInstanceCPU, Category, AccountType, SecurityIPMode, IPType            string
	SecurityIPList, AvailabilityValue, MaintainTime                         string
	DBInstanceStorage, DBInstanceMemory, MaxConnections, MaxIOPS            int
	AccountMaxQuantity, DBMaxQuantity                                       int
	DeletionProtection                                                      bool
}

// describeDBInstanceAttribute is DescribeDBInstanceAttribute of the RDS API.
func (s *Service) describeDBInstanceAttribute(r *rpc.Request) (any, *rpc.Error) {
	var body struct {
		Items struct{ DBInstanceAttribute []attribute }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	host, port := in.endpoint()
	body.Items.DBInstanceAttribute = []attribute{{
		DBInstanceId: in.id, DBInstanceDescription: in.description, DBInstanceStatus: in.status(r.Now), DBInstanceClass: in.class.name,
		DBInstanceType: "Primary", DBInstanceNetType: "Intranet", DBInstanceStorageType: in.storageType, Engine: in.engine,
		EngineVersion: in.version, RegionId: in.region, ZoneId: in.zone, VpcId: in.vpcID, VSwitchId: in.vswitchID, InstanceNetworkType: "VPC",
		PayType: in.payType, LockMode: "Unlock", ConnectionMode: "Standard", ConnectionString: host, Port: port, CreationTime: timestamp(in.created),
		DBInstanceCPU: strconv.Itoa(in.class.cpu), Category: in.category, AccountType: "Mix", SecurityIPMode: "normal", IPType: "IPv4",
		SecurityIPList: strings.Join(in.ipArrays[0].entries, ","), AvailabilityValue: "100.0%", MaintainTime: "18:00Z-22:00Z",
		DBInstanceStorage: in.storage, DBInstanceMemory: in.class.memory, MaxConnections: in.class.connections, MaxIOPS: in.class.iops,
		AccountMaxQuantity: maxAccounts, DBMaxQuantity: maxDatabases, DeletionProtection: in.protected,
	}}
	return body, nil
}

// describeDBInstanceNetInfo is DescribeDBInstanceNetInfo of the RDS API: the
// one address inside the VPC.
func (s *Service) describeDBInstanceNetInfo(r *rpc.Request) (any, *rpc.Error) {
	type group struct{ SecurityIPGroupName, SecurityIPs, SecurityIPType string }
	type info struct {
		ConnectionString, ConnectionStringType, IPAddress, IPType, Port, VPCId, VSwitchId, Upgradeable string
		SecurityIPGroups                                                                               struct {
			SecurityIPGroup []group `json:"securityIPGroup"`
		}
	}
	var body struct {
		InstanceNetworkType, SecurityIPMode string
		DBInstanceNetInfos                  struct{ DBInstanceNetInfo []info }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	host, port := in.endpoint()
	net := info{ConnectionString: host, ConnectionStringType: "Normal", IPAddress: in.ip, IPType: "Private", Port: port, VPCId: in.vpcID, VSwitchId: in.vswitchID, Upgradeable: "Disabled"}
	for _, a := range in.ipArrays {
		net.SecurityIPGroups.SecurityIPGroup = append(net.SecurityIPGroups.SecurityIPGroup, group{a.name, strings.Join(a.entries, ","), "IPv4"})
	}
	body.InstanceNetworkType, body.SecurityIPMode = "VPC", "normal"
	body.DBInstanceNetInfos.DBInstanceNetInfo = []info{net}
	return body, nil
}
