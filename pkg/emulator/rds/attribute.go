package rds

import (
	"strconv"
	"strings"
	"time"

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
	ExpireTime                                                              string
	DeletionProtection                                                      bool
}

// maxAttributeIDs limits the ids of one DescribeDBInstanceAttribute. The
// page has it take one; older clients send a list.
const maxAttributeIDs = 30

// describeDBInstanceAttribute is DescribeDBInstanceAttribute of the RDS API.
// Given several ids it describes the instances that exist, at least one.
func (s *Service) describeDBInstanceAttribute(r *rpc.Request) (any, *rpc.Error) {
	var body struct {
		Items struct{ DBInstanceAttribute []attribute }
	}
	list, fail := r.Require("DBInstanceId")
	if fail != nil {
		return nil, fail
	}
	ids := strings.Split(list, ",")
	if len(ids) > maxAttributeIDs {
		return nil, bad("InvalidParameter", "There are at most %d instances.", maxAttributeIDs)
	}
	if expired := r.Get("Expired"); expired != "" && expired != "True" && expired != "False" {
		return nil, bad("InvalidParameter", "Expired is True or False.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(r.Now)
	for _, id := range ids {
		if in, ok := s.instances[id]; ok && s.visible(in, r.Now) {
			in.applyDue(r.Now)
			body.Items.DBInstanceAttribute = append(body.Items.DBInstanceAttribute, s.attribute(in, r.Now))
		}
	}
	if len(body.Items.DBInstanceAttribute) == 0 {
		return nil, unknownID()
	}
	return body, nil
}

func (s *Service) attribute(in *instance, now time.Time) attribute {
	host, port := in.clientAddress(in.private)
	netType := "Intranet"
	if in.public != nil {
		netType = "Internet"
	}
	return attribute{
		DBInstanceId: in.id, DBInstanceDescription: in.description, DBInstanceStatus: in.status(now), DBInstanceClass: in.class.name,
		DBInstanceType: "Primary", DBInstanceNetType: netType, DBInstanceStorageType: in.storageType, Engine: in.engine,
		EngineVersion: in.version, RegionId: in.region, ZoneId: in.zone, VpcId: in.vpcID, VSwitchId: in.vswitchID, InstanceNetworkType: "VPC",
		PayType: in.payType, LockMode: in.lockMode(now), ConnectionMode: "Standard", ConnectionString: host, Port: port, CreationTime: timestamp(in.created),
		DBInstanceCPU: strconv.Itoa(in.class.cpu), Category: in.category, AccountType: "Mix", SecurityIPMode: "normal", IPType: "IPv4",
		SecurityIPList: in.ipArrays[0].text(), AvailabilityValue: "100.0%", MaintainTime: in.maintainTime(),
		DBInstanceStorage: in.storage, DBInstanceMemory: in.class.memory, MaxConnections: in.class.connections, MaxIOPS: in.class.iops,
		AccountMaxQuantity: s.behaviour.Quotas.Accounts, DBMaxQuantity: s.behaviour.Quotas.Databases, DeletionProtection: in.protected,
		ExpireTime: in.expireTime(),
	}
}

// expireTime is empty for an instance that stays until it is deleted.
func (in *instance) expireTime() string {
	if in.expires.IsZero() {
		return ""
	}
	return timestamp(in.expires)
}
