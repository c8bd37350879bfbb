package vpc

import (
	"net/netip"
	"strconv"
	"time"
)

// creation returns the time of a network's creation, a day in the past for the
// networks of the start.
func creation(t time.Time) string {
	if t.IsZero() {
		return "2020-01-01T00:00:00Z"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// A vpcBody is a VPC in an answer (VPC API, DescribeVpcs and
// DescribeVpcAttribute). DHCP option sets and CEN are never in use.
type vpcBody struct {
	VpcId, VpcName, RegionId, CidrBlock, Status, Description, CreationTime string
	IsDefault                                                              bool
	VSwitchIds                                                             vswitchIDs

	OwnerId                                               int64
	VRouterId, ResourceGroupId, DnsHostnameStatus         string
	EnabledIpv6                                           bool
	Ipv6CidrBlock, DhcpOptionsSetId, DhcpOptionsSetStatus string
	SecondaryCidrBlocks                                   struct{ SecondaryCidrBlock []string }
	UserCidrs                                             struct{ UserCidr []string }
	Tags                                                  tagList
	Ipv6CidrBlocks                                        struct{ Ipv6CidrBlock []ipv6Block }
}

// An ipv6Block is an IPv6 block of a VPC.
type ipv6Block struct{ Ipv6CidrBlock, Ipv6Isp string }

// A listedVPC has the members of DescribeVpcs alone.
type listedVPC struct {
	vpcBody

	CenStatus      string // "Attached" to a CEN instance
	NatGatewayIds  struct{ NatGatewayIds []string }
	RouterTableIds struct{ RouterTableIds []string }
}

// A singleVPC has the members of DescribeVpcAttribute alone.
type singleVPC struct {
	vpcBody

	ClassicLinkEnabled, SupportIpv4Gateway bool
	Ipv4GatewayId                          string
	AssociatedCens                         struct{ AssociatedCen []struct{} }
	AssociatedPropagationSources           struct{ AssociatedPropagationSources []struct{} }
	CloudResources                         resourceCounts
}

// A resourceCounts has the number of resources in a network by their type.
type resourceCounts struct{ CloudResourceSetType []resourceCount }

type resourceCount struct {
	ResourceType  string
	ResourceCount int
}

type vswitchIDs struct{ VSwitchId []string }

// A tagList holds the tags of a network in an answer.
type tagList struct{ Tag []Tag }

// vpcBody returns the members of a VPC that both answers share.
func (s *Service) vpcBody(v VPC) vpcBody {
	b := vpcBody{
		VpcId: v.ID, VpcName: v.Name, RegionId: v.RegionID, CidrBlock: v.CIDR.String(), Status: "Available", Description: v.Description,
		CreationTime: creation(v.Created), IsDefault: v.Default, OwnerId: s.owner(), VRouterId: v.routerID(), ResourceGroupId: v.group(),
		DnsHostnameStatus: "DISABLED", Tags: tagList{v.Tags}, VSwitchIds: v.vswitchIDs(),
	}
	if v.DNSHostnames {
		b.DnsHostnameStatus = "ENABLED"
	}
	if v.IPv6.IsValid() {
		b.EnabledIpv6, b.Ipv6CidrBlock = true, v.IPv6.String()
		b.Ipv6CidrBlocks.Ipv6CidrBlock = []ipv6Block{{v.IPv6.String(), "BGP"}}
	}
	b.SecondaryCidrBlocks.SecondaryCidrBlock, b.UserCidrs.UserCidr = texts(v.SecondaryCIDRs), texts(v.UserCIDRs)
	return b
}

// vswitchIDs lists the VSwitches of a VPC in the order of their creation.
func (v VPC) vswitchIDs() (ids vswitchIDs) {
	for _, w := range v.VSwitches {
		ids.VSwitchId = append(ids.VSwitchId, w.ID)
	}
	return ids
}

// listed is a VPC in the answer of DescribeVpcs.
func (s *Service) listed(v VPC) listedVPC {
	b := listedVPC{vpcBody: s.vpcBody(v)}
	b.RouterTableIds.RouterTableIds = []string{v.routeTableID()}
	return b
}

// single is a VPC in the answer of DescribeVpcAttribute.
func (s *Service) single(v VPC) singleVPC {
	return singleVPC{vpcBody: s.vpcBody(v), ClassicLinkEnabled: v.ClassicLink, CloudResources: resourceCounts{[]resourceCount{
		{"VSwitch", len(v.VSwitches)}, {"VRouter", 1}, {"RouteTable", 1},
	}}}
}

// A vswitchBody is a VSwitch in an answer (VPC API, DescribeVSwitches and
// DescribeVSwitchAttributes).
type vswitchBody struct {
	VSwitchId, VSwitchName, VpcId, ZoneId, CidrBlock, Status, Description, CreationTime string
	AvailableIpAddressCount                                                             int
	IsDefault                                                                           bool

	OwnerId                                                 int64
	ResourceGroupId, Ipv6CidrBlock, NetworkAclId, ShareType string
	EnabledIpv6                                             bool
	RouteTable                                              struct{ RouteTableId, RouteTableType string }
	Tags                                                    tagList
}

// vswitchBody returns the members of a VSwitch that both answers share. Its
// resource group is that of its VPC.
func (s *Service) vswitchBody(in VPC, v VSwitch) vswitchBody {
	b := vswitchBody{
		VSwitchId: v.ID, VSwitchName: v.Name, VpcId: v.VPCID, ZoneId: v.ZoneID, CidrBlock: v.CIDR.String(),
		Status: "Available", Description: v.Description, CreationTime: creation(v.Created), IsDefault: v.isDefault(in),
		// The first address and the last three of a VSwitch are the system's.
		AvailableIpAddressCount: 1<<(32-v.CIDR.Bits()) - 4,
		OwnerId:                 s.owner(), ResourceGroupId: in.group(), Tags: tagList{v.Tags},
		Ipv6CidrBlock: ipv6Text(v.IPv6), EnabledIpv6: v.IPv6.IsValid(),
	}
	b.RouteTable.RouteTableId, b.RouteTable.RouteTableType = in.routeTableID(), systemTable
	return b
}

// owner is the account's id, which is a number in these answers.
func (s *Service) owner() int64 {
	id, _ := strconv.ParseInt(s.accountID, 10, 64) // 0 for an id of a test that is no number
	return id
}

// texts writes blocks as a list in an answer.
func texts(blocks []netip.Prefix) []string {
	var list []string
	for _, b := range blocks {
		list = append(list, b.String())
	}
	return list
}
