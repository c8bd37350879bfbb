package rds

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// A standby is the place of a secondary node. vswitch is empty where the VPC has none in
// the zone.
type standby struct{ zone, vswitch string }

// autoPlace in ZoneIdSlave1 or VSwitchId leaves the choice to the cloud.
const autoPlace = "Auto"

// checkNetwork reads where an instance goes: its VPC, and zone and VSwitch of each node.
func (s *Service) checkNetwork(r *rpc.Request, in *instance) *rpc.Error {
	region, ok := s.network.Region(in.region)
	if !ok {
		return rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
	}
	netType, fail := r.Require("DBInstanceNetType")
	if fail != nil {
		return fail
	}
	switch netType {
	case "Intranet":
	case "Internet": // with a public connection from the start
		return rpc.Unsupported(r.Action + ".DBInstanceNetType")
	default:
		return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceNetType.NotFound", "The net type is Intranet or Internet.")
	}
	if kind := r.Get("InstanceNetworkType"); kind != "" && kind != "VPC" { // the classic network is closed
		return bad("InvalidParameter", "InstanceNetworkType must be VPC.")
	}
	for _, name := range []string{"VPCId", "VSwitchId"} {
		value, fail := r.Require(name)
		if fail != nil {
			return fail
		}
		if strings.ContainsAny(value, " !#￥&%") {
			return bad("InvalidVSwitchId.Format", "%s has characters that are not allowed.", name)
		}
	}
	ids := strings.Split(r.Get("VSwitchId"), ",")
	vsw, fail := s.vswitchIn(in.region, r.Get("VPCId"), ids[0])
	if fail != nil {
		return fail
	}
	in.region, in.vpcID, in.vswitchID, in.zone = region.ID, vsw.VPCID, vsw.ID, vsw.ZoneID
	if zone := r.Get("ZoneId"); zone != "" && zone != vsw.ZoneID {
		return bad("InvalidZone.NotSupported", "The VSwitch is not in the zone.")
	}
	in.private.ip = vsw.CIDR.Masked().Addr().As4()
	if text := r.Get("PrivateIpAddress"); text != "" {
		ip, err := netip.ParseAddr(text)
		if err != nil || !vsw.CIDR.Contains(ip) || ip == vsw.CIDR.Masked().Addr() {
			return bad("InvalidPrivateIpAddress.Mismatch", "The address is not one of the VSwitch.")
		}
		in.private.ip = ip.As4()
	}
	s.mu.Lock()
	optional := s.behaviour.StandbyOptional
	s.mu.Unlock()
	return s.checkStandbys(r, in, region, ids[1:], optional)
}

// checkAddress refuses a PrivateIpAddress that is in use, or is asked for several
// instances. The caller holds mu.
func (s *Service) checkAddress(r *rpc.Request, in *instance, amount int) *rpc.Error {
	if r.Get("PrivateIpAddress") == "" {
		return nil
	}
	if amount > 1 || slices.ContainsFunc(s.order, func(other *instance) bool {
		return other.vswitchID == in.vswitchID && other.private.ip == in.private.ip
	}) {
		return bad("InvalidPrivateIpAddress.AlreadyUsed", "The address is in use.")
	}
	return nil
}

func (s *Service) vswitchIn(region, vpcID, id string) (vpc.VSwitch, *rpc.Error) {
	vsw, ok := s.network.VSwitch(region, id)
	if !ok || vsw.VPCID != vpcID {
		return vpc.VSwitch{}, rpc.Errorf(http.StatusForbidden, "InvalidVswitchId", "The VSwitch does not exist in the VPC.")
	}
	return vsw, nil
}

// checkStandbys reads ZoneIdSlave1 and ZoneIdSlave2 with the VSwitches that belong to
// them (RDS API, CreateDBInstance). A high-availability instance has one secondary node
// and names its zone, unless that is optional, a cluster one or two, Basic none.
func (s *Service) checkStandbys(r *rpc.Request, in *instance, region vpc.Region, ids []string, optional bool) *rpc.Error {
	var zones []string
	for _, name := range []string{"ZoneIdSlave1", "ZoneIdSlave2"} {
		if zone := r.Get(name); zone != "" {
			zones = append(zones, zone)
		}
	}
	limit := map[string]int{ha: 1, serverlessStandard: 1, cluster: 2}[in.category]
	switch {
	case len(zones) == 0 && limit > 0 && optional:
		zones = []string{in.zone}
	case limit > 0 && r.Get("ZoneIdSlave1") == "":
		return rpc.Missing("ZoneIdSlave1") // A301
	case len(zones) > limit:
		return rpc.Errorf(http.StatusForbidden, "InvalidSaleComponentFault", "An instance of category %s has at most %d secondary nodes.", in.category, limit)
	}
	if len(ids) > len(zones) {
		return bad("InvalidVSwitchId.Format", "There are more VSwitches than zones.")
	}
	for i, zone := range zones {
		id := ""
		if i < len(ids) {
			id = ids[i]
		}
		next, fail := s.standby(in, region, zone, id)
		if fail != nil {
			return fail
		}
		in.standbys = append(in.standbys, next)
	}
	return nil
}

// standby resolves a zone or Auto, and a VSwitch, Auto or none, to the place of a node. One
// VSwitch is enough in the zone of the primary node, and where the cloud chooses.
func (s *Service) standby(in *instance, region vpc.Region, zone, id string) (standby, *rpc.Error) {
	if zone != autoPlace {
		var known bool
		if zone, known = own(region.Zones, zone); !known {
			return standby{}, bad("InvalidZone.NotSupported", "The zone of the standby does not exist.")
		}
	}
	if id != "" && id != autoPlace {
		vsw, fail := s.vswitchIn(in.region, in.vpcID, id)
		if fail != nil {
			return standby{}, fail
		}
		if zone != autoPlace && vsw.ZoneID != zone {
			return standby{}, bad("InvalidZone.NotSupported", "The VSwitch is not in the zone of the standby.")
		}
		return standby{vsw.ZoneID, vsw.ID}, nil
	}
	if zone == autoPlace {
		zone = in.zone
		if i := slices.IndexFunc(region.Zones, func(z string) bool { return z != in.zone && !s.catalog.lacks(z, in.version, in.storageType, in.class) }); i >= 0 {
			zone = region.Zones[i]
		}
	} else if zone != in.zone && id == "" { // A301
		return standby{}, rpc.Errorf(http.StatusForbidden, "InvalidVswitchId", "A standby in another zone needs a VSwitch there, or Auto.")
	}
	if zone == in.zone {
		return standby{zone, in.vswitchID}, nil
	}
	network, _ := s.network.VPC(in.region, in.vpcID)
	if i := slices.IndexFunc(network.VSwitches, func(v vpc.VSwitch) bool { return v.ZoneID == zone }); i >= 0 {
		return standby{zone, network.VSwitches[i].ID}, nil
	}
	return standby{zone: zone}, nil
}

// inVSwitch reports whether a node of the instance is in a VSwitch.
func (in *instance) inVSwitch(id string) bool {
	return in.vswitchID == id || slices.ContainsFunc(in.standbys, func(n standby) bool { return n.vswitch == id })
}

// multiZone reports whether the nodes are in several zones.
func (in *instance) multiZone() bool {
	return slices.ContainsFunc(in.standbys, func(n standby) bool { return n.zone != in.zone })
}
