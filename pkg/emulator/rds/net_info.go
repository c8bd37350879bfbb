package rds

import (
	"net/netip"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A netGroup is a group of the whitelist in the answer of
// DescribeDBInstanceNetInfo.
type netGroup struct{ SecurityIPGroupName, SecurityIPs, SecurityIPType string }

// A netInfo is an endpoint in the answer of DescribeDBInstanceNetInfo.
type netInfo struct {
	ConnectionString, ConnectionStringType, IPAddress, IPType, Port, VPCId, VSwitchId, Upgradeable string
	PGBouncerPort, BabelfishPort, DistributionType, MaxDelayTime, ExpiredTime, Availability        string
	DBInstanceWeights                                                                              struct{ DBInstanceWeight []struct{} } // of read/write splitting endpoints
	SecurityIPGroups                                                                               struct {
		SecurityIPGroup []netGroup `json:"securityIPGroup"`
	}
}

// describeDBInstanceNetInfo is DescribeDBInstanceNetInfo of the RDS API: the
// address inside the VPC, and the public one where there is one.
func (s *Service) describeDBInstanceNetInfo(r *rpc.Request) (any, *rpc.Error) {
	var body struct {
		InstanceNetworkType, SecurityIPMode string
		DBInstanceNetInfos                  struct{ DBInstanceNetInfo []netInfo }
	}
	split := r.Get("DBInstanceNetRWSplitType")
	if split != "" && split != "Normal" && split != "ReadWriteSplitting" {
		return nil, bad("InvalidParameter", "DBInstanceNetRWSplitType is Normal or ReadWriteSplitting.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	body.InstanceNetworkType, body.SecurityIPMode = "VPC", "normal"
	if split == "ReadWriteSplitting" { // nothing emulated has such an endpoint
		body.DBInstanceNetInfos.DBInstanceNetInfo = []netInfo{}
		return body, nil
	}
	private := in.netInfo(in.private)
	private.IPType, private.VPCId, private.VSwitchId = "Private", in.vpcID, in.vswitchID
	body.DBInstanceNetInfos.DBInstanceNetInfo = []netInfo{private}
	if in.public != nil {
		public := in.netInfo(*in.public)
		public.IPType = "Public"
		body.DBInstanceNetInfos.DBInstanceNetInfo = append(body.DBInstanceNetInfos.DBInstanceNetInfo, public)
	}
	return body, nil
}

func (in *instance) netInfo(e endpoint) netInfo {
	host, port := in.clientAddress(e)
	info := netInfo{ConnectionString: host, ConnectionStringType: "Normal", IPAddress: netip.AddrFrom4(e.ip).String(), Port: port, Upgradeable: "Disabled"}
	for _, a := range in.ipArrays {
		info.SecurityIPGroups.SecurityIPGroup = append(info.SecurityIPGroups.SecurityIPGroup, netGroup{a.name, a.text(), "IPv4"})
	}
	return info
}
