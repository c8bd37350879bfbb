package rds

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An attribute is an instance in the answer of DescribeDBInstanceAttribute. Members of
// features that the instance lacks are there too, empty.
type attribute struct {
	DBInstanceId, DBInstanceDescription, DBInstanceStatus, DBInstanceClass, DBInstanceClassType, DBInstanceType  string
	DBInstanceNetType, DBInstanceStorageType, DBInstanceCPU, DBInstanceDiskUsed, Engine, EngineVersion, Category string
	RegionId, ZoneId, MasterZone, VpcId, VSwitchId, VpcCloudInstanceId, InstanceNetworkType, ResourceGroupId     string
	PayType, LockMode, LockReason, CreationTime, ExpireTime, AccountType, AvailabilityValue, MaintainTime        string
	ConnectionMode, ConnectionString, Port, IPType, SecurityIPMode, SecurityIPList, ConsoleVersion, DispenseMode string
	AutoUpgradeMinorVersion, CurrentKernelVersion, LatestKernelVersion, InstructionSetArch, OriginConfiguration  string
	IoAccelerationEnabled, OptimizedWritesInfo, PGBouncerEnabled, BpeEnabled, CompressionMode, CompressionRatio  string
	TimeZone, Collation, SuperPermissionMode, SupportCreateSuperAccount, SupportUpgradeAccountType               string
	MasterInstanceId, GuardDBInstanceId, GuardDBInstanceName, TempDBInstanceId, IncrementSourceDBInstanceId      string
	ReadonlyInstanceSQLDelayedTime, ReadDelayTime, ReplicateId, ReadOnlyStatus, VectorSupportStatus              string
	TempUpgradeTimeStart, TempUpgradeTimeEnd, TempUpgradeRecoveryTime, TempUpgradeRecoveryClass                  string
	TempUpgradeRecoveryMaxIOPS, TempUpgradeRecoveryMaxConnections, AdvancedFeatures, Tips                        string
	DedicatedHostGroupId, GeneralGroupName, DisasterRecoveryInfo, DisasterRecoveryInstances                      string
	BlueGreenDeploymentName, BlueInstanceName, GreenInstanceName                                                 string
	KindCode                                                                                                     string `json:"kindCode"`
	DBInstanceStorage, DBInstanceMemory, MaxConnections, MaxIOPS, MaxIOMBPS, AccountMaxQuantity, DBMaxQuantity   int
	InsId, TipsLevel, ProxyType, TempUpgradeRecoveryMemory, TempUpgradeRecoveryCpu                               int
	DeletionProtection, BurstingEnabled, ColdDataEnabled, ComputeBurstEnabled, CanTempUpgrade                    bool
	MultipleTempUpgrade, SupportCompression, IsAnalyticIns, IsAnalyticReadOnlyIns                                bool

	Extra            extra
	ServerlessConfig any
	BabelfishConfig  babelfish
	DBClusterNodes   struct{ DBClusterNode []clusterNode }
	SlaveZones       struct{ SlaveZone []slaveZone }
	readOnlyInstances
}

type (
	extra struct {
		ReplicaGroupStatus, ActiveReplicaDBInstanceID, ReplicaGroupID, RecoveryModel, AccountSecurityPolicy string

		DBInstanceIds struct{ DBInstanceId []string }
	}
	babelfish struct {
		BabelfishEnabled *string `json:",omitempty"`
		MigrationMode    *string `json:",omitempty"`
	}
	clusterNode struct {
		NodeId, NodeRole, NodeRegionId, NodeZoneId, ClassCode, ClassType, Cpu, Memory, Status string
		DisasterRecoveryNode                                                                  bool
	}
	slaveZone struct{ ZoneId string }
	// readOnlyInstances lists the read-only instances of an instance; none can be made.
	readOnlyInstances struct {
		ReadOnlyDBInstanceIds struct {
			ReadOnlyDBInstanceId []struct{ DBInstanceId string }
		}
	}
)

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
	group := r.Get("ResourceGroupId")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(r.Now)
	for _, id := range ids {
		if in, ok := s.instances[id]; ok && s.visible(in, r.Now) && (group == "" || group == in.resourceGroup()) {
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
	a := attribute{
		DBInstanceId: in.id, DBInstanceDescription: in.description, DBInstanceStatus: in.status(now), DBInstanceClass: in.class.name,
		DBInstanceClassType: in.class.Kind, DBInstanceType: "Primary", DBInstanceNetType: in.netType(), DBInstanceStorageType: in.storageType,
		DBInstanceCPU: strconv.Itoa(in.class.cpu), DBInstanceDiskUsed: strconv.FormatInt(s.diskUsed(in), 10), Engine: in.engine, EngineVersion: in.version, Category: in.category,
		RegionId: in.region, ZoneId: in.zone, MasterZone: in.zone, VpcId: in.vpcID, VSwitchId: in.vswitchID, VpcCloudInstanceId: in.id,
		InstanceNetworkType: "VPC", ResourceGroupId: in.resourceGroup(), PayType: in.shownPayType(), LockMode: s.lockMode(in, now), LockReason: s.lockReason(in, now),
		CreationTime: timestamp(in.created), ExpireTime: in.expireTime(), AccountType: "Mix", AvailabilityValue: "100.0%", MaintainTime: in.maintainTime(),
		ConnectionMode: in.connectionMode(), ConnectionString: host, Port: port, IPType: "IPv4", SecurityIPMode: "normal", SecurityIPList: in.ipArrays[0].text(),
		AutoUpgradeMinorVersion: in.minorVersions(), CurrentKernelVersion: cmp.Or(in.choices.MinorVersion, in.kernel()), LatestKernelVersion: in.kernel(), InstructionSetArch: in.class.Arch,
		IoAccelerationEnabled: in.ioAcceleration(), OptimizedWritesInfo: in.optimizedWrites(), PGBouncerEnabled: "false", BpeEnabled: "0",
		SupportCreateSuperAccount: "No", SupportUpgradeAccountType: "No", KindCode: in.kindCode(),
		DBInstanceStorage: in.storage, DBInstanceMemory: in.class.memory, MaxConnections: in.class.connections, MaxIOPS: in.class.iops,
		AccountMaxQuantity: s.behaviour.Quotas.Accounts, DBMaxQuantity: s.behaviour.Quotas.Databases, InsId: 1, TipsLevel: 1,
		ServerlessConfig: in.serverless.shown(), DeletionProtection: in.protected, BurstingEnabled: in.choices.Bursting, ColdDataEnabled: in.choices.ColdData,
	}
	if in.engine == "PostgreSQL" {
		off, none := "false", ""
		a.BabelfishConfig = babelfish{&off, &none}
	}
	for _, n := range in.standbys {
		a.SlaveZones.SlaveZone = append(a.SlaveZones.SlaveZone, slaveZone{n.zone})
	}
	if in.category == cluster {
		a.DBClusterNodes.DBClusterNode = in.nodes(now)
	}
	return a
}

// nodes lists the nodes of a cluster.
func (in *instance) nodes(now time.Time) []clusterNode {
	status := map[string]string{running: "active", creating: "creating", deleting: "deleting", changing: "classchanging", rebooting: "restarting"}[in.status(now)]
	if status == "" {
		status = "active"
	}
	node := func(role, zone string, n int) clusterNode {
		return clusterNode{
			NodeId: "rn-" + strings.TrimPrefix(in.id, "rm-") + strconv.Itoa(n), NodeRole: role, NodeRegionId: in.region, NodeZoneId: zone, ClassCode: in.class.name,
			ClassType: in.class.Kind, Cpu: strconv.Itoa(in.class.cpu), Memory: strconv.Itoa(in.class.memory), Status: status,
		}
	}
	list := []clusterNode{node("primary", in.zone, 1)}
	for i, n := range in.standbys {
		list = append(list, node("secondary", n.zone, i+2))
	}
	return list
}

func (in *instance) netType() string {
	if in.public != nil {
		return "Internet"
	}
	return "Intranet"
}

// kernel is the newest minor version, in the form of RDS API, CreateDBInstance, TargetMinorVersion. Its
// date is made up.
func (in *instance) kernel() string {
	if in.engine == "PostgreSQL" {
		major, _, _ := strings.Cut(in.version, ".")
		return "rds_postgres_" + major + "00_20250130"
	}
	return "rds_20250130"
}

// kindCode tells instances on local disks from those on cloud disks. Its values are guesses, other
// than 3, which has no TDE (A309).
func (in *instance) kindCode() string {
	if in.storageType == localSSD {
		return "0"
	}
	return "18"
}

// expireTime is empty for an instance that stays until it is deleted.
func (in *instance) expireTime() string {
	if in.expires.IsZero() {
		return ""
	}
	return timestamp(in.expires)
}
